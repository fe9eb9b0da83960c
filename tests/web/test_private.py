"""What the service keeps on disk goes, whatever becomes of its process."""

import os
import subprocess
import sys
import tempfile
import time

import pytest
from fastapi.testclient import TestClient

from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.private import MARKER, PrivateFolder

KILLED = (
    "import os, tempfile; tempfile.tempdir = {0!r}; from tintype.web.private import PrivateFolder\n"
)
KILLED += "mine = PrivateFolder(); (mine.path / 'photo').write_bytes(b'!'); os.kill(os.getpid(), 9)"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_killed_process_is_removed_by_the_next_start(place):
    living = PrivateFolder()
    subprocess.run([sys.executable, "-c", KILLED.format(str(place))], check=False)
    (left,) = (path for path in place.glob("tintype-*/photo"))
    mine = PrivateFolder()
    assert not left.exists()
    assert living.path.is_dir() and mine.path.is_dir(), "those at work stay"
    for folder in (living, mine):
        folder.remove()
        assert not folder.path.exists()


@pytest.mark.parametrize("marker", ["lock", MARKER])
@pytest.mark.parametrize("text", ["", "tintype-other 7", "tintype-mine"])
def test_a_folder_of_somebody_else_is_never_removed(place, marker, text):
    (place / "tintype-mine").mkdir()
    (place / "tintype-mine" / marker).write_text(text)
    photo = place / "tintype-mine" / "photo.jpg"
    photo.write_bytes(b"!")
    PrivateFolder().remove()
    assert photo.exists()


def test_the_marker_names_its_folder_and_its_process(place):
    folder = PrivateFolder()
    assert (folder.path / MARKER).read_text() == f"{folder.path.name} {os.getpid()}\n"
    folder.remove()


def test_the_result_of_an_expired_job_goes_without_being_asked_for(place):
    with TestClient(create_app(hosts=["testserver"], limits=Limits(job_seconds=0.3))) as service:
        jobs = service.app.state.service.jobs
        form = jobs.add(
            b"photograph",
            "a.jpg",
            "image/jpeg",
            "a.color.jpg",
            lambda job: job.result.write_bytes(b"color"),
        )
        result = jobs.folder / f"{form.id}.result"
        late = time.monotonic() + 30
        while form.status != "done":
            assert time.monotonic() < late
            time.sleep(0.01)
        while result.exists():
            assert time.monotonic() < late, "nobody asks, and still it goes"
            time.sleep(0.05)
