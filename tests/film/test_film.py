import json
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.film.conftest import (
    coded,
    frames_of,
    luma_of,
    moving,
    packets_of,
    scene,
    stop_between,
    times_of,
    tone,
)

from tintype.cli import main
from tintype.errors import FilmError, UsageError
from tintype.film import FilmSettings, TimedGuidance, color_film
from tintype.guidance import Guidance

LOSSLESS = FilmSettings(codec="ffv1")


def test_a_film_comes_out_in_color_with_its_sound_and_every_time_stamp(make_film, warm):
    times = [0, 500, 1100, 1500, 2400, 2900]
    source = make_film(moving(), times=times)
    report = color_film(source, colorizer=warm)
    assert (
        report.output == source.with_name("film.color.mp4") and report.whole and report.frames == 6
    )
    assert times_of(report.output) == times_of(source)
    assert times_of(report.output, "audio") == times_of(source, "audio")
    assert packets_of(report.output, "audio") == packets_of(source, "audio")
    rgb = frames_of(report.output)[3].to_ndarray(format="rgb24").astype(int)
    assert (rgb[..., 0] - rgb[..., 2]).mean() > 20
    assert not source.with_name("film.color.mp4.parts").exists()


def test_luma_is_untouched(make_film, warm, tmp_path):
    source = make_film(moving())
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=LOSSLESS)
    for before, after in zip(frames_of(source), frames_of(report.output), strict=True):
        assert (np.abs(luma_of(before) - luma_of(after)) <= 1).mean() >= 0.99


def test_ten_bits_stay_ten_bits(make_film, warm, tmp_path):
    source = make_film(moving(4), "deep.mkv", "ffv1", "yuv420p10le", sound=None)
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=LOSSLESS)
    for before, after in zip(frames_of(source), frames_of(report.output), strict=True):
        assert after.format.name == "yuv420p10le"
        assert (luma_of(before) == luma_of(after)).all()


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        ("h264", ".mp4"),
        ("hevc", ".mp4"),
        ("vp9", ".webm"),
        ("av1", ".mkv"),
        ("ffv1", ".mkv"),
        ("prores", ".mov"),
    ],
)
def test_every_codec_keeps_the_frames_and_their_times(make_film, warm, tmp_path, codec, suffix):
    source = make_film(moving(5), sound=None)
    report = color_film(
        source, tmp_path / f"out{suffix}", colorizer=warm, settings=FilmSettings(codec=codec)
    )
    found = times_of(report.output)
    assert np.allclose(found, times_of(source), atol=0.001 if suffix in (".mkv", ".webm") else 1e-9)
    assert (
        abs(
            luma_of(frames_of(report.output)[2]).mean() / (4 if codec == "prores" else 1)
            - luma_of(frames_of(source)[2]).mean()
        )
        < 4
    )


def test_range_and_matrix_of_the_source_are_kept(make_film, warm, tmp_path):
    source = make_film(
        moving(3),
        sound=None,
        tags={"color_range": 2, "colorspace": 1, "color_primaries": 1, "color_trc": 1},
    )
    frame = frames_of(color_film(source, tmp_path / "out.mp4", colorizer=warm).output)[0]
    assert (int(frame.color_range), int(frame.colorspace), int(frame.color_primaries)) == (2, 1, 1)


def test_a_film_without_tags_is_tagged_by_its_size(make_film, warm, tmp_path):
    frame = frames_of(
        color_film(make_film(moving(3), sound=None), tmp_path / "out.mp4", colorizer=warm).output
    )[0]
    assert int(frame.colorspace) == 6 and int(frame.color_range) == 1


def test_a_film_on_its_side_comes_out_upright(make_film, warm, tmp_path):
    source = make_film(moving(3), sound=None, rotation=90)
    shown = frames_of(source)[0]
    after = frames_of(color_film(source, tmp_path / "out.mp4", colorizer=warm).output)[0]
    assert (after.width, after.height) == (64, 96) and after.rotation == 0
    upright = np.rot90(luma_of(shown), round(-shown.rotation / 90) % 4)
    assert np.abs(luma_of(after) - upright).mean() < 5


