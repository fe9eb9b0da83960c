"""Fields, pulldown, and color of a film's own."""

import csv
from fractions import Fraction

import cv2
import numpy as np
import pytest
from skimage import data
from tests.film.conftest import coded, frames_of, luma_of, moving, scene, times_of

from tintype.film import FilmSettings, color_film
from tintype.film.shotlist import list_shots
from tintype.film.source import FilmSource
from tintype.notices import NoticeCode

av = pytest.importorskip("av")
SIZE = 128, 192
ROWS = np.arange(SIZE[0])[:, None] % 2 == 0


def moment(number: int) -> np.ndarray:
    """A picture that moves on by three pixels a moment."""
    return np.clip(scene(0, 3 * number, SIZE), 16, 235)


def woven(first: int, second: int) -> np.ndarray:
    """A frame of two fields, the upper one first."""
    return np.where(ROWS, moment(first), moment(second))


def codes(report):
    return [notice.code for notice in report.notices]


def test_fields_become_frames_of_double_rate(make_film, warm, tmp_path):
    source = make_film([woven(2 * n, 2 * n + 1) for n in range(8)], "tape.mkv", "ffv1", sound=None)
    settings = FilmSettings(deinterlace="double", codec="ffv1")
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=settings)
    frames = frames_of(report.output)
    assert len(frames) == 16 and report.frames == 16
    assert times_of(report.output) == pytest.approx([n / 50 for n in range(16)], abs=0.0015)
    with av.open(str(report.output)) as film:
        assert film.streams.video[0].average_rate == 50
    for n in (6, 7, 8, 9):
        distances = [np.abs(luma_of(frames[n]) - moment(m)).mean() for m in range(16)]
        assert int(np.argmin(distances)) == n
    resumed = list(FilmSource(source, "double").frames(after=FilmSource(source, "double").step * 9))
    assert len(resumed) == 6


def test_telecined_film_has_its_24_frames_again(make_film, warm, tmp_path):
    rate = Fraction(30000, 1001)
    # 3:2 pulldown: frames A B C D become the fields AA BB BC CD DD
    pairs = [(0, 0), (1, 1), (1, 2), (2, 3), (3, 3)]
    video = [woven(2 * (4 * k + a), 2 * (4 * k + b)) for k in range(6) for a, b in pairs]
    source = make_film(
        video,
        "ntsc.mkv",
        "ffv1",
        rate=rate,
        time_base=1 / rate,
        times=[*range(30)],
        sound=None,
    )
    settings = FilmSettings(deinterlace="telecine", codec="ffv1")
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=settings)
    frames = frames_of(report.output)
    assert len(frames) == 24
    with av.open(str(report.output)) as film:
        assert film.streams.video[0].average_rate == Fraction(24000, 1001)
    nearest = [
        int(np.argmin([np.abs(luma_of(frame) - moment(2 * m)).mean() for m in range(24)]))
        for frame in frames[4:20]
    ]
    assert nearest == [*range(4, 20)]


def test_combing_that_is_not_marked_is_told(make_film, warm, tmp_path):
    combed = make_film([woven(2 * n, 2 * n + 1) for n in range(6)], "c.mkv", "ffv1", sound=None)
    report = color_film(combed, tmp_path / "c-out.mkv", colorizer=warm)
    assert codes(report) == [NoticeCode.LOOKS_INTERLACED]
    on = FilmSettings(deinterlace="on")
    report = color_film(combed, tmp_path / "on.mkv", colorizer=warm, settings=on)
    assert not report.notices
    plain = make_film([moment(n) for n in range(6)], "p.mkv", "ffv1", sound=None)
    assert not color_film(plain, tmp_path / "p-out.mkv", colorizer=warm).notices


