import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data
from tests.film.conftest import moving, scene

from tintype.engine import Colorizer
from tintype.errors import UsageError
from tintype.film.keys import KeyColorizer
from tintype.film.pixels import PixelFormat
from tintype.film.source import Frame
from tintype.film.steady import SteadyColors, color_frames, render
from tintype.guidance import Guidance

vs = pytest.importorskip(
    "vapoursynth", reason="needs VapourSynth, of Python 3.12 and newer: make vapoursynth"
)
import tintype.vapoursynth  # noqa: E402
from tintype.vapoursynth import colorize  # noqa: E402

WINDOW = 16
CUTS = moving(30) + moving(30, 1)


@pytest.fixture(autouse=True)
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tintype.vapoursynth, "window_frames", lambda _: WINDOW)


class Clip:
    """A clip of gray pictures, and how often each of its frames was read."""

    def __init__(self, frames: list[np.ndarray], form: int, **props: int) -> None:
        self.reads = [0] * len(frames)
        height, width = frames[0].shape
        blank = vs.core.std.BlankClip(
            format=form, width=width, height=height, length=len(frames), fpsnum=25, keep=True
        )
        coded = blank.format

        def fill(n: int, f: "vs.VideoFrame") -> "vs.VideoFrame":
            self.reads[n] += 1
            result = f.copy()
            for number in range(coded.num_planes if coded.color_family == vs.RGB else 1):
                plane = np.asarray(result[number])
                if plane.dtype.kind == "f":
                    plane[:] = frames[n] / 255
                else:
                    plane[:] = frames[n].astype(plane.dtype) << (coded.bits_per_sample - 8)
            result.props.update({"number": n, **props})
            return result

        self.node = vs.core.std.ModifyFrame(blank, blank, fill)


def planes(clip: "vs.VideoNode", n: int) -> list[np.ndarray]:
    with clip.get_frame(n) as frame:
        return [np.array(frame[number]) for number in range(3)]


def chroma(clip: "vs.VideoNode", n: int) -> np.ndarray:
    return np.stack(planes(clip, n)[1:]).astype(float)


def film_chroma(frames: list[np.ndarray], colorizer: Colorizer) -> list[np.ndarray]:
    """Cb and Cr of the film engine."""
    form = PixelFormat(96, 64, 8, False, 6, 6, 6, 1)
    with ThreadPoolExecutor(2) as pool:
        key = KeyColorizer(colorizer, form)
        steady = SteadyColors(key, pool, window=WINDOW)
        source = (Frame(n, n, n / 25, gray) for n, gray in enumerate(frames))
        windows = list(color_frames(source, form, steady))
        return [np.stack(render(each, form).chroma) for window in windows for each in window]


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("GRAY8", "YUV444P8"),
        ("GRAY16", "YUV444P16"),
        ("GRAYS", "YUV444PS"),
        ("GRAYH", "YUV444PH"),
        ("YUV420P8", "YUV420P8"),
        ("YUV420P10", "YUV420P10"),
        ("YUV422P12", "YUV422P12"),
        ("YUV411P8", "YUV411P8"),
        ("YUV440P8", "YUV440P8"),
        ("YUV444P9", "YUV444P9"),
        ("YUV444PS", "YUV444PS"),
        ("RGB24", "YUV444P8"),
        ("RGB48", "YUV444P16"),
        ("RGBS", "YUV444PS"),
    ],
)
def test_every_constant_format_gets_color_and_keeps_its_luma(form, out, warm):
    clip = Clip(moving(3), preset(form)).node
    colored = colorize(clip, colorizer=warm)
    assert colored.format.name == out
    assert (colored.num_frames, colored.fps) == (clip.num_frames, clip.fps)
    luma, cb, cr = planes(colored, 1)
    if clip.format.color_family != vs.RGB:
        assert (luma == np.asarray(clip.get_frame(1)[0])).all()
    span = 1 if luma.dtype.kind == "f" else 1 << colored.format.bits_per_sample
    middle = 0 if span == 1 else 0.5
    assert 0.05 < (cr / span - middle).mean() < 0.2  # a* = 20
    assert (cb / span - middle).mean() < -0.02  # b* > 0
    small = colorize(Clip(moving(3), vs.YUV420P8).node, colorizer=warm)
    expected = (planes(small, 1)[2] - 128.0) / (224 if span == 1 else 256)
    fitted = cv2.resize((cr / span - middle).astype(np.float32), expected.shape[::-1])
    assert np.abs(fitted - expected).mean() < 0.02


@pytest.mark.parametrize("size", [(63, 95), (33, 32), (32, 400)])
def test_any_size_gets_color(size, warm):
    frames = [np.full(size, 90, np.uint8)] * 3
    colored = colorize(Clip(frames, vs.GRAY8).node, colorizer=warm)
    assert [plane.shape for plane in planes(colored, 2)] == [size] * 3


