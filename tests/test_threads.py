import queue
import threading
from itertools import count, islice

import pytest

from tintype.threads import in_threads, put_until


def test_results_come_in_the_order_of_the_items_or_as_they_are_done():
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(20)
        return item

    found = in_threads(work, range(3), workers=2, ahead=2, ordered=False)
    assert next(found) == 1
    second_is_done.set()
    assert sorted(found) == [0, 2]
    assert list(in_threads(work, range(5), workers=2)) == [0, 1, 2, 3, 4]


def test_few_items_are_drawn_ahead():
    drawn = []
    items = (drawn.append(item) or item for item in count())
    assert list(islice(in_threads(str, items, workers=2, ahead=4), 3)) == ["0", "1", "2"]
    assert len(drawn) == 6


def test_what_the_work_raises_ends_it_and_what_has_not_begun_is_left():
    begun = []

    def work(item: int) -> int:
        begun.append(item)
        return 1 // item

    with pytest.raises(ZeroDivisionError):
        list(in_threads(work, range(1000), workers=1, ahead=1000))
    assert len(begun) < 1000


def test_an_item_is_put_when_there_is_room_and_not_after_the_queue_is_closed():
    waiting: queue.Queue[int] = queue.Queue(1)
    assert put_until(waiting, 1, lambda: False)
    answers = iter([False, False, True])
    assert not put_until(waiting, 2, lambda: next(answers), seconds=0.01)
    assert waiting.get() == 1
    assert put_until(waiting, 3, lambda: False)
    assert not put_until(waiting, 4, lambda: True)
    assert waiting.get() == 3 and waiting.empty()