def test_pixels_keep_their_aspect(make_film, warm, tmp_path):
    source = make_film(moving(3), sound=None, tags={"sample_aspect_ratio": Fraction(64, 45)})
    import av

    with av.open(str(color_film(source, tmp_path / "out.mp4", colorizer=warm).output)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(64, 45)


def test_interlaced_frames_are_deinterlaced(make_film, warm, tmp_path):
    fields = [
        np.where(np.arange(64)[:, None] % 2 == 0, scene(0, 4 * n), scene(0, 4 * n + 2))
        for n in range(6)
    ]
    source = make_film(
        [np.clip(f, 16, 235) for f in fields],
        "old.mkv",
        options={"crf": "5", "x264-params": "tff=1"},
        sound=None,
    )
    assert frames_of(source)[0].interlaced_frame

    def combed(path):
        luma = luma_of(frames_of(path)[3])
        return np.abs(np.diff(luma, axis=0)).mean()

    kept = color_film(
        source, tmp_path / "kept.mkv", colorizer=warm, settings=FilmSettings(deinterlace="off")
    )
    mended = color_film(source, tmp_path / "mended.mkv", colorizer=warm)
    assert times_of(mended.output) == times_of(source)
    assert combed(mended.output) < 0.8 * combed(kept.output)


def test_odd_sizes_keep_their_last_row_and_column(make_film, warm, tmp_path):
    frames = [np.ascontiguousarray(f[:63, :95]) for f in moving(3)]
    source = make_film(frames, "odd.mkv", "ffv1", sound=None)
    after = frames_of(
        color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=LOSSLESS).output
    )[0]
    assert (luma_of(after)[:63, :95] == luma_of(frames_of(source)[0])).all()


def test_a_part_of_a_film_has_its_part_of_the_sound(make_film, warm, tmp_path):
    source = make_film(moving(50))
    report = color_film(
        source, tmp_path / "part.mp4", colorizer=warm, settings=FilmSettings(start=0.4, stop=1.2)
    )
    assert report.frames == 20
    assert times_of(report.output)[0] == 0
    sound = times_of(report.output, "audio")
    assert sound[0] < 0.05 and 0.7 < sound[-1] < 0.85


def test_an_output_that_exists_is_not_replaced_unless_asked(make_film, warm, tmp_path):
    source = make_film(moving(2), sound=None)
    (tmp_path / "out.mp4").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        color_film(source, tmp_path / "out.mp4", colorizer=warm)
    assert (tmp_path / "out.mp4").read_bytes() == b"mine"
    assert color_film(source, tmp_path / "out.mp4", colorizer=warm, overwrite=True).whole


def test_one_frame_is_a_film(make_film, warm, tmp_path):
    assert (
        color_film(make_film(moving(1), sound=None), tmp_path / "out.mp4", colorizer=warm).frames
        == 1
    )


def test_a_film_without_pictures_is_refused(tmp_path, warm):
    import av

    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        for packet in tone(stream, 0.5):
            container.mux(packet)
    with pytest.raises(FilmError, match="no video track"):
        color_film(tmp_path / "sound.mp4", colorizer=warm)
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(FilmError, match="not a film"):
        color_film(tmp_path / "text.mp4", colorizer=warm)


def test_a_truncated_film_is_colored_to_where_it_ends(make_film, warm, tmp_path):
    source = make_film(moving(90), "long.mkv", sound=None)
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm)
    assert report.truncated and not report.whole and report.output is not None
    assert 20 < len(frames_of(report.output)) < 70
    assert any("truncated" in notice.text for notice in report.notices)


def test_hdr_is_refused_or_tone_mapped(make_film, warm, tmp_path):
    tags = {"color_trc": 16, "color_primaries": 9, "colorspace": 9}
    source = make_film(
        moving(3),
        "hdr.mkv",
        "libx265",
        "yuv420p10le",
        tags=tags,
        sound=None,
        options={"x265-params": "log-level=none"},
    )
    with pytest.raises(FilmError, match=r"HDR \(PQ\)"):
        color_film(source, colorizer=warm)
    frame = frames_of(
        color_film(
            source, tmp_path / "out.mkv", colorizer=warm, settings=FilmSettings(hdr="tonemap")
        ).output
    )[0]
    assert int(frame.color_trc) == 1 and int(frame.colorspace) == 1


