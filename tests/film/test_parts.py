"""Repeating a command goes on; nothing is deleted without a word, nothing is left behind."""

import io

import numpy as np
import pytest
from rich.console import Console
from tests.film.conftest import frames_of, moving, stop_between

from tintype.cli import film_progress
from tintype.errors import FilmError, UsageError
from tintype.film import FilmProgress, FilmSettings, TimedGuidance, color_film
from tintype.film.label import comment_of, film_label
from tintype.film.preview import preview_film
from tintype.guidance import Guidance
from tintype.notices import NoticeCode
from tintype.photo import read_label

av = pytest.importorskip("av")
LOSSLESS = FilmSettings(codec="ffv1")


@pytest.fixture
def stopped(make_film, warm, tmp_path, monkeypatch):
    """A source, and a call that colors it in segments of 30 frames."""
    from tintype.film import pipeline, steady

    monkeypatch.setattr(pipeline, "MIN_SEGMENT_FRAMES", 30)
    monkeypatch.setattr(steady, "MIN_WINDOW_FRAMES", 24)
    monkeypatch.setattr(steady, "WINDOW_FRAMES", 24)
    source = make_film(moving(45) + moving(45, 1))

    def color(settings=LOSSLESS, **options):
        return color_film(
            source, tmp_path / "out.mkv", colorizer=warm, settings=settings, **options
        )

    report = color(**stop_between(30, 70))
    assert report.output is None and 30 <= report.frames < 90
    return color, report


def test_other_settings_are_refused_and_a_restart_says_what_it_deletes(stopped):
    color, report = stopped
    with pytest.raises(
        UsageError, match="another quality; use the same, or begin anew with --rest"
    ):
        color(FilmSettings(codec="ffv1", quality=50))
    done = color(FilmSettings(codec="ffv1", quality=50), restart=True)
    assert done.whole and len(frames_of(done.output)) == 90
    assert [notice.code for notice in done.notices] == [NoticeCode.RESTARTED]
    assert done.notices[0].text.startswith(f"{report.frames} finished frames were deleted")


def test_what_a_dead_run_left_is_removed(stopped):
    color, report = stopped
    known = {path.name for path in report.parts.iterdir()}
    for name in ("joined.mkv", "00009.mkv", ".tintype-x.part.npz"):
        (report.parts / name).write_bytes(b"left")
    again = color(stop=lambda: True)
    assert again.frames == report.frames
    assert {path.name for path in report.parts.iterdir()} == known
    assert color().whole and not report.parts.exists()


def test_a_full_disk_names_the_film_and_what_goes_on(stopped, monkeypatch, tmp_path):
    from tintype.film import parts

    color, report = stopped

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.np, "savez", full)
    with pytest.raises(FilmError) as error:
        color()
    assert str(error.value) == (
        f"{tmp_path / 'out.mkv'} cannot be written: there is no space left; {report.frames} frames"
        f" are kept in {report.parts}, and the same command goes on from there"
    )
    monkeypatch.undo()
    assert len(frames_of(color().output)) == 90


def test_a_log_has_a_line_a_minute(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(film_progress.time, "monotonic", lambda: now[0])
    text = io.StringIO()
    log = film_progress.FilmLog("reel.mp4", Console(file=text, width=200))
    for second in range(0, 200, 5):
        now[0] = float(second)
        log(FilmProgress(10 * second, 4800, 10.0, 480 - second))
    lines = text.getvalue().splitlines()
    assert lines[0] == "reel.mp4: 600 of 4800 frames, 10.0 a second, 0:07:00 left"
    assert len(lines) == 3


def test_a_preview_has_the_name_that_is_asked_for(make_film, warm, tmp_path):
    source = make_film(moving(30), sound=None)
    made = preview_film(source, tmp_path / "named.mp4", 0.4, warm)
    assert made == (tmp_path / "named.mp4", tmp_path / "named.jpg")
    label = film_label(warm, FilmSettings())
    assert read_label(made[1]) == label and label.settings == "automatic"
    with av.open(str(made[0])) as film:
        assert film.metadata["comment"] == comment_of(label)
    with pytest.raises(UsageError, match=r"named\.mp4 exists already; --overwrite"):
        preview_film(source, tmp_path / "named.mp4", 0.4, warm)
    preview_film(source, tmp_path / "named.mp4", 0.4, warm, overwrite=True)
    with pytest.raises(UsageError, match=r"end named\.mkv in \.mp4"):
        preview_film(source, tmp_path / "named.mkv", 0.4, warm)


def test_a_preview_shows_a_guided_shot_that_returns_as_the_film_does(make_film, warm, tmp_path):
    source = make_film(moving(30) + moving(30, 1) + moving(30), sound=None)
    # at a time that no piece shows
    settings = FilmSettings(timed_guidance=(TimedGuidance(0.3, Guidance(saturation=0.0)),))
    movie, _ = preview_film(source, tmp_path, 0.8, warm, settings)
    film = color_film(source, tmp_path / "whole.mp4", colorizer=warm, settings=settings).output
    strengths = [
        [np.ptp(f.to_ndarray(format="rgb24").astype(int), -1).mean() for f in frames_of(path)]
        for path in (movie, film)
    ]
    for values in strengths:
        third = len(values) // 3
        assert max(values[: third - 1]) < 6 > max(values[-third + 1 :])
        assert min(values[third + 1 : -third - 1]) > 15
