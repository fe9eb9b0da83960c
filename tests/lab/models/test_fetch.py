import errno
import hashlib
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest

from tintype.errors import ModelError
from tintype.lab.models import fetch
from tintype.lab.models.fetch import fetch_hub, fetch_url

WHOLE = np.random.default_rng(0).bytes(400_000)
SHA256 = hashlib.sha256(WHOLE).hexdigest()


def test_a_file_comes_through_redirects_and_its_progress_is_told(publisher, tmp_path):
    publisher.files["/bucket/net.pth"] = WHOLE
    publisher.moved["/net.pth"] = f"{publisher.address}/bucket/net.pth"
    result = []
    found = fetch_url(
        f"{publisher.address}/net.pth?dl=1",
        tmp_path,
        SHA256[:8],
        lambda *progress: result.append(progress),
    )
    assert found == tmp_path / "net.pth"
    assert found.read_bytes() == WHOLE
    assert result[-1] == (len(WHOLE), len(WHOLE))


def test_a_transfer_that_breaks_off_goes_on_where_it_was(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    publisher.breaks["/net.pth"] = [150_000]
    assert fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256).read_bytes() == WHOLE
    ranges = [asked for _, _, asked in publisher.asked]
    assert ranges[0] == ""
    assert 0 < int(ranges[1].removeprefix("bytes=").removesuffix("-")) <= 150_000


def test_a_transfer_that_always_breaks_off_is_resumed_by_the_next_call(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    publisher.breaks["/net.pth"] = [90_000, 90_000, 90_000]
    with pytest.raises(ModelError, match="cannot be downloaded"):
        fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256)
    assert not (tmp_path / "net.pth").exists()
    before = (tmp_path / "net.pth.part").stat().st_size
    assert fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256).read_bytes() == WHOLE
    assert publisher.asked[-1][2] == f"bytes={before}-"


def test_a_part_of_an_older_file_is_not_mixed_with_a_newer_one(publisher, tmp_path):
    publisher.files["/net.pth"] = bytes(len(WHOLE))
    publisher.breaks["/net.pth"] = [90_000, 90_000, 90_000]
    with pytest.raises(ModelError):
        fetch_url(f"{publisher.address}/net.pth", tmp_path)
    publisher.files["/net.pth"] = WHOLE
    assert fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256).read_bytes() == WHOLE


def test_a_resumed_transfer_counts_from_what_is_there(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    (tmp_path / "net.pth.part").write_bytes(WHOLE[:100_000])
    (tmp_path / "net.pth.etag").write_text(f'"{SHA256}"')
    progress: list[tuple[int, int | None]] = []
    fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256, lambda *p: progress.append(p))
    assert publisher.asked[-1][2] == "bytes=100000-"
    _assert_counted(progress, 100_000)