def test_a_stopped_film_goes_on_where_it_stopped_and_shows_no_seam(
    make_film, warm, tmp_path, monkeypatch
):
    from tintype.film import pipeline, steady

    monkeypatch.setattr(pipeline, "MIN_SEGMENT_FRAMES", 30)
    monkeypatch.setattr(steady, "MIN_WINDOW_FRAMES", 24)
    monkeypatch.setattr(steady, "WINDOW_FRAMES", 24)
    source = make_film(moving(45) + moving(45, 1), sound="aac")
    straight = color_film(source, tmp_path / "straight.mkv", colorizer=warm, settings=LOSSLESS)
    stopped = color_film(
        source,
        tmp_path / "out.mkv",
        colorizer=warm,
        settings=LOSSLESS,
        **stop_between(30, 70),
    )
    assert stopped.output is None and 0 < stopped.frames < 90
    assert len(frames_of(sorted(stopped.parts.glob("*.mkv"))[0])) > 0  # playable by itself
    with pytest.raises(UsageError, match="quality"):
        color_film(
            source,
            tmp_path / "out.mkv",
            colorizer=warm,
            settings=FilmSettings(codec="ffv1", quality=50),
        )
    done = color_film(
        source,
        tmp_path / "out.mkv",
        colorizer=warm,
        settings=LOSSLESS,
    )
    assert done.whole and done.frames == 90 and done.shots == straight.shots == 2
    assert times_of(done.output) == times_of(straight.output)
    for one, other in zip(frames_of(done.output), frames_of(straight.output), strict=True):
        assert np.abs(one.to_ndarray().astype(int) - other.to_ndarray().astype(int)).max() <= 1


def test_a_full_disk_is_one_sentence(make_film, warm, monkeypatch, tmp_path):
    from tintype.film.encode import SegmentWriter

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SegmentWriter, "write", full)
    with pytest.raises(FilmError, match="no space left"):
        color_film(make_film(moving(3), sound=None), tmp_path / "out.mp4", colorizer=warm)
    assert not (tmp_path / "out.mp4").exists()


def test_two_runs_on_one_output_do_not_mix_and_a_dead_one_holds_nothing(make_film, warm, tmp_path):
    source = make_film(moving(4), sound=None)
    refused = []

    def again(_):
        try:
            color_film(source, tmp_path / "out.mp4", colorizer=warm)
        except FilmError as error:
            refused.append(str(error))

    assert color_film(source, tmp_path / "out.mp4", colorizer=warm, progress=again).whole
    assert len(refused) == 4 and f"another run works on {tmp_path / 'out.mp4'}" in refused[0]
    left = tmp_path / "two.mp4.parts"
    left.mkdir()
    (left / "film.json").write_text("{}")
    (left / "lock").write_text("99999")
    assert color_film(source, tmp_path / "two.mp4", colorizer=warm).whole and not left.exists()


def test_the_command_lists_shots_and_reads_guidances_back(
    make_film, tmp_path, warm_network, monkeypatch, capsys
):
    source = make_film(moving(20) + moving(20, 1), sound=None)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tintype", "film", str(source), *words])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return int(end.value.code or 0), output.out, output.err

    status, output, _ = run("--shots", str(tmp_path / "shots"))
    assert status == 0 and output.count("shot-000") == 2
    guidances = sorted((tmp_path / "shots").glob("*.tintype.json"))
    assert len(guidances) == len(sorted((tmp_path / "shots").glob("*.jpg"))) == 2
    guidances[0].write_text(json.dumps({"tintype": 1, "saturation": 0.0}))
    status, _, output = run(
        "--guidance-dir",
        str(tmp_path / "shots"),
        "-o",
        str(tmp_path / "out.mp4"),
        "--model",
        str(warm_network),
    )
    assert status == 0, output
    frames = [
        frame.to_ndarray(format="rgb24").astype(int) for frame in frames_of(tmp_path / "out.mp4")
    ]
    strength = [np.abs(frame[..., 0] - frame[..., 2]).mean() for frame in frames]
    assert max(strength[:20]) < 6 < 15 < min(strength[20:])
    status, _, output = run("--codec", "vhs")
    assert status == 2 and output.count("\n") == 1


def test_the_command_says_how_to_install_what_films_need(monkeypatch, tmp_path):
    import importlib

    from tintype.film import runtime

    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(FilmError, match=r"pip install 'tintype-color\[film\]'"):
        importlib.reload(runtime)
    monkeypatch.undo()
    importlib.reload(runtime)


def test_a_preview_is_short_and_comes_with_a_strip(make_film, warm, tmp_path):
    from PIL import Image

    from tintype.film.preview import preview_film

    movie, strip = preview_film(make_film(moving(50), sound=None), tmp_path, 0.8, warm)
    assert 10 <= len(frames_of(movie)) <= 30
    assert Image.open(strip).width > 1000
    assert movie == Path(tmp_path / "film.preview.mp4")


