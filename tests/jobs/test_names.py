"""Names of outputs fit file systems, and folders are walked in order."""

from pathlib import Path

import pytest

from tintype.jobs.names import fitting_name, is_output, output_ending
from tintype.jobs.walk import is_service_folder, walk


def test_a_name_of_255_bytes_is_kept_and_a_longer_one_is_cut_with_a_hash():
    assert fitting_name("a" * 245, ".color.jpg") == "a" * 245 + ".color.jpg"
    longer = fitting_name("a" * 246, ".color.jpg")
    assert longer == "a" * 236 + "~934f3812.color.jpg"
    assert fitting_name("b" + "a" * 245, ".color.jpg") != longer
    wide = fitting_name("é" * 140, ".png")
    assert len(wide.encode()) in (254, 255) and wide.endswith(".png")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.color.jpg", True), ("a.compare.jpg", True), ("a.colors.jpg", False), ("color.jpg", False)],
)
def test_outputs_are_told_by_their_names(name, expected):
    assert is_output(Path(name)) is expected


def test_an_output_has_the_ending_of_its_source_or_of_its_content(tmp_path):
    from PIL import Image

    Image.new("L", (3, 3)).save(tmp_path / "bare", "TIFF")
    (tmp_path / "text").write_text("no picture")
    assert output_ending(Path("a.JPEG")) == ".JPEG"
    assert output_ending(tmp_path / "bare") == ".tif"
    assert output_ending(tmp_path / "text") == ".png" == output_ending(tmp_path / "missing")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@eaDir", True),
        ("$RECYCLE.BIN", True),
        (".git", True),
        ("Catalog Previews.LRDATA", True),
        ("lost+found", True),
        ("album", False),
        ("lrdata", False),
    ],
)
def test_folders_of_servers_and_catalogs_are_none_of_people(name, expected):
    assert is_service_folder(name) is expected


def test_a_walk_goes_by_names_enters_links_last_and_each_folder_once(tmp_path):
    root = tmp_path / "root"
    for name in ("b/2.jpg", "b/1.jpg", "a.jpg", "c.jpg", ".hidden", "@eadir/x.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.jpg").write_text("o")
    (root / "aa").symlink_to(outside)
    (root / "ab").symlink_to(outside)
    (root / "up").symlink_to(tmp_path)
    (root / "dead").symlink_to(tmp_path / "nowhere")
    passed = []
    found = [path.relative_to(root).as_posix() for path, _ in walk(root, passed.append)]
    assert found == ["a.jpg", "b/1.jpg", "b/2.jpg", "c.jpg", "aa/o.jpg"]
    assert sorted(path.name for path in passed) == [".hidden", "@eadir", "dead"]
    sizes = {path.name: status.st_size for path, status in walk(root)}
    assert sizes["a.jpg"] == 5