def test_a_refused_resume_counts_from_the_beginning(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    (tmp_path / "net.pth.part").write_bytes(bytes(100_000))
    (tmp_path / "net.pth.etag").write_text('"of an older file"')
    progress: list[tuple[int, int | None]] = []
    fetched = fetch_url(
        f"{publisher.address}/net.pth", tmp_path, SHA256, lambda *p: progress.append(p)
    )
    assert fetched.read_bytes() == WHOLE
    _assert_counted(progress, 0)


def _assert_counted(progress: list[tuple[int, int | None]], start: int) -> None:
    """Bytes grow from `start` to all of them, and the total is always the whole file's."""
    done = [bytes_done for bytes_done, _ in progress]
    assert start < done[0] and done == sorted(done) and done[-1] == len(WHOLE)
    assert {total for _, total in progress} == {len(WHOLE)}


def test_a_part_that_is_already_whole_does_not_stop_it(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    (tmp_path / "net.pth.part").write_bytes(WHOLE)
    (tmp_path / "net.pth.etag").write_text(f'"{SHA256}"')
    assert fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256).read_bytes() == WHOLE


def test_another_hash_deletes_what_came(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    with pytest.raises(ModelError, match=f"{SHA256[:16]}…, but should begin with deadbeef"):
        fetch_url(f"{publisher.address}/net.pth", tmp_path, "deadbeef")
    assert not list(tmp_path.glob("net.pth*")) or list(tmp_path.glob("net.pth*")) == [
        tmp_path / "net.pth.etag"
    ]


def test_no_file_no_server_and_no_space_are_told_in_a_sentence(publisher, tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="answers with 404"):
        fetch_url(f"{publisher.address}/other.pth", tmp_path)
    with pytest.raises(ModelError, match="cannot be downloaded"):
        fetch_url("http://127.0.0.1:9/net.pth", tmp_path)
    publisher.files["/net.pth"] = WHOLE
    usage = fetch.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ModelError, match="no space"):
        fetch_url(f"{publisher.address}/net.pth", tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_disk_that_fills_up_during_a_transfer_gets_a_sentence(publisher, tmp_path):
    publisher.files["/net.pth"] = WHOLE
    (tmp_path / "net.pth.part").symlink_to("/dev/full")
    with pytest.raises(ModelError, match="cannot be written: No space left on device"):
        fetch_url(f"{publisher.address}/net.pth", tmp_path, SHA256)
    assert not (tmp_path / "net.pth").exists()


def test_proxies_of_the_environment_are_used(publisher, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", publisher.address)
    monkeypatch.setenv("HTTPS_PROXY", publisher.address)
    publisher.files["http://authors.invalid/net.pth"] = WHOLE
    assert fetch_url("http://authors.invalid/net.pth", tmp_path, SHA256).read_bytes() == WHOLE
    with pytest.raises(ModelError, match="cannot be downloaded"):
        fetch_url("https://authors.invalid/net.pth", tmp_path / "none", SHA256)
    assert publisher.asked[-1][:2] == ("CONNECT", "authors.invalid:443")


@pytest.fixture
def fresh_hub():
    """huggingface_hub keeps its connections, with the proxies of their time."""
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


HUB_FILE = "/authors/net/resolve/main/pytorch_model.bin"


def test_the_hub_gives_the_file_that_it_has(publisher, tmp_path):
    publisher.files[HUB_FILE] = WHOLE
    result = []
    found = fetch_hub(
        "authors/net", tmp_path, lambda *progress: result.append(progress), publisher.address
    )
    assert found.read_bytes() == WHOLE
    assert result[-1][0] == len(WHOLE)


def test_a_hub_file_of_another_hash_is_deleted(publisher, tmp_path):
    publisher.files[HUB_FILE] = WHOLE
    publisher.claims[HUB_FILE] = "0" * 64
    with pytest.raises(ModelError, match="damaged or another file"):
        fetch_hub("authors/net", tmp_path, endpoint=publisher.address)
    assert not [path for path in tmp_path.rglob("*.bin") if path.stat().st_size == len(WHOLE)]


def test_a_hub_transfer_that_breaks_off_goes_on_where_it_was(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    publisher.files[HUB_FILE] = WHOLE
    publisher.breaks[HUB_FILE] = [200_000]
    assert fetch_hub("authors/net", tmp_path, endpoint=publisher.address).read_bytes() == WHOLE
    assert publisher.asked[-1][2] in ("bytes=150000-", "bytes=200000-")


def test_a_hub_file_that_lies_elsewhere_is_followed(publisher, tmp_path):
    publisher.files["/bucket/4f3a"] = WHOLE
    publisher.moved[HUB_FILE] = f"{publisher.address.replace('127.0.0.1', 'localhost')}/bucket/4f3a"
    assert fetch_hub("authors/net", tmp_path, endpoint=publisher.address).read_bytes() == WHOLE
    publisher.claims["/bucket/4f3a"] = "0" * 64
    with pytest.raises(ModelError, match="damaged or another file"):
        fetch_hub("authors/net", tmp_path / "other", endpoint=publisher.address)


def test_the_hub_is_reached_through_a_proxy(publisher, tmp_path, monkeypatch, fresh_hub):
    monkeypatch.setenv("HTTP_PROXY", publisher.address)
    publisher.files[f"http://hub.invalid{HUB_FILE}"] = WHOLE
    assert fetch_hub("authors/net", tmp_path, endpoint="http://hub.invalid").read_bytes() == WHOLE


def test_a_full_disk_during_a_hub_transfer_gets_a_sentence(publisher, tmp_path, monkeypatch):
    publisher.files[HUB_FILE] = WHOLE

    def fill(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fill)
    with pytest.raises(ModelError, match="there is no space for the download"):
        fetch_hub("authors/net", tmp_path, endpoint=publisher.address)


def test_a_repository_without_weights_and_a_hub_out_of_reach_are_told(publisher, tmp_path):
    with pytest.raises(ModelError, match="no weights under the names"):
        fetch_hub("authors/net", tmp_path, endpoint=publisher.address)
    with pytest.raises(ModelError, match="cannot be downloaded"):
        fetch_hub("authors/net", tmp_path, endpoint="http://127.0.0.1:9")
