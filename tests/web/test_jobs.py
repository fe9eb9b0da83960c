"""Jobs come and go while others are handed in: files that vanish meanwhile are no failure of the
service."""

import time
from pathlib import Path

import pytest

from tintype.web.jobs import Jobs, NoJobError
from tintype.web.limits import Limits


@pytest.fixture
def jobs(tmp_path):
    jobs = Jobs(tmp_path, Limits())
    yield jobs
    jobs.close()


def done(jobs, work):
    job = jobs.get(jobs.add(b"photograph", "image/jpeg", "a.jpg", work).id)
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
