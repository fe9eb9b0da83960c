from pathlib import Path

import pytest
from PIL import Image

from tintype.errors import UsageError
from tintype.jobs.plan import plan_files


@pytest.fixture
def album(tmp_path) -> Path:
    for name in (
        "a.jpg",
        "b.tif",
        "deep/c.png",
        "a.color.jpg",
        "a.compare.jpg",
        "notes.txt",
        ".hidden.jpg",
    ):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "album"


def test_a_file_gets_its_result_beside_it(album):
    (file,) = plan_files([str(album / "a.jpg")]).files
    assert file.target == album / "a.color.jpg"
    (file,) = plan_files([str(album / "a.jpg")], None, "png").files
    assert file.target == album / "a.color.png"


def test_a_folder_is_walked_whole_and_its_structure_kept(album, tmp_path):
    files = plan_files([str(album)], str(tmp_path / "out"), None).files
    assert [file.target.relative_to(tmp_path / "out") for file in files] == [
        Path("a.jpg"),
        Path("b.tif"),
        Path("deep/c.png"),
    ]


def test_an_output_inside_of_the_folder_is_not_an_input(album):
    (album / "out").mkdir()
    (album / "out" / "z.jpg").touch()
    assert len(plan_files([str(album)], str(album / "out"), None).files) == 3


def test_an_output_with_an_ending_is_a_file_for_one_input_only(album, tmp_path):
    (file,) = plan_files([str(album / "a.jpg")], str(tmp_path / "x.png"), None).files
    assert file.target == tmp_path / "x.png"


def test_patterns_find_photographs_and_not_results(album):
    assert [file.source.name for file in plan_files([str(album / "*.jpg")]).files] == [
        ".hidden.jpg",
        "a.jpg",
    ][1:]
    with pytest.raises(UsageError, match="nothing matches"):
        plan_files([str(album / "*.gif")])


def test_what_does_not_exist_is_named():
    with pytest.raises(UsageError, match=r"none\.jpg does not exist"):
        plan_files(["none.jpg"])


def test_a_source_is_never_written_over(album):
    with pytest.raises(UsageError, match="over itself"):
        plan_files([str(album / "a.jpg")], str(album), None)


def test_two_sources_do_not_share_a_target(album, tmp_path):
    for name in ("a.tif", "a.tif.png", "a.tif.tif.png", "a.png"):
        (album / name).touch()
    with pytest.raises(UsageError, match="would both be written"):
        plan_files([str(album)], str(tmp_path / "out"), "png")


def test_what_a_folder_holds_besides_photographs_is_told(album):
    (album / "scan.xcf").touch()
    assert [path.name for path in plan_files([str(album)]).passed_over] == [
        ".hidden.jpg",
        "notes.txt",
        "scan.xcf",
    ]


@pytest.mark.parametrize("ending", ["avif", "jp2", "jpe", "mpo", "pgm", "ppm", "tga", "jxl"])
def test_a_walk_takes_every_ending_that_is_read(ending, tmp_path):
    (tmp_path / f"a.{ending}").touch()
    assert len(plan_files([str(tmp_path)]).files) == 1


def test_an_output_with_a_dot_and_a_slash_is_a_folder(album, tmp_path):
    (file,) = plan_files([str(album / "a.jpg")], f"{tmp_path}/album.1931/", None).files
    assert file.target == tmp_path / "album.1931" / "a.jpg"
    with pytest.raises(UsageError, match=r"for a folder of that name write .*album\.1931/"):
        plan_files([str(album / "a.jpg")], f"{tmp_path}/album.1931", None)
    many = plan_files(
        [str(album / "a.jpg"), str(album / "b.tif")], f"{tmp_path}/album.1931", None
    ).files
    assert {file.target.parent for file in many} == {tmp_path / "album.1931"}


def test_folders_given_at_once_are_kept_apart(album, tmp_path):
    (tmp_path / "1932" / "deep").mkdir(parents=True)
    (tmp_path / "1932" / "a.jpg").touch()
    files = plan_files([str(album), str(tmp_path / "1932")], str(tmp_path / "out"), None).files
    targets = {str(file.target.relative_to(tmp_path / "out")) for file in files}
    assert targets == {"album/a.jpg", "album/b.tif", "album/deep/c.png", "1932/a.jpg"}