def preset(name: str) -> int:
    """A format by its name; VapourSynth has no constants for some."""
    if name == "GRAYH":
        return int(vs.core.query_video_format(vs.GRAY, vs.FLOAT, 16, 0, 0).id)
    return int(getattr(vs, name))


def test_the_colors_are_those_of_the_film(warm):
    expected = film_chroma(CUTS, warm)
    clip = Clip(CUTS, vs.YUV420P8)
    colored = colorize(clip.node, colorizer=warm)
    for n, each in enumerate(expected):
        assert (chroma(colored, n) == each).all()


def test_a_run_from_start_to_end_reads_and_colors_no_frame_twice(warm, monkeypatch):
    keys = []
    call = KeyColorizer.__call__

    def counted(self, luma, *more):
        keys.append(luma.tobytes())
        return call(self, luma, *more)

    monkeypatch.setattr(KeyColorizer, "__call__", counted)
    clip = Clip(CUTS, vs.GRAY8)
    colored = colorize(clip.node, colorizer=warm)
    for n, frame in enumerate(colored.frames(prefetch=8)):
        assert frame.props["number"] == n
    assert clip.reads[1:] == [1] * (len(CUTS) - 1)  # the first one tells the format, too
    assert len(keys) == len(set(keys)) > 2


def test_frames_come_in_any_order_and_to_many_threads(warm):
    expected = film_chroma(CUTS, warm)
    colored = colorize(Clip(CUTS, vs.YUV420P8).node, colorizer=warm)
    order = np.random.default_rng(0).permutation(len(CUTS))
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda n: chroma(colored, int(n)), order))
    for n, result in zip(order, results, strict=True):
        assert np.abs(result - expected[n]).mean() < 1


def test_one_thread_of_vapoursynth_is_enough(warm):
    before, vs.core.num_threads = vs.core.num_threads, 1
    try:
        done = threading.Event()
        colored = colorize(Clip(moving(20), vs.GRAY8).node, colorizer=warm)
        twice = vs.core.std.Interleave([colored, colorize(colored, colorizer=warm)])

        def run() -> None:
            for n in range(twice.num_frames):
                twice.get_frame(n).close()
            done.set()

        threading.Thread(target=run, daemon=True).start()
        assert done.wait(60)
    finally:
        vs.core.num_threads = before


def test_what_is_kept_is_bounded(warm, monkeypatch):
    monkeypatch.setattr(tintype.vapoursynth, "KEPT_BYTES", 0)
    kept = []
    made = tintype.vapoursynth._ClipColors
    monkeypatch.setattr(
        tintype.vapoursynth, "_ClipColors", lambda *each: kept.append(made(*each)) or kept[0]
    )
    clip = Clip(moving(60) * 4, vs.GRAY8)
    colored = colorize(clip.node, colorizer=warm)
    first = chroma(colored, 0)
    for n in range(0, 240, 3):  # frames that nobody asks for are not kept either
        colored.get_frame(n).close()
        assert len(kept[0].colors) <= 3 * WINDOW and len(kept[0].sources) <= 3 * WINDOW
    assert np.abs(chroma(colored, 0) - first).mean() < 1


def test_a_jump_reads_nothing_of_what_lies_between(warm):
    clip = Clip(moving(60) * 4, vs.GRAY8)
    colored = colorize(clip.node, colorizer=warm)
    chroma(colored, 200)
    assert not any(clip.reads[1:192])
    assert sum(clip.reads) < 3 * WINDOW


def test_a_clip_that_fails_is_asked_again(warm):
    broken = True
    good = Clip(moving(20), vs.GRAY8).node

    def maybe(n: int, f: "vs.VideoFrame") -> "vs.VideoFrame":
        if broken and n == 5:
            raise ValueError("a broken disk")
        return f

    colored = colorize(vs.core.std.ModifyFrame(good, good, maybe), colorizer=warm)
    with pytest.raises(vs.Error, match="a broken disk"):
        colored.get_frame(3)
    broken = False
    assert (chroma(colored, 3) == chroma(colorize(good, colorizer=warm), 3)).all()


