"""Which files of a folder are a person's photographs."""

from pathlib import Path

import pytest

from tintype.archive.stores import Folder
from tintype.jobs.plan import plan_files
from tintype.jobs.walk import walk


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names(folder: Path, passed_over=lambda _: None) -> list[str]:
    return [path.relative_to(folder).as_posix() for path, _ in walk(folder, passed_over)]


@pytest.mark.parametrize(
    "name",
    [
        *(".thumbnails", "@eaDir", "@eadir", "#recycle", ".dtrash", "Lightroom Previews.lrdata"),
        *("@Recycle", "#snapshot", "__MACOSX", "CaptureOne"),
    ],
)
def test_folders_of_programs_are_left_out_and_named(tmp_path, name):
    make(tmp_path, "a.jpg", f"{name}/t.jpg", f"box/{name}/deep/t.jpg", "box/b.jpg")
    left: list[Path] = []
    assert names(tmp_path, left.append) == ["a.jpg", "box/b.jpg"]
    assert left == [tmp_path / name, tmp_path / "box" / name]


def test_a_linked_folder_is_entered_once(tmp_path):
    make(tmp_path / "elsewhere", "x.jpg")
    album = make(tmp_path / "album", "a.jpg", "real/b.jpg")
    for link, goal in (
        ("link", tmp_path / "elsewhere"),
        ("second", tmp_path / "elsewhere"),
        ("again", album / "real"),
        ("loop", album),
        ("around", tmp_path),
    ):
        (album / link).symlink_to(goal, target_is_directory=True)
    (tmp_path / "elsewhere" / "back").symlink_to(album, target_is_directory=True)
    assert names(album) == ["a.jpg", "real/b.jpg", "link/x.jpg"]
    assert [name for name, _ in Folder(album).walk()] == names(album)
    planned = plan_files([str(album)], str(tmp_path / "out")).files
    assert sorted(file.target.relative_to(tmp_path / "out").as_posix() for file in planned) == [
        "a.jpg",
        "link/x.jpg",
        "real/b.jpg",
    ]


def test_a_linked_file_is_a_file_and_a_broken_link_is_named(tmp_path):
    make(tmp_path / "elsewhere", "x.jpg")
    album = make(tmp_path / "album", "a.jpg")
    (album / "b.jpg").symlink_to(tmp_path / "elsewhere" / "x.jpg")
    (album / "c.jpg").symlink_to(tmp_path / "nowhere.jpg")
    left: list[Path] = []
    assert names(album, left.append) == ["a.jpg", "b.jpg"]
    assert left == [album / "c.jpg"]
    assert plan_files([str(album)], str(tmp_path / "out")).passed_over == [album / "c.jpg"]
