"""Films as people have them: everything that they hold comes along, is converted, or is named."""

import hashlib
import io
import json
import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.film.conftest import (
    coded,
    frames_of,
    luma_of,
    moving,
    packets_of,
    scene,
    times_of,
    tone,
)

from tintype import Guidance, __version__
from tintype.errors import UsageError
from tintype.film import FilmSettings, color_film
from tintype.film.inputs import FilmInput
from tintype.film.output import FORMATS
from tintype.film.source import FilmSource
from tintype.film.subtitles import converted
from tintype.film.timecode import frames_of_timecode, later_timecode, timecode_of_frames
from tintype.notices import NoticeCode

av = pytest.importorskip("av")
UNIT = Fraction(1, 1000)


def codes(report):
    return [notice.code for notice in report.notices]


def streams_of(path):
    """Type, codec, rate, whether default, whether a cover, and packets of each track, as FFmpeg's
    libraries here see them; ffprobe, where it is installed, must agree on all but the codec."""
    with av.open(str(path)) as film:
        dispositions = av.stream.Disposition
        packets = {stream.index: 0 for stream in film.streams}
        for packet in film.demux():
            packets[packet.stream_index] += packet.size > 0
        found = [
            (
                s.type,
                s.codec_context.codec.canonical_name if s.codec_context else None,
                s.average_rate if s.type == "video" else None,
                bool(s.disposition & dispositions.default),
                bool(s.disposition & dispositions.attached_pic),
                packets[s.index],
            )
            for s in film.streams
        ]
    if shutil.which("ffprobe"):
        ran = subprocess.run(
            ["ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", path],
            capture_output=True,
            check=True,
        )
        assert ran.stderr == b""
        for mine, theirs in zip(found, json.loads(ran.stdout)["streams"], strict=True):
            assert theirs["codec_type"] == mine[0]
            assert theirs["disposition"]["default"] == mine[3]
            assert theirs["disposition"]["attached_pic"] == mine[4]
            assert int(theirs.get("nb_read_packets", 0)) == mine[5]
            if mine[2]:
                assert Fraction(theirs["avg_frame_rate"]) == mine[2]
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_timecode_is_kept_and_its_track_does_not_fail(make_film, warm, tmp_path, suffix):
    source = make_film(
        moving(6), "film.mov", setup=lambda c: c.streams[0].metadata.update(timecode="01:00:10:00")
    )
    assert [kind for kind, *_ in streams_of(source)] == ["video", "audio", "data"]
    settings = FilmSettings(start=0.08)
    for chosen, timecode in ((None, "01:00:10:00"), (settings, "01:00:10:02")):
        report = color_film(
            source,
            tmp_path / f"out{suffix}",
            colorizer=warm,
            settings=chosen,
            overwrite=True,
        )
        with av.open(str(report.output)) as film:
            tags = [*(s.metadata for s in film.streams), film.metadata]
        values = [v for tag in tags for k, v in tag.items() if k.lower() == "timecode"]
        assert values and set(values) == {timecode}
        assert not report.notices


@pytest.mark.parametrize(
    ("text", "rate", "frames"),
    [
        ("00:00:01:00", Fraction(24), 24),
        ("01:00:00:00", Fraction(25), 90_000),
        ("00:01:00;02", Fraction(30000, 1001), 1800),
        ("00:10:00;00", Fraction(30000, 1001), 17_982),
        ("01:00:00;00", Fraction(30000, 1001), 107_892),
        ("00:00:59;29", Fraction(30000, 1001), 1799),
    ],
)
def test_timecodes_are_frame_numbers(text, rate, frames):
    assert frames_of_timecode(text, rate) == frames
    assert timecode_of_frames(frames, rate, drop=";" in text) == text


def test_a_timecode_is_moved_on_by_frames():
    assert later_timecode("00:00:59;29", 1, Fraction(30000, 1001)) == "00:01:00;02"
    assert later_timecode("00:00:59:29", 1, Fraction(30)) == "00:01:00:00"
    assert later_timecode("unknown", 1, Fraction(30)) == "unknown"


