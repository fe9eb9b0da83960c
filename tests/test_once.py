import threading

from tintype.once import once


class Slow:
    def __init__(self, barrier: threading.Barrier) -> None:
        self.barrier, self.computed = barrier, 0

    @once
    def value(self) -> int:
        """What takes long."""
        self.barrier.wait(20)
        self.computed += 1
        return self.computed


def test_two_instances_compute_at_the_same_time():
    barrier = threading.Barrier(2)  # neither gets on unless both compute at once
    pair = Slow(barrier), Slow(barrier)
    threads = [threading.Thread(target=lambda one=one: one.value) for one in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [one.value for one in pair] == [1, 1]


def test_threads_that_share_an_instance_compute_once():
    one = Slow(threading.Barrier(1))
    found = []
    threads = [threading.Thread(target=lambda: found.append(one.value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 8
    assert Slow.value.__doc__ == "What takes long."
