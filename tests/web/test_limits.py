"""What is exactly at a limit is taken, and one more is not."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from tintype.errors import NotAPictureError, TooLargeError, UsageError
from tintype.guidance import Guidance, Hint, Stroke
from tintype.photo import Photo, is_film
from tintype.photo.peek import FileHeader
from tintype.web.address import Address
from tintype.web.bodies import check_header, check_pixels
from tintype.web.films import result_suffix
from tintype.web.forms import JobForm, check_budget
from tintype.web.jobs import Job, Jobs, NoJobError, NotReadyError
from tintype.web.limits import Limits
from tintype.web.pictures import cut, shrink_photo, weigh_photo
from tintype.web.problems import BusyError, OutsideError

DOT, HINT = Stroke(((0.5, 0.5),), "red"), Hint(0.5, 0.5, "red")


def line(points: int, width: float | None = 0.001) -> Stroke:
    return Stroke(((0.5, 0.5),) * points, "red", width)


@pytest.mark.parametrize(
    ("guidance", "more", "sentence"),
    [
        (Guidance((HINT,) * 499, (DOT,)), Guidance((HINT,) * 500, (DOT,)), "501 hints and strokes"),
        (
            Guidance(strokes=(line(2500),) * 2),
            Guidance(strokes=(line(2500), line(2501))),
            "strokes have 5001 points; at most 5000",
        ),
        (
            Guidance(strokes=(line(500, 1.0),)),
            Guidance(strokes=(line(501, 1.0),)),
            "cover the picture 501 times; at most 500",
        ),
        (
            Guidance(strokes=(Stroke(((0, 0), (1, 0)) * 249, "red", 0.5),)),
            Guidance(strokes=(Stroke(((0, 0), (1, 0)) * 499, "red", 0.7),)),
            "cover the picture 1187 times",
        ),
    ],
)
def test_a_guidance_within_its_budget_is_taken(guidance, more, sentence):
    assert check_budget(guidance) is guidance
    with pytest.raises(UsageError, match=sentence):
        check_budget(more)


def header(pages: int, largest: int) -> FileHeader:
    return SimpleNamespace(pages=pages, largest=largest)  # type: ignore[return-value]


def test_pages_and_pixels():
    limits = Limits(pixels=2_000_000, pages=7)
    check_header(header(7, 2_000_000), limits)
    with pytest.raises(TooLargeError, match="the file has 8 pages; this service takes 7"):
        check_header(header(8, 1), limits)
    with pytest.raises(TooLargeError, match="the picture has 2 megapixels; this service takes 2"):
        check_header(header(1, 2_000_001), limits)
    check_pixels("it", 2_000_000, limits)


FTYP = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("data", "film"),
    [
        (FTYP + b"isom" + bytes(20), True),
        (FTYP + b"heic" + bytes(20), False),
        (FTYP + b"avif" + bytes(20), False),
        (b"\0\0\0\x08wide" + bytes(20), True),
        (b"RIFF\0\0\0\0AVI LIST", True),
        (b"RIFF\0\0\0\0WEBPVP8 ", False),
        (b"\x1aE\xdf\xa3" + bytes(20), True),
        (b"FLV\x01" + bytes(20), True),
        (b"OggS" + bytes(20), True),
        ((b"G" + bytes(187)) * 3, True),
        (b"G" + bytes(187) + b"G" + bytes(187) + b"H", False),
        (b"H" + bytes(187) + b"G" + bytes(187) + b"G", False),
        ((bytes(4) + b"G" + bytes(187)) * 3, True),
        ((bytes(4) + b"G" + bytes(186)) * 3, False),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), False),
        (b"", False),
    ],
)
def test_films_are_told_by_their_first_bytes(data, film):
    assert is_film(data) is film


def test_a_film_keeps_its_ending_where_it_can_be_written():
    assert [result_suffix(name) for name in ("a.MKV", "b.mov", "c.avi", "d")] == [
        ".mkv",
        ".mov",
        ".mp4",
        ".mp4",
    ]


def make(folder, **limits) -> Jobs:
    return Jobs(folder, Limits(**limits))


def wait(jobs: Jobs, id: str) -> Job:
    while (job := jobs.get(id)).ended is None:
        time.sleep(0.005)
    return job


def write(job: Job) -> None:
    job.progress(0.25)
    job.result.write_bytes(b"color")


def test_a_job_is_kept_for_its_time_and_its_files_with_it(tmp_path, monkeypatch):
    jobs = make(tmp_path, job_seconds=600)
    job = wait(jobs, jobs.add(b"gray", "a.jpg", "image/jpeg", "b.jpg", write).id)
    assert job.form.progress == 1 and job.form.status == "done"
    assert 595 <= jobs.get(job.id).form.expires <= 600
    assert not job.source.exists() and jobs.read(jobs.result(job.id)) == b"color"
    for seconds, is_there in ((600, True), (600.01, False)):
        clock = SimpleNamespace(monotonic=lambda seconds=seconds: job.ended + seconds)
        monkeypatch.setattr("tintype.web.jobs.time", clock)
        assert [form.id for form in jobs.forms()] == [job.id] * is_there
        assert job.result.exists() == is_there
    with pytest.raises(NoJobError):
        jobs.get(job.id)
    jobs.close()


def test_as_many_jobs_and_bytes_as_the_limits_say(tmp_path):
    import threading

    go = threading.Event()
    jobs = make(tmp_path, jobs=2, job_bytes=10)

    def add(data: bytes, work, client: str) -> JobForm:
        return jobs.add(data, "a", "image/jpeg", "a", work, client=client)

    try:
        with pytest.raises(BusyError):
            add(b"123456", write, "one")  # more than half of the bytes
        first = add(b"12345", lambda job: go.wait(60) and None, "one")
        with pytest.raises(BusyError):
            add(b"", write, "one")  # more than half of the jobs
        with pytest.raises(BusyError):
            add(b"123456", write, "two")
        second = add(b"12345", write, "two")
        with pytest.raises(BusyError):
            add(b"", write, "three")
        with pytest.raises(NotReadyError, match=r"the job is (waiting|running)"):
            jobs.result(first.id)
        assert [form.id for form in jobs.forms()] == [first.id, second.id]
        go.set()
        wait(jobs, second.id)
        assert jobs.read(jobs.result(second.id)) == b"color"
    finally:
        go.set()
        jobs.close()


def test_all_clients_together_have_the_room_of_all_jobs(tmp_path):
    jobs = make(tmp_path, jobs=8, job_bytes=10)
    try:
        for client in ("one", "two"):
            jobs.add(b"1234", "a", "image/jpeg", "a", lambda job: time.sleep(0.2), client=client)
        with pytest.raises(BusyError):
            jobs.add(b"123", "a", "image/jpeg", "a", write, client="three")
    finally:
        jobs.close()


def test_a_failed_job_says_why_and_leaves_no_source(tmp_path):
    def fail(_: Job) -> None:
        raise NotAPictureError("a.txt is no picture")

    jobs = make(tmp_path)
    job = wait(jobs, jobs.add(b"text", "a.txt", "text/plain", "a", fail).id)
    assert job.form.status == "failed" and not job.source.exists()
    with pytest.raises(NotReadyError, match=r"a\.txt is no picture"):
        jobs.result(job.id)
    jobs.cancel(job.id)
    assert jobs.forms() == [] and list(tmp_path.iterdir()) == []
    jobs.close()


def test_progress_stays_between_0_and_1(tmp_path):
    seen = []

    def work(job: Job) -> None:
        for share in (-1, 0.0, 0.4, 1.0, 2):
            job.progress(share)
            seen.append(job.form.progress)

    jobs = make(tmp_path)
    wait(jobs, jobs.add(b"", "a", "image/jpeg", "a", work).id)
    assert seen == [0, 0, 0.4, 1, 1]
    jobs.close()


WIDE = Photo(np.arange(60 * 90, dtype=np.uint16).reshape(60, 90))


def test_parts_and_small_copies():
    part = cut(WIDE, (80, 50, 30, 7))
    assert np.array_equal(part.pixels, WIDE.pixels[50:57, 80:])
    assert cut(WIDE, (89, 59, 1, 1)).pixels.shape == (1, 1)
    for x, y in ((90, 0), (0, 60)):
        with pytest.raises(OutsideError, match=rf"\({x}, {y}\) lies outside .* 90×60"):
            cut(WIDE, (x, y, 5, 5))
    assert shrink_photo(WIDE, 90).pixels is WIDE.pixels
    assert shrink_photo(WIDE, 45).pixels.shape == (30, 45)
    assert shrink_photo(Photo(np.zeros((2, 400), np.uint8)), 40).pixels.shape == (1, 40)
    assert shrink_photo(Photo(np.zeros((400, 2), np.uint8)), 40).pixels.shape == (40, 1)
    assert weigh_photo(WIDE) == 10800
    assert weigh_photo(Photo(WIDE.pixels, WIDE.pixels)) == 21600


@pytest.mark.parametrize(
    ("address", "own", "is_local"),
    [
        (Address("127.0.0.1", 80), "http://127.0.0.1:80/", True),
        (Address("::1", 8000, True), "https://[::1]:8000/", True),
        (Address("::", 8000), "http://[::1]:8000/", False),
        (Address("0.0.0.0", 8000), "http://127.0.0.1:8000/", False),
        (Address("192.0.2.7", 8000), "http://192.0.2.7:8000/", False),
    ],
)
def test_addresses(address, own, is_local, monkeypatch):
    monkeypatch.setattr("tintype.web.address.lan_address", lambda: "192.0.2.9")
    assert (address.own, address.is_local) == (own, is_local)
    others = {"192.0.2.7": "http://192.0.2.7:8000/"}.get(address.host)
    any_host = f"http://192.0.2.9:{address.port}/" if not is_local else None
    assert address.public == (others or any_host)
    assert address.names[:3] == ["localhost", "127.0.0.1", "::1"]
    assert "192.0.2.9" in address.names and not {"0.0.0.0", "::"} & set(address.names)
    monkeypatch.setattr("tintype.web.address.lan_address", lambda: None)
    assert Address("0.0.0.0", 1).public is None
