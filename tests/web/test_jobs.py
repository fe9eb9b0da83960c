"""Jobs come and go while others are handed in: files that vanish meanwhile are no failure of the
service."""

import asyncio
import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.pictures import EXAMPLES
from tintype.web.jobs import Jobs, NoJobError
from tintype.web.limits import Limits


@pytest.fixture
def jobs(tmp_path):
    jobs = Jobs(tmp_path, Limits())
    yield jobs
    jobs.close()


def done(jobs, work):
    job = jobs.get(jobs.add(b"photograph", "a.jpg", "image/jpeg", "a.jpg", work).id)
    while job.ended is None:
        time.sleep(0.01)
    return job


def test_a_file_that_goes_while_the_room_is_measured_is_passed_over(jobs, tmp_path, monkeypatch):
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: [*listed(folder), tmp_path / "gone.source"])
    assert done(jobs, lambda job: job.result.write_bytes(b"color")).form.status == "done"


def test_a_result_that_is_canceled_before_it_is_read_is_not_there(jobs):
    job = done(jobs, lambda job: job.result.write_bytes(b"color"))
    assert jobs.read(jobs.result(job.id)) == b"color"
    jobs.cancel(job.id)
    with pytest.raises(NoJobError, match="no such job"):
        jobs.read(job)


def send(client, data, key=None, path="jobs", **how):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/{path}", content=data, headers=headers, **how)


def test_a_request_that_is_sent_again_makes_no_second_job(service):
    data = (EXAMPLES / "cat.jpg").read_bytes()
    first = send(service, data, "mine")
    again = send(service, data, "mine")
    other = send(service, data)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    refused = send(service, data, "mine", "jobs?format=png")
    assert refused.status_code == 422 and "another request" in refused.json()["detail"]
    for job in (first, other):
        service.delete(job.headers["location"])
    assert send(service, data, "mine").json()["id"] != first.json()["id"]


def test_several_files_make_a_job_each_and_are_listed(service):
    files = [
        ("photo", (f"{name}.jpg", (EXAMPLES / f"{name}.jpg").read_bytes()))
        for name in ("cat", "rocket")
    ]
    form = {"guidance": '{"tintype": 1, "saturation": 0}'}
    made = service.post("/api/v1/jobs/batch", files=files, data=form)
    assert made.status_code == 202
    listed = {job["id"]: job["name"] for job in service.get("/api/v1/jobs").json()}
    assert [listed[job["id"]] for job in made.json()] == ["cat.jpg", "rocket.jpg"]
    bad = [*files, ("image", ("notes.txt", b"no picture"))]
    assert service.post("/api/v1/jobs/batch", files=bad, data=form).status_code == 415
    assert len(service.get("/api/v1/jobs").json()) == len(listed)
    assert service.post("/api/v1/jobs", files=files).status_code == 422


def test_a_full_disk_is_told_and_leaves_nothing(service, monkeypatch):
    jobs = service.app.state.service.jobs
    before = set(jobs.folder.iterdir())

    def full(path, data):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    refused = send(service, (EXAMPLES / "cat.jpg").read_bytes())
    assert refused.status_code == 507 and refused.json()["code"] == "no-room"
    assert set(jobs.folder.iterdir()) <= before, "earlier jobs may end meanwhile"


BATCH = [
    ("photo", (f"{name}.jpg", (EXAMPLES / f"{name}.jpg").read_bytes()))
    for name in ("cat", "rocket")
]


@pytest.mark.parametrize("moment", ["while it is added", "after it was added"])
@pytest.mark.parametrize("files", [BATCH[:1], BATCH])
def test_no_job_stays_of_a_client_that_leaves(service, monkeypatch, files, moment):
    """A request that is canceled leaves neither a job nor a file, whatever it has begun."""
    here = service.app.state.service
    before = {form.id for form in here.jobs.forms()}
    run, add, added = here.desk.run, here.jobs.add, []
    is_last = threading.Event()

    async def run_or_leave(request, work):
        job = await run(request, work)
        if moment == "after it was added" and len(added) == len(files):
            raise asyncio.CancelledError
        return job

    def slow_add(*args):
        added.append(form := add(*args))
        if moment == "while it is added" and len(added) == len(files):
            is_last.set()
            time.sleep(0.3)
        return form

    monkeypatch.setattr(type(here.jobs), "add", lambda _, *args: slow_add(*args))
    monkeypatch.setattr(type(here.desk), "run", lambda _, *args: run_or_leave(*args))
    request = httpx.Request("POST", "http://testserver/", files=files)
    body = request.read()

    async def post() -> None:
        sent = iter([{"type": "http.request", "body": body}])

        async def receive():
            return next(sent, None) or await asyncio.Event().wait()

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/jobs" + ("/batch" if len(files) > 1 else ""),
            "query_string": b"",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }

        async def send(message):
            raise AssertionError(message)

        answer = asyncio.create_task(service.app(scope, receive, send))
        if moment == "while it is added":
            await asyncio.to_thread(is_last.wait, 20)
            answer.cancel()
        await asyncio.wait_for(answer, 30)

    # in a thread of its own: tests in the browser leave a running loop in this one
    with ThreadPoolExecutor(1) as thread, pytest.raises(asyncio.CancelledError):
        thread.submit(asyncio.run, post()).result()
    time.sleep(0.5)
    assert len(added) == len(files)
    assert {form.id for form in here.jobs.forms()} <= before
    assert not [each for each in here.jobs.folder.iterdir() if each.stem in {a.id for a in added}]


def test_jobs_of_an_earlier_request_with_the_same_key_outlive_a_refused_batch(service):
    headers = {"Idempotency-Key": "a box"}
    first = service.post("/api/v1/jobs/batch", files=BATCH, headers=headers).json()
    bad = [*BATCH, ("photo", ("notes.txt", b"no picture"))]
    assert service.post("/api/v1/jobs/batch", files=bad, headers=headers).status_code == 415
    listed = {job["id"] for job in service.get("/api/v1/jobs").json()}
    assert {job["id"] for job in first} <= listed
