"""Files are written whole or not at all, and one run holds a lock."""

import errno
import hashlib
import os
import re
import subprocess
import sys

import pytest

from tintype.errors import ArchiveError, PhotoError, TintypeError
from tintype.files import copy_times, locked, sha256_of, whole_file, whole_path, write_text


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with whole_file(target) as file:
        file.write("néw".encode())
        assert target.read_text() == "old"
        (beside,) = (path for path in tmp_path.iterdir() if path != target)
        assert beside.suffix == ".txt" and beside.name.startswith(".tintype-")
    assert target.read_text(encoding="utf-8") == "néw"
    assert list(tmp_path.iterdir()) == [target]


def test_after_a_failure_what_was_there_stays_and_nothing_is_left(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as file:
        file.write(b"half")
        raise ZeroDivisionError
    with whole_path(target) as beside:
        beside.unlink()
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]
    sentence = r"a\.txt cannot be written: No space left"
    with pytest.raises(PhotoError, match=sentence), whole_path(target, PhotoError):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(TintypeError, match="cannot be written: No such file"):
        write_text(tmp_path / "no" / "a.txt", "text")


def test_an_error_names_the_file_and_not_the_one_beside(tmp_path):
    target = tmp_path / "a.txt"
    whole = whole_path(target, PhotoError)
    with pytest.raises(PhotoError) as raised, whole as beside, whole_path(beside, PhotoError):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(raised.value) == f"{target} cannot be written: No space left on device"
    with pytest.raises(PhotoError, match=r"^blank$"), whole_path(target, PhotoError):
        raise PhotoError("blank")


@pytest.mark.skipif(os.name != "posix", reason="other systems have no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_has_the_permissions_of_any_new_file(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == mode


def test_the_longest_names_and_suffixes_can_be_written(tmp_path):
    for name in ("a" * 251 + ".txt", "a." + "b" * 200):
        write_text(tmp_path / name, "text")
        assert (tmp_path / name).read_text() == "text"
    with whole_path(tmp_path / ("a." + "b" * 200)) as beside:
        assert re.fullmatch(r"\.tintype-\w{8}\.part\.b{34}", beside.name)


def test_hashes_and_times(tmp_path):
    one, other = tmp_path / "a", tmp_path / "b"
    for path in (one, other):
        path.write_bytes(b"tintype" * 99)
    assert sha256_of(one) == hashlib.sha256(b"tintype" * 99).hexdigest()
    os.utime(one, ns=(10**18 + 7, 2 * 10**17 + 3))
    copy_times(one, other)
    times = other.stat()
    assert (times.st_atime_ns, times.st_mtime_ns) == (10**18 + 7, 2 * 10**17 + 3)


def test_a_lock_is_held_by_one_and_names_its_holder(tmp_path):
    path = tmp_path / "lock"
    path.write_text("an older and longer text")
    trying = (
        "import sys; from pathlib import Path; from tintype.files import locked\n"
        "from tintype.errors import ArchiveError\n"
        "try:\n    with locked(Path(sys.argv[1]), 'out', ArchiveError): print('mine')\n"
        "except ArchiveError as error: print(error)"
    )

    def other() -> str:
        words = [sys.executable, "-c", trying, str(path)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    with locked(path, "out", ArchiveError):
        assert path.read_text() == str(os.getpid())
        assert f"another run works on out (process {os.getpid()})" in other()
    assert other() == "mine\n"
    with (
        pytest.raises(ArchiveError, match="cannot be written"),
        locked(tmp_path, "out", ArchiveError),
    ):
        pass