def test_a_guidance_holds_in_the_parts_of_its_shot_that_are_colored(make_film, warm, tmp_path):
    from tintype.film.preview import preview_film

    source = make_film(moving(25) + moving(25, 1), sound=None)
    settings = FilmSettings(
        start=0.6, timed_guidance=(TimedGuidance(0.2, Guidance(saturation=0.0)),)
    )
    part = color_film(source, tmp_path / "part.mp4", colorizer=warm, settings=settings).output
    movie, _ = preview_film(
        source, tmp_path, 0.8, warm, FilmSettings(timed_guidance=settings.timed_guidance)
    )
    for path, count in ((part, 10), (movie, len(frames_of(movie)) // 2)):
        strength = [
            np.ptp(frame.to_ndarray(format="rgb24").astype(int), -1).mean()
            for frame in frames_of(path)
        ]
        assert max(strength[:count]) < 6 < 15 < min(strength[count:])


def disk_frames(count: int, step: int = 3) -> list[np.ndarray]:
    """A bright, textured disk that moves over a dark, textured ground."""
    rng = np.random.default_rng(3)
    ground = cv2.GaussianBlur(rng.uniform(20, 120, (96, 160)).astype(np.float32), (0, 0), 2)
    thing = cv2.GaussianBlur(rng.uniform(150, 300, (96, 400)).astype(np.float32), (0, 0), 2)
    frames = []
    for n in range(count):
        x = 30 + step * n
        inside = (np.arange(160)[None] - x) ** 2 + (np.arange(96)[:, None] - 48) ** 2 < 18**2
        moved = thing[:, 200 - step * n : 360 - step * n]
        frames.append(np.clip(np.where(inside, moved, ground), 16, 235).astype(np.uint8))
    return frames


@pytest.mark.parametrize("at", [0, 30])
def test_a_dab_sits_on_its_thing_when_it_moves(make_film, warm, tmp_path, monkeypatch, at):
    from tintype.film import steady

    monkeypatch.setattr(steady, "MIN_WINDOW_FRAMES", 10)
    monkeypatch.setattr(steady, "WINDOW_FRAMES", 10)
    count = 31
    source = make_film(disk_frames(count), sound=None)
    x = (30 + 3 * at) / 160
    timed = TimedGuidance(at / 25, Guidance().with_hint(x, 0.5, "#00a0ff", 0.12))
    output = color_film(
        source,
        tmp_path / "out.mkv",
        colorizer=warm,
        settings=FilmSettings(codec="ffv1", timed_guidance=(timed,)),
    ).output
    pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames_of(output)]
    for n in (0, 15, 30):
        blue = pictures[n][..., 2] - pictures[n][..., 0]
        here, mirrored = 30 + 3 * n, 159 - (30 + 3 * n)
        on_it = blue[40:56, here - 6 : here + 6].mean()
        elsewhere = (
            blue[40:56, mirrored - 6 : mirrored + 6].mean() if n != 15 else blue[40:56, 4:16].mean()
        )
        assert on_it > elsewhere + 15, (n, on_it, elsewhere)


def test_subtitles_chapters_attachments_and_every_sound_come_along(warm, tmp_path):
    import av

    (tmp_path / "words.srt").write_text(
        "1\n00:00:00,040 --> 00:00:00,120\nHello\n\n2\n00:00:00,160 --> 00:00:00,200\nWorld\n"
    )
    source = tmp_path / "film.mkv"
    unit = Fraction(1, 1000)
    with av.open(str(tmp_path / "words.srt")) as words, av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.time_base = video.codec_context.time_base = unit
        sounds = [container.add_stream(name, rate=48000) for name in ("aac", "flac")]
        text = container.add_stream_from_template(words.streams[0], opaque=True)
        text.metadata["language"] = "ger"
        container.set_chapters(
            [{"id": 1, "start": 0, "end": 240, "time_base": unit, "metadata": {"title": "One"}}]
        )
        container.add_attachment("font.ttf", "application/x-font-ttf", b"font")
        for n, gray in enumerate(moving()):
            container.mux(video.encode(coded(gray, "yuv420p", 40 * n, unit)))
        container.mux(video.encode(None))
        for sound in sounds:
            for packet in tone(sound, 0.24):
                container.mux(packet)
        for packet in words.demux():
            if packet.size:
                packet.stream = text
                container.mux(packet)

    def other_tracks(path):
        with av.open(str(path)) as film:
            kinds = [
                (s.type, s.metadata.get("language"), s.metadata.get("filename"))
                for s in film.streams
            ]
            chapters = [
                (c["start"] * c["time_base"], c["metadata"]["title"]) for c in film.chapters()
            ]
            packets: dict[int, list] = {}
            for packet in film.demux():
                if packet.size and packet.stream.type != "video":
                    packets.setdefault(packet.stream_index, []).append((packet.pts, bytes(packet)))
        return kinds, chapters, packets

    report = color_film(source, colorizer=warm)
    assert other_tracks(report.output) == other_tracks(source)


def test_chapters_are_cut_to_the_part_that_is_colored(warm, tmp_path):
    import av

    source, unit = tmp_path / "film.mkv", Fraction(1, 1000)
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        ends = [0, 400, 1000, 1600, 2000]
        container.set_chapters(
            [
                {"id": n, "start": a, "end": b, "time_base": unit, "metadata": {"title": str(n)}}
                for n, (a, b) in enumerate(pairwise(ends))
            ]
        )
        for n, gray in enumerate(moving(50)):
            container.mux(video.encode(coded(gray, "yuv420p", n, Fraction(1, 25))))
        container.mux(video.encode(None))
    settings = FilmSettings(start=0.2, stop=1.2)
    output = color_film(source, tmp_path / "part.mkv", colorizer=warm, settings=settings).output
    with av.open(str(output)) as film:
        chapters = [
            (c["metadata"]["title"], *(float(c[end] * c["time_base"]) for end in ("start", "end")))
            for c in film.chapters()
        ]
    assert chapters == [("0", 0, 0.2), ("1", 0.2, 0.8), ("2", 0.8, 1.0)]


def test_times_count_from_the_films_start_where_time_stamps_do_not(make_film, warm, tmp_path):
    from tintype.film.shotlist import list_shots
    from tintype.film.source import FilmSource

    times = [3 * 12800 + 512 * n for n in range(40)]
    source = make_film(moving(20) + moving(20, 1), "capture.ts", times=times, sound=None)
    film = FilmSource(source)
    assert film.shift > 1
    seconds = [frame.seconds for frame in film.frames()]
    assert seconds == pytest.approx([seconds[0] + n / 25 for n in range(40)], abs=1e-4)
    assert 0 <= seconds[0] < 0.1
    part = [frame.index for frame in film.frames(seconds[5] - 0.01, seconds[9] - 0.01)]
    assert part == [0, 1, 2, 3]
    shots = list_shots(source, tmp_path / "shots")
    assert [(each.number, each.returns) for each in shots] == [(1, None), (2, None)]
    assert shots[1].start == pytest.approx(seconds[20]) and shots[1].time >= shots[1].start
    timed = TimedGuidance(shots[1].time, Guidance(saturation=0.0))
    output = color_film(
        source, colorizer=warm, settings=FilmSettings(timed_guidance=(timed,))
    ).output
    strength = [
        np.ptp(frame.to_ndarray(format="rgb24").astype(int), -1).mean()
        for frame in frames_of(output)
    ]
    assert max(strength[20:]) < 6 < 15 < min(strength[:20])


def test_broken_frames_are_counted_and_the_film_goes_on(make_film, warm, tmp_path):
    source = make_film(moving(40), "film.mkv", options={"crf": "5", "g": "10"}, sound=None)
    data = bytearray(source.read_bytes())
    for packet in sorted(packets_of(source, "video")[1:], key=len)[-2:]:
        at = data.find(packet) + len(packet) // 3
        data[at : at + 60] = bytes(range(60))
    source.write_bytes(data)
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm)
    assert report.broken and 30 <= report.frames <= 40 and report.output is not None
    assert any("broken frame" in notice.text for notice in report.notices)


@pytest.mark.parametrize(
    "pix_fmt", ["bgr0", "gray", "gray16le", "yuv444p", "yuv422p10le", "yuva420p"]
)
def test_every_pixel_format_is_read(make_film, warm, tmp_path, pix_fmt):
    source = make_film(moving(3), "odd.mkv", "ffv1", pix_fmt, sound=None)
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=LOSSLESS)
    before, after = (
        frames_of(path)[1].to_ndarray(format="gray").astype(int) for path in (source, report.output)
    )
    assert np.abs(before - after).mean() < 2
    assert bool(report.notices) == (pix_fmt == "yuva420p")