def test_data_that_a_container_cannot_hold_is_left_out_with_a_notice(warm, tmp_path):
    source = tmp_path / "capture.ts"
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"g": "5"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        data = container.add_data_stream("klv")
        data.time_base = UNIT
        for n, gray in enumerate(moving(10)):
            container.mux(video.encode(coded(gray, "yuv420p", n, Fraction(1, 25))))
            packet = av.Packet(bytes(range(32)))
            packet.pts = packet.dts = 40 * n
            packet.time_base, packet.stream = UNIT, data
            container.mux(packet)
        container.mux(video.encode(None))
    for suffix in (".mp4", ".mkv"):
        report = color_film(source, tmp_path / f"out{suffix}", colorizer=warm)
        assert report.whole and [kind for kind, *_ in streams_of(report.output)] == ["video"]
        assert codes(report) == [NoticeCode.TRACKS_LEFT_OUT]
        assert "data track 2 (klv)" in report.notices[0].text


def mpeg(path: Path, frames: list[np.ndarray]) -> bytes:
    with av.open(str(path), "w", format="mpeg") as container:
        video = container.add_stream("mpeg2video", rate=25, options={"g": "6", "bf": "2"})
        video.width, video.height, video.pix_fmt = frames[0].shape[1], frames[0].shape[0], "yuv420p"
        audio = container.add_stream("mp2", rate=48000)
        for n, gray in enumerate(frames):
            container.mux(video.encode(coded(gray, "yuv420p", n, Fraction(1, 25))))
        container.mux(video.encode(None))
        for packet in tone(audio, len(frames) / 25):
            container.mux(packet)
    return path.read_bytes()


def test_navigation_of_a_dvd_is_left_out(warm, tmp_path):
    source = tmp_path / "dvd.vob"
    pack = b"\0\0\1\xba"
    navigation = b"\0\0\1\xbf" + (980).to_bytes(2, "big") + bytes(980)
    source.write_bytes(mpeg(source, moving(25)).replace(pack, navigation + pack))
    with av.open(str(source)) as film:
        assert [stream.type for stream in film.streams] == ["data", "video", "audio"]
    sound = len(packets_of(source, "audio"))
    for suffix in (".mp4", ".mkv"):
        report = color_film(source, tmp_path / f"out{suffix}", colorizer=warm)
        assert report.whole and report.frames == 25
        tracks = streams_of(report.output)
        assert [(track[0], track[-1]) for track in tracks] == [("video", 25), ("audio", sound)]
        assert codes(report) == [NoticeCode.TRACKS_LEFT_OUT]
        assert "dvd_nav_packet" in report.notices[0].text


def test_joined_recordings_follow_one_another_with_the_sound_of_all(warm, tmp_path):
    parts = [mpeg(tmp_path / f"{n}.mpg", moving(25, n)) for n in range(3)]
    source = tmp_path / "joined.mpg"
    source.write_bytes(b"".join(parts))
    assert FilmInput(source).is_joined and not FilmInput(tmp_path / "0.mpg").is_joined
    single = len(packets_of(tmp_path / "0.mpg", "audio"))
    report = color_film(source, tmp_path / "out.mp4", colorizer=warm)
    assert report.whole and report.shots == 3
    times = times_of(report.output)
    assert 73 <= len(times) <= 75
    assert [b - a for a, b in pairwise(times)] == pytest.approx([0.04] * (len(times) - 1), abs=1e-3)
    sound = times_of(report.output, "audio")
    assert 3 * single - 6 <= len(packets_of(report.output, "audio")) <= 3 * single
    assert abs(sound[-1] - times[-1]) < 0.15
    part = color_film(
        source,
        tmp_path / "part.mp4",
        colorizer=warm,
        settings=FilmSettings(start=times[0] + 1.5, stop=times[0] + 2.5),
    )
    assert part.shots == 2 and abs(part.frames - 25) <= 1