def test_range_and_matrix_are_those_of_the_frames(warm):
    gray = [np.tile(np.linspace(60, 190, 96).astype(np.uint8), (64, 1))] * 2
    form = vs.YUV444P8
    full = colorize(Clip(gray, form, _Range=1, _Matrix=1).node, colorizer=warm)
    older = colorize(Clip(gray, form, _ColorRange=0, _Matrix=1).node, colorizer=warm)
    limited = colorize(Clip(gray, form, _Range=0, _Matrix=1).node, colorizer=warm)
    plain = colorize(Clip(gray, form).node, colorizer=warm)
    assert plain.get_frame(0).props["_Matrix"] == 6  # SD that names none
    assert limited.get_frame(0).props["_Matrix"] == 1
    assert (chroma(full, 0) == chroma(older, 0)).all()
    for colored in (full, limited):
        rgb = np.stack(planes(colored.resize.Point(format=vs.RGB24), 0))[:, 32, 48]
        lab = cv2.cvtColor(rgb.reshape(1, 1, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]
        assert lab[1] == pytest.approx(20, abs=3) and lab[2] == pytest.approx(lab[0] / 2, abs=4)


def test_marks_follow_their_thing_through_the_first_shot(tmp_path):
    colorizer = Colorizer(threads=1)
    file = tmp_path / "blue.tintype.json"
    guidance = Guidance().with_hint(0.5, 0.5, "blue")
    file.write_text(guidance.to_json(), encoding="utf-8")
    clip = Clip(moving(6) + moving(6, 1), vs.YUV420P8).node
    plain, guided, read = (
        colorize(clip, guidance=each, colorizer=colorizer) for each in (None, guidance, file)
    )
    change = [chroma(guided, n)[0] - chroma(plain, n)[0] for n in range(12)]
    assert min(each[16, 24 - n // 2] for n, each in enumerate(change[:6])) > 20
    assert max(np.abs(each).max() for each in change[6:]) == 0
    assert (chroma(read, 3) == chroma(guided, 3)).all()


def test_a_jump_ahead_in_a_clip_with_marks_goes_on(warm):
    clip = Clip(moving(60) * 3, vs.GRAY8)
    guidance = Guidance().with_hint(0.5, 0.5, "blue")
    colored = colorize(clip.node, guidance=guidance, colorizer=warm)
    for n in (0, 20, 179):
        chroma(colored, n)
    assert set(clip.reads[30:]) == {1}


def test_a_saturation_holds_for_the_whole_clip(warm):
    colored = colorize(Clip(CUTS, vs.GRAY8).node, guidance=Guidance(saturation=0), colorizer=warm)
    assert all(np.abs(chroma(colored, n) - 128).max() <= 1 for n in (0, 29, 30, 59))


def test_references_color_the_shots_that_show_them(tmp_path):
    colorizer = Colorizer(threads=1)
    red = np.array(Image.fromarray(data.coffee()).resize((192, 128)))[..., [1, 0, 2]].copy()
    red[..., 1] //= 2
    (tmp_path / "cast").mkdir()
    still = tmp_path / "cast" / "cup.png"
    Image.fromarray(red).save(still)
    size = (128, 192)
    frames = [scene(0, n, size) for n in range(6)] + [scene(1, n, size) for n in range(6)]
    clip = Clip(frames, vs.YUV420P8).node
    plain, folder, listed, palette = (
        colorize(clip, references=each, colorizer=colorizer)
        for each in (None, tmp_path / "cast", [str(still)], str(still))
    )
    assert (chroma(folder, 2) == chroma(plain, 2)).all()
    assert np.abs(chroma(folder, 8) - chroma(plain, 8)).mean() > 2
    assert (chroma(listed, 8) == chroma(folder, 8)).all()
    assert (chroma(palette, 2) != chroma(plain, 2)).any()


def test_a_wrong_call_is_refused_in_a_sentence(warm, tmp_path):
    clip = Clip(moving(2), vs.GRAY8).node
    other = vs.core.std.BlankClip(format=vs.RGB24, width=32, height=32)
    mixed = vs.core.std.Splice([clip, other], mismatch=True)
    deep = vs.core.std.BlankClip(format=vs.GRAY32)
    hdr = Clip(moving(2), vs.YUV420P10, _Transfer=16).node
    (tmp_path / "empty").mkdir()
    Image.fromarray(moving(1)[0]).save(tmp_path / "gray.png")
    for call, words in [
        ({"clip": "film.mkv"}, "takes a clip of VapourSynth, not str"),
        ({"clip": mixed}, "changes its format or size"),
        ({"clip": deep}, "32-bit integers"),
        ({"clip": vs.core.std.BlankClip(width=640, height=8)}, "640×8 pixels is too small"),
        ({"clip": hdr}, "HDR .PQ."),
        ({"clip": clip, "references": tmp_path / "empty"}, "holds no pictures of a cast"),
        ({"clip": clip, "references": tmp_path / "none.jpg"}, "none.jpg"),
        ({"clip": clip, "references": [tmp_path / "none.jpg"]}, "none.jpg"),
        ({"clip": clip, "references": tmp_path / "gray.png"}, "no color"),
        ({"clip": clip, "guidance": tmp_path / "none.json"}, "cannot be read"),
        ({"clip": clip, "guidance": Guidance(tone="auto")}, "tones of films are kept"),
    ]:
        with pytest.raises(UsageError, match=words) as refused:
            colorize(call.pop("clip"), colorizer=warm, **call)
        assert "\n" not in str(refused.value)


def test_the_module_does_not_hide_that_of_vapoursynth():
    assert tintype.vapoursynth.vs is vs and vs.__name__ == "vapoursynth"
    assert Path(os.fspath(vs.__file__)).parent != Path(tintype.vapoursynth.__file__).parent