def partly_in_color(path, count=14):
    """A gray shot, a color shot, and the gray one again."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for n in range(3 * count):
            picture = (data.astronaut(), data.coffee(), data.astronaut())[n // count]
            picture = cv2.resize(picture, (200, 120))[10:106, n % count : n % count + 160]
            if n // count != 1:
                picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_shots_in_color_keep_it(warm, tmp_path):
    source = partly_in_color(tmp_path / "mixed.mp4")
    report = color_film(
        source, tmp_path / "out.mkv", colorizer=warm, settings=FilmSettings(codec="ffv1")
    )
    assert report.shots == 3 and codes(report) == [NoticeCode.IN_COLOR]
    assert report.notices[0].text.startswith("1 of 3 shots are in color")
    before, after = (
        [frame.to_ndarray(format="rgb24").astype(int) for frame in frames_of(path)]
        for path in (source, report.output)
    )
    assert max(np.abs(a - b).mean() for a, b in zip(before[14:28], after[14:28], strict=True)) < 1
    assert min((frame[..., 0] - frame[..., 2]).mean() for frame in after[:14] + after[28:]) > 20
    middle = FilmSettings(start=14 / 25, stop=28 / 25)
    kept = color_film(source, tmp_path / "kept.mkv", colorizer=warm, settings=middle)
    for whole, is_labeled in ((report.output, True), (kept.output, False)):
        with av.open(str(whole)) as film:
            assert ("colors computed by Tintype" in str(film.metadata)) == is_labeled
    report = color_film(
        source, tmp_path / "anew.mkv", colorizer=warm, settings=FilmSettings(recolor=True)
    )
    assert not report.notices
    anew = frames_of(report.output)[20].to_ndarray(format="rgb24").astype(int)
    assert np.abs(anew - before[20]).mean() > 8


def test_a_toned_film_is_colored(warm, tmp_path):
    source = tmp_path / "sepia.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for gray in moving(6):
            sepia = (gray[..., None] * np.array([1.0, 0.85, 0.6])).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(sepia, "rgb24")))
        container.mux(stream.encode(None))
    assert not color_film(source, tmp_path / "out.mp4", colorizer=warm).notices


def test_shots_are_listed_for_editing_programs(make_film, tmp_path):
    source = make_film(
        moving(20) + moving(30, 1) + moving(10, 2),
        "reel.mov",
        sound=None,
        setup=lambda c: c.streams[0].metadata.update(timecode="01:00:00:10"),
    )
    list_shots(source, tmp_path / "shots")
    edl = (tmp_path / "shots" / "shots.edl").read_text().splitlines()
    assert edl[:2] == ["TITLE: reel", "FCM: NON-DROP FRAME"]
    assert [line.split()[4:] for line in edl[2::2]] == [
        ["01:00:00:10", "01:00:01:05"] * 2,
        ["01:00:01:05", "01:00:02:10"] * 2,
        ["01:00:02:10", "01:00:02:20"] * 2,
    ]
    assert edl[3] == "* FROM CLIP NAME: reel.mov"
    with (tmp_path / "shots" / "shots.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["number"], float(r["start"]), float(r["stop"])) for r in rows] == [
        ("1", 0, 0.8),
        ("2", 0.8, 2),
        ("3", 2, 2.4),
    ]
    assert [(r["first"], r["frames"]) for r in rows] == [("0", "20"), ("20", "30"), ("50", "10")]
    assert all((tmp_path / "shots" / r["picture"]).exists() for r in rows)


def test_shots_of_a_film_of_variable_rate_do_not_overlap(make_film, tmp_path):
    times = [0, 500, 1000, 9000, 9500, 10_000, 10_400, 10_700]
    source = make_film(moving(4) + moving(4, 1), "vfr.mp4", times=times, sound=None)
    first, second = list_shots(source, tmp_path / "shots")
    assert first.stop == second.start == pytest.approx(9500 / 12800)


def test_a_gray_frame_of_16_bits_is_read_in_each_depth(make_film):
    source = make_film(moving(1), "deep.mkv", "ffv1", "gray16le", sound=None)
    film = FilmSource(source)
    coded_luma = luma_of(frames_of(source)[0])
    assert film.pixel_format.depth == 16 and film.pixel_format.full
    assert (next(film.frames()).luma == coded_luma).all()
    assert coded(moving(1)[0], "gray16le", 0, Fraction(1, 25)).format.name == "gray16le"