def test_files_of_one_name_are_kept_apart_by_their_folders(album, tmp_path):
    (tmp_path / "1932").mkdir()
    (tmp_path / "1932" / "a.jpg").touch()
    files = plan_files(
        [str(album / "a.jpg"), str(tmp_path / "1932" / "a.jpg")], str(tmp_path / "out"), None
    ).files
    assert {str(file.target.relative_to(tmp_path / "out")) for file in files} == {
        "album/a.jpg",
        "1932/a.jpg",
    }


def test_two_sheets_have_two_names(album, tmp_path):
    (album / "a.png").touch()
    files = plan_files([str(album)], str(tmp_path / "out"), None).files
    assert len({file.sheet for file in files}) == len(files) == 4
    assert tmp_path / "out" / "b.compare.jpg" in {file.sheet for file in files}


def test_a_name_of_the_greatest_length_gets_a_target(tmp_path):
    names = ["a" * 249 + ".jpg", "a" * 250 + ".jpg", "ä" * 124 + ".jpg"]
    for name in names:
        (tmp_path / name).touch()
    files = plan_files([str(tmp_path)]).files
    assert len({file.target for file in files}) == 3
    for file in files:
        for path in (file.target, file.sheet):
            assert len(path.name.encode()) <= 255
            assert path.stem.endswith((".color", ".compare"))
            path.touch()
    assert len(plan_files([str(tmp_path)]).files) == 3


def test_a_file_without_an_ending_gets_that_of_its_content(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "grandmother", "TIFF")
    (file,) = plan_files([str(tmp_path / "grandmother")]).files
    assert file.target.name == "grandmother.color.tif"


def test_masters_of_one_stem_keep_apart_under_one_format(tmp_path):
    for name in ("p.jpg", "p.tif", "p.png", "q.tif"):
        (tmp_path / name).touch()
    files = plan_files([str(tmp_path)], f"{tmp_path}/out/", "jpg").files
    assert {file.source.name: file.target.name for file in files} == {
        "p.jpg": "p.jpg",
        "p.tif": "p.tif.jpg",
        "p.png": "p.png.jpg",
        "q.tif": "q.jpg",
    }
    beside = plan_files([str(tmp_path / "p.tif"), str(tmp_path / "p.png")], None, "jpg").files
    assert [file.target.name for file in beside] == ["p.tif.color.jpg", "p.png.color.jpg"]


def test_a_master_may_have_the_name_that_keeps_another_apart(tmp_path):
    for name in ("p.jpg", "p.tif", "p.tif.jpg"):
        (tmp_path / name).write_bytes(b"x")
    planned = plan_files([str(tmp_path)], str(tmp_path / "out"), "jpg").files
    assert {file.source.name: file.target.name for file in planned} == {
        "p.jpg": "p.jpg",
        "p.tif": "p.tif.tif.jpg",
        "p.tif.jpg": "p.tif.jpg",
    }


def test_several_inputs_to_one_file_are_refused(album, tmp_path):
    with pytest.raises(UsageError, match=r"two\.jpg is one file, but there are 2 inputs"):
        plan_files([str(album / "a.jpg"), str(album / "b.tif")], str(tmp_path / "two.jpg"))
    (tmp_path / "v1.2").mkdir()
    files = plan_files([str(album / "a.jpg"), str(album / "b.tif")], str(tmp_path / "v1.2")).files
    assert [file.target for file in files] == [tmp_path / "v1.2" / n for n in ("a.jpg", "b.tif")]


def test_brackets_in_a_folder_of_a_pattern_are_letters(tmp_path):
    folder = tmp_path / "scans [1931]"
    (folder / "box [a]").mkdir(parents=True)
    for name in ("a.jpg", "box [a]/b.jpg"):
        (folder / name).touch()
    for pattern, found in ((f"{folder}/*.jpg", ["a.jpg"]), (f"{folder}/*/*.jpg", ["b.jpg"])):
        assert [file.source.name for file in plan_files([pattern]).files] == found
    assert [file.source.name for file in plan_files([f"{folder}/[ab].jpg"]).files] == ["a.jpg"]


def test_a_file_url_is_a_path_and_other_urls_are_refused(tmp_path):
    source = tmp_path / "a picture (1).jpg"
    source.write_bytes(b"x")
    rest = source.as_uri().removeprefix("file://")
    for url in (f"file://{rest}", f"file:{rest}", f"FILE://localhost{rest}"):
        assert [file.source for file in plan_files([url]).files] == [source]
    for url in ("https://example.org/a.jpg", "s3://bucket/a.jpg"):
        with pytest.raises(UsageError, match="download it first"):
            plan_files([url])
