from pathlib import Path

import pytest

from tintype.cli.jobs import plan_jobs
from tintype.errors import UsageError


@pytest.fixture
def album(tmp_path) -> Path:
    for name in ("a.jpg", "b.tif", "deep/c.png", "a.color.jpg", "a.compare.jpg", "notes.txt", ".hidden.jpg"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "album"


def test_a_file_gets_its_result_beside_it(album):
    (job,) = plan_jobs([str(album / "a.jpg")], None, None)
    assert job.target == album / "a.color.jpg"
    (job,) = plan_jobs([str(album / "a.jpg")], None, ".png")
    assert job.target == album / "a.color.png"


def test_a_folder_is_walked_whole_and_its_structure_kept(album, tmp_path):
    jobs = plan_jobs([str(album)], tmp_path / "out", None)
    assert [job.target.relative_to(tmp_path / "out") for job in jobs] == [Path("a.jpg"), Path("b.tif"), Path("deep/c.png")]


def test_an_output_inside_of_the_folder_is_not_an_input(album):
    (album / "out").mkdir()
    (album / "out" / "z.jpg").touch()
    assert len(plan_jobs([str(album)], album / "out", None)) == 3


def test_an_output_with_an_ending_is_a_file_for_one_input_only(album, tmp_path):
    (job,) = plan_jobs([str(album / "a.jpg")], tmp_path / "x.png", None)
    assert job.target == tmp_path / "x.png"


def test_patterns_find_photographs_and_not_results(album):
    assert [job.source.name for job in plan_jobs([str(album / "*.jpg")], None, None)] == [".hidden.jpg", "a.jpg"][1:]
    with pytest.raises(UsageError, match="nothing matches"):
        plan_jobs([str(album / "*.gif")], None, None)


def test_what_does_not_exist_is_named():
    with pytest.raises(UsageError, match=r"none\.jpg does not exist"):
        plan_jobs(["none.jpg"], None, None)


def test_a_source_is_never_written_over(album):
    with pytest.raises(UsageError, match="over itself"):
        plan_jobs([str(album / "a.jpg")], album, None)


def test_two_sources_do_not_share_a_target(album, tmp_path):
    (album / "a.png").touch()
    with pytest.raises(UsageError, match="would both be written"):
        plan_jobs([str(album / "a.jpg"), str(album / "a.png")], tmp_path / "out", ".png")