def test_a_stream_that_is_cut_within_a_group_begins_at_its_first_key_frame(
    make_film, warm, tmp_path
):
    whole = make_film(
        moving(50), "whole.ts", options={"crf": "20", "g": "20", "bf": "2"}, sound="mp2"
    )
    data = whole.read_bytes()
    source = tmp_path / "cut.ts"
    source.write_bytes(data[: 188 * 3] + data[len(data) // 4 // 188 * 188 :])
    report = color_film(source, tmp_path / "out.mp4", colorizer=warm)
    assert codes(report) == [NoticeCode.LATE_START] and report.broken == 0
    result = frames_of(report.output)
    assert len(result) == 30
    assert np.abs(luma_of(result[0]) - luma_of(frames_of(whole)[20])).mean() < 3
    # the sound that there is begins earlier: the picture keeps its distance to it
    assert 0 < times_of(report.output)[0] - times_of(report.output, "audio")[0] < 0.8


def test_avi_is_read_in_even_steps_and_written(make_film, warm, tmp_path):
    source = make_film(
        moving(24),
        "camera.avi",
        "mpeg4",
        time_base=Fraction(1, 25),
        sound="libmp3lame",
        options={"bf": "2"},
    )
    steps = [frame.seconds for frame in FilmSource(source).frames()]
    assert steps == pytest.approx([n / 25 for n in range(24)])
    for codec in ("h264", "ffv1"):
        report = color_film(
            source,
            tmp_path / f"{codec}.avi",
            colorizer=warm,
            settings=FilmSettings(codec=codec),
        )
        video, audio = streams_of(report.output)
        assert video[:3] == ("video", codec, 25) and video[5] == 24 and audio[1] == "mp3"
        frames = frames_of(report.output)
        assert len(frames) == 24 and not any(frame.is_corrupt for frame in frames)
        assert np.abs(luma_of(frames[7]) - luma_of(frames_of(source)[7])).mean() < 3
        assert packets_of(report.output, "audio") == packets_of(source, "audio")


def test_sound_is_encoded_anew_only_where_the_container_cannot_hold_it(make_film, warm, tmp_path):
    source = make_film(
        moving(25),
        "film.wmv",
        "wmv2",
        time_base=UNIT,
        sound="wmav2",
        setup=lambda c: setattr(c.streams[1].codec_context, "bit_rate", 128_000),
    )
    encoded = color_film(source, colorizer=warm)
    assert encoded.output.suffix == ".mp4"
    assert codes(encoded) == [NoticeCode.SOUND_TRANSCODED]
    assert streams_of(encoded.output)[1][1] == "aac"
    sound = np.concatenate(
        [frame.to_ndarray().mean(0) for frame in av.open(str(encoded.output)).decode(audio=0)]
    )
    assert sound.size / 48000 == pytest.approx(1, abs=0.1)
    spectrum = np.abs(np.fft.rfft(sound[4800:43200]))
    assert np.fft.rfftfreq(38400, 1 / 48000)[spectrum.argmax()] == pytest.approx(440, abs=3)
    with pytest.raises(UsageError, match=r"audio track 2 \(wmav2\) .*leave out --sound copy$"):
        color_film(
            source,
            tmp_path / "copy.mp4",
            colorizer=warm,
            settings=FilmSettings(sound="copy"),
        )
    silent = color_film(
        source, tmp_path / "silent.mp4", colorizer=warm, settings=FilmSettings(sound="none")
    )
    assert len(streams_of(silent.output)) == 1 and not silent.notices


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="PyAV writes no TrueHD, FFmpeg does")
def test_true_hd_is_kept_in_matroska_and_encoded_anew_in_mp4(make_film, warm, tmp_path):
    source = tmp_path / "hd.mkv"
    words = ["-v", "error", "-i", make_film(moving(10)), "-c:v", "copy", "-c:a", "truehd"]
    subprocess.run(["ffmpeg", *words, "-strict", "experimental", source], check=True)
    kept = color_film(source, tmp_path / "kept.mkv", colorizer=warm)
    assert streams_of(kept.output)[1][1] == "truehd" and not kept.notices
    assert packets_of(kept.output, "audio") == packets_of(source, "audio")
    encoded = color_film(source, tmp_path / "encoded.mp4", colorizer=warm)
    assert streams_of(encoded.output)[1][1] == "aac"
    assert codes(encoded) == [NoticeCode.SOUND_TRANSCODED]


def test_the_last_packet_of_alac_plays(make_film, warm, tmp_path):
    source = make_film(moving(25), "film.mkv", sound="alac")
    output = color_film(source, tmp_path / "out.mp4", colorizer=warm).output

    def samples(path):
        with av.open(str(path)) as film:
            return sum(frame.samples for frame in film.decode(audio=0))

    assert packets_of(output, "audio") == packets_of(source, "audio")
    assert samples(output) == samples(source)
    with av.open(str(output)) as film:
        sound = film.streams.audio[0]
        length = float(sound.duration * sound.time_base)
    assert length == pytest.approx(samples(source) / 48000, abs=0.001)


def test_sound_that_mp4_would_change_makes_matroska_the_default(make_film, warm, tmp_path):
    source = make_film(moving(10), "dv.avi", "mpeg4", time_base=Fraction(1, 25), sound="pcm_s16le")
    report = color_film(source, colorizer=warm)
    assert report.output.suffix == ".mkv" and not report.notices
    assert b"".join(packets_of(report.output, "audio")) == b"".join(packets_of(source, "audio"))


def test_a_refusal_names_the_container_that_holds_the_sound(make_film, warm, tmp_path):
    source = make_film(moving(3), "film.mkv", sound="tta")
    settings = FilmSettings(sound="copy")
    with pytest.raises(UsageError, match=r"\(tta\).* --sound copy, or end the output in \.mkv"):
        color_film(source, tmp_path / "out.mp4", colorizer=warm, settings=settings)
    assert color_film(source, tmp_path / "out.mkv", colorizer=warm, settings=settings).whole


SOUND_CODECS = {
    ".webm": "opus",
    ".mp4": "flac",
    ".m4v": "flac",
    ".mkv": "flac",
    ".mov": "aac",
    ".avi": "mp3",
}
"""What each container holds of a film with FLAC; AVI of one with Opus."""


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_container_holds_picture_and_sound(make_film, warm, tmp_path, suffix):
    source = make_film(moving(10), "film.mkv", sound="libopus" if suffix == ".avi" else "flac")
    report = color_film(source, tmp_path / f"out{suffix}", colorizer=warm)
    video, audio = streams_of(report.output)
    assert video[0] == "video" and video[2] == 25 and video[5] == 10
    assert audio[1] == SOUND_CODECS[suffix]
    assert abs(times_of(report.output, "audio")[-1] - times_of(source, "audio")[-1]) < 0.1


def test_a_film_whose_sound_is_longer_is_whole(warm, tmp_path):
    source = tmp_path / "long.mkv"
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        audio = container.add_stream("aac", rate=48000)
        for n, gray in enumerate(moving(10)):
            container.mux(video.encode(coded(gray, "yuv420p", n, Fraction(1, 25))))
        container.mux(video.encode(None))
        for packet in tone(audio, 4):
            container.mux(packet)
    report = color_film(source, tmp_path / "out.mkv", colorizer=warm)
    assert report.whole and not report.notices
    assert times_of(report.output, "audio")[-1] > 3.9


def with_cover(container):
    cover = container.add_stream("mjpeg")
    cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
    cover.disposition = av.stream.Disposition.attached_pic


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cover_picture_is_kept(make_film, warm, tmp_path, suffix):
    picture = io.BytesIO()
    Image.fromarray(scene(1, size=(64, 64))).save(picture, "JPEG")
    plain = make_film(moving(6), "plain.mp4")
    source = tmp_path / "film.mp4"
    with av.open(str(plain)) as film, av.open(str(source), "w") as container:
        tracks = [container.add_stream_from_template(s, opaque=True) for s in film.streams]
        with_cover(container)
        packet = av.Packet(picture.getvalue())
        packet.pts = packet.dts = 0
        packet.stream = container.streams[2]
        container.mux(packet)
        for each in film.demux():
            if each.size:
                each.stream = tracks[each.stream_index]
                container.mux(each)
    assert streams_of(source)[2][4]
    report = color_film(source, tmp_path / f"out{suffix}", colorizer=warm)
    cover = streams_of(report.output)[2]
    assert cover[1] == "mjpeg" and cover[4] and cover[5] == 1 and not report.notices
    assert packets_of(report.output, "video") and picture.getvalue() in report.output.read_bytes()


def test_matroska_has_the_frame_rate_and_the_default_flag(make_film, warm, tmp_path):
    report = color_film(make_film(moving(6)), tmp_path / "out.mkv", colorizer=warm)
    video, _ = streams_of(report.output)
    assert video[2] == 25 and video[3]
    # DefaultDuration in the header: 40,000,000 ns
    assert b"\x23\xe3\x83" in report.output.read_bytes()
    data = report.output.read_bytes()
    at = data.index(b"\x23\xe3\x83")
    size = data[at + 3] & 0x7F
    assert int.from_bytes(data[at + 4 : at + 4 + size], "big") == 40_000_000


def test_two_pictures_keep_their_order_and_flags(make_film, warm, tmp_path):
    one = make_film(moving(6), "one.mp4", sound=None)
    other = make_film(moving(6, 1), "other.mp4", sound=None)
    source = tmp_path / "two.mp4"
    with (
        av.open(str(one)) as first,
        av.open(str(other)) as second,
        av.open(str(source), "w") as container,
    ):
        tracks = [
            container.add_stream_from_template(film.streams[0], opaque=True)
            for film in (first, second)
        ]
        tracks[0].disposition, tracks[1].disposition = av.stream.Disposition.default, 0
        for film, track in zip((first, second), tracks, strict=True):
            for packet in film.demux():
                if packet.size:
                    packet.stream = track
                    container.mux(packet)
    for suffix in (".mp4", ".mkv"):
        report = color_film(source, tmp_path / f"out{suffix}", colorizer=warm)
        assert [(kind, default) for kind, _, _, default, *_ in streams_of(report.output)] == [
            ("video", True),
            ("video", False),
        ]


def test_hevc_has_the_tag_that_apple_plays(make_film, warm, tmp_path):
    settings = FilmSettings(codec="hevc")
    for name, count in (("one.mp4", 1), ("out.mov", 5)):
        report = color_film(
            make_film(moving(count), sound=None), tmp_path / name, colorizer=warm, settings=settings
        )
        with av.open(str(report.output)) as film:
            assert film.streams.video[0].codec_tag == "hvc1"
        assert len(frames_of(report.output)) == count


def test_ten_bits_become_hevc_main_10_and_eight_bits_by_a_notice(make_film, warm, tmp_path):
    source = make_film(moving(4), "deep.mkv", "ffv1", "yuv420p10le", sound=None)
    report = color_film(source, tmp_path / "out.mp4", colorizer=warm)
    with av.open(str(report.output)) as film:
        context = film.streams.video[0].codec_context
        assert (context.name, context.profile, context.codec_tag) == ("hevc", "Main 10", "hvc1")
    assert not report.notices
    report = color_film(
        source, tmp_path / "h264.mp4", colorizer=warm, settings=FilmSettings(codec="h264")
    )
    assert codes(report) == [NoticeCode.DEPTH_REDUCED]
    frame = frames_of(report.output)[2]
    assert frame.format.name == "yuv420p"
    assert luma_of(frame).mean() == pytest.approx(luma_of(frames_of(source)[2]).mean() / 4, abs=1)


def test_full_range_becomes_limited_in_prores(make_film, warm, tmp_path):
    ramp = np.tile(np.linspace(0, 255, 96).round().astype(np.uint8), (64, 1))
    source = make_film([ramp] * 3, "full.mkv", "ffv1", sound=None, tags={"color_range": 2})
    report = color_film(
        source, tmp_path / "out.mov", colorizer=warm, settings=FilmSettings(codec="prores")
    )
    luma = luma_of(frames_of(report.output)[1])[32]
    assert np.abs(luma - (64 + ramp[0] * (876 / 255))).mean() < 3
    with av.open(str(report.output)) as film:
        assert int(film.streams.video[0].codec_context.color_range) == 1


def test_sixteen_bits_stay_sixteen_bits_in_ffv1(make_film, warm, tmp_path):
    source = make_film(moving(3), "deep.mkv", "ffv1", "gray16le", sound=None)
    report = color_film(
        source, tmp_path / "out.mkv", colorizer=warm, settings=FilmSettings(codec="ffv1")
    )
    before, after = frames_of(source)[1], frames_of(report.output)[1]
    assert after.format.name == "yuv420p16le"
    assert (luma_of(before) == luma_of(after)).all()


def test_gray_that_is_tagged_limited_stays_limited(make_film, warm, tmp_path):
    source = make_film(moving(3), "gray.mkv", "ffv1", "gray", sound=None, tags={"color_range": 1})
    assert not FilmSource(source).pixel_format.full


def test_a_name_with_a_colon_is_a_file(make_film, warm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_film(moving(3), sound=None).rename(tmp_path / "reel1:xmas.mp4")
    report = color_film("reel1:xmas.mp4", colorizer=warm)
    assert report.output == Path("reel1:xmas.color.mp4") and len(frames_of(report.output)) == 3


def test_an_animated_webp_is_a_film(warm, tmp_path):
    source = tmp_path / "animation.webp"
    first, *others = (Image.fromarray(gray) for gray in moving(5))
    first.save(source, save_all=True, append_images=others, duration=80, lossless=True)
    report = color_film(source, colorizer=warm)
    assert report.output == tmp_path / "animation.color.mp4"
    assert times_of(report.output) == pytest.approx([0, 0.08, 0.16, 0.24, 0.32])
    assert np.abs(luma_of(frames_of(report.output)[3]) - 16 - moving(5)[3] * (219 / 255)).mean() < 3


@pytest.mark.parametrize(
    ("suffix", "dtype"), [(".png", np.uint8), (".tif", np.uint16), (".dpx", np.uint8)]
)
def test_images_become_a_film_and_a_film_images(warm, tmp_path, suffix, dtype):
    import cv2

    scans = tmp_path / "scans"
    scans.mkdir()
    deep = dtype == np.uint16
    for n, gray in enumerate(moving(5)):
        picture = np.repeat(gray[..., None], 3, 2).astype(dtype) * (257 if deep else 1)
        name = str(scans / f"scan_{n + 12:05}{suffix}")
        if suffix == ".dpx":
            with av.open(name.replace("%", "%%"), "w", format="image2") as container:
                stream = container.add_stream("dpx", options={})
                stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb24"
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        else:
            cv2.imwrite(name, picture)
    settings = FilmSettings(rate=Fraction(18))
    report = color_film(scans, colorizer=warm, settings=settings)
    assert report.output == tmp_path / "scans.color.mp4"
    assert times_of(report.output) == pytest.approx([n / 18 for n in range(5)], abs=1e-4)
    (tmp_path / "color").mkdir()
    pattern = tmp_path / "color" / f"c_%04d{suffix}"
    report = color_film(scans / f"scan_%05d{suffix}", pattern, colorizer=warm, settings=settings)
    images = sorted((tmp_path / "color").iterdir())
    assert [image.name for image in images] == [f"c_{n:04}{suffix}" for n in range(1, 6)]
    with av.open(str(images[2])) as container:
        rgb = next(container.decode(video=0)).to_ndarray(format="rgb48le" if deep else "rgb24")
    rgb = rgb.astype(float) / (257 if deep else 1)
    assert np.abs(rgb @ [0.299, 0.587, 0.114] - moving(5)[2]).mean() < 2
    assert (rgb[..., 0] - rgb[..., 2]).mean() > 20
    with pytest.raises(UsageError, match="exists already"):
        color_film(scans, pattern, colorizer=warm)


def test_a_missing_image_is_named(warm, tmp_path):
    for number in (1, 2, 4):
        Image.fromarray(scene()).save(tmp_path / f"{number:03}.png")
    with pytest.raises(UsageError, match=r"image 3 of .* is missing, between 1 and 4"):
        color_film(tmp_path, colorizer=warm)
    with pytest.raises(UsageError, match="does not exist"):
        color_film(tmp_path / "x_%03d.png", colorizer=warm)


SAYS = [
    ("subrip", b"<i>Hello</i>\nWorld", "mov_text", b"\x00\x0bHello\nWorld"),
    ("mov_text", b"\x00\x05Helloxxxx", "subrip", b"Hello"),
    ("mov_text", b"\x00\x00", "subrip", None),
    (
        "ass",
        b"0,0,Default,,0,0,0,,{\\i1}Hello, you\\Nthere",
        "mov_text",
        b"\x00\x10Hello, you\nthere",
    ),
    ("webvtt", "Grüße".encode(), "mov_text", b"\x00\x07Gr\xc3\xbc\xc3\x9fe"),
]


@pytest.mark.parametrize(("codec", "data", "target", "result"), SAYS)
def test_text_is_converted_between_the_codecs_of_subtitles(codec, data, target, result):
    assert converted(data, codec, target) == result


def test_subtitles_go_from_matroska_to_mp4_and_back(warm, tmp_path):
    (tmp_path / "words.srt").write_text(
        "1\n00:00:00,040 --> 00:00:00,120\n<i>Hello</i>\n\n"
        "2\n00:00:00,160 --> 00:00:00,200\nWorld\n"
    )
    source = tmp_path / "film.mkv"
    with av.open(str(tmp_path / "words.srt")) as words, av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        text = container.add_stream_from_template(words.streams[0], opaque=True)
        text.metadata["language"] = "ger"
        for n, gray in enumerate(moving(8)):
            container.mux(video.encode(coded(gray, "yuv420p", n, Fraction(1, 25))))
        container.mux(video.encode(None))
        for packet in words.demux():
            if packet.size:
                packet.stream = text
                container.mux(packet)

    def spoken(path):
        with av.open(str(path)) as film:
            stream = film.streams.subtitles[0]
            name = stream.codec_context.codec.canonical_name
            return stream.metadata.get("language"), [
                (round(float(p.pts * p.time_base), 2), text)
                for p in film.demux(stream)
                if p.size and (text := converted(bytes(p), name, "subrip"))
            ]

    to_mp4 = color_film(source, tmp_path / "out.mp4", colorizer=warm)
    assert codes(to_mp4) == [NoticeCode.SUBTITLES_CONVERTED]
    assert spoken(to_mp4.output) == ("ger", [(0.04, b"Hello"), (0.16, b"World")])
    back = color_film(to_mp4.output, tmp_path / "back.mkv", colorizer=warm)
    assert spoken(back.output) == ("ger", [(0.04, b"Hello"), (0.16, b"World")])


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_colored_film_says_so_after_its_own_comment(make_film, warm, tmp_path, suffix):
    def described(container):
        container.metadata["comment"] = "reel 4"

    source = make_film(moving(4), "film.mkv", sound=None, setup=described)
    settings = FilmSettings(guidance=Guidance(saturation=0.5))
    first = color_film(source, tmp_path / f"a{suffix}", colorizer=warm, settings=settings)
    again = color_film(first.output, tmp_path / f"b{suffix}", colorizer=warm, settings=settings)
    digest = hashlib.sha256(warm.network.path.read_bytes()).hexdigest()
    stated = (
        f"reel 4; colors computed by Tintype {__version__}, network warm (SHA-256 {digest}),"
        ' settings {"guidance": {"saturation": 0.5}}'
    )
    for report in (first, again):
        with av.open(str(report.output)) as film:
            assert {k.lower(): v for k, v in film.metadata.items()}["comment"] == stated
