"""The engine in JavaScript does on the same arrays what the engine in Python does."""

import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

import tintype
from tests.pictures import pictures
from tintype import Guidance, Hint
from tintype.color import srgb_to_lab
from tintype.color.bins import HISTOGRAM_GRID, ab_bins
from tintype.color.process import through_process
from tintype.contract import PARTS, SEGMENT_OUTPUTS
from tintype.engine import Colorizer
from tintype.engine.assist.people import part_mask
from tintype.engine.assist.reach import fill_things, reached, spots_of, trust_map
from tintype.engine.assist.region import feather, select_objects
from tintype.engine.assist.things import object_odds
from tintype.engine.core.hints import hint_correction
from tintype.engine.core.network import find_model
from tintype.engine.core.onnx_bytes import only_for_outputs, without_defaults, without_outputs
from tintype.engine.core.prepare import raise_ab
from tintype.engine.core.render import lightness_of, render, shrink
from tintype.engine.core.segments import segments_of
from tintype.engine.core.sizes import resize, shrink_hint
from tintype.engine.core.upsample import upsample_ab
from tintype.engine.label import label_for
from tintype.errors import UsageError
from tintype.guidance import draw_hints
from tintype.guidance.colors import named_colors
from tintype.guidance.palettes import named_palettes, process_table
from tintype.guidance.schema import adapter
from tintype.photo import as_photo, is_dark, stretched
from tintype.photo.label import Label, read_label

ENGINE = Path(tintype.__file__).parent / "web" / "static" / "engine"
RUN = Path(__file__).parent / "run.mjs"
VENDOR = Path(os.environ.get("TINTYPE_VENDOR", Path(__file__).parents[2] / "build" / "vendor"))
MEAN, HIGH = 0.5, 3.0
"""ΔE*ab between the engines: the mean and the 99.9th percentile of pixels."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None and not os.environ.get("CI"), reason="needs Node.js"
)


def js(step: str, folder: Path, arrays: dict[str, np.ndarray], **given: object) -> Path:
    """Run a step on arrays. Returns the folder, in which the results lie."""
    for name, array in arrays.items():
        array.tofile(folder / name)
    shapes = {name: array.shape for name, array in arrays.items()}
    (folder / "in.json").write_text(json.dumps({"shapes": shapes, **given}))
    done = subprocess.run(
        ["node", RUN, step, folder, ENGINE, VENDOR], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def floats(folder: Path, *names: str, shape: tuple[int, ...]) -> np.ndarray:
    planes = [np.fromfile(folder / name, np.float32).reshape(shape) for name in names]
    return planes[0] if len(planes) == 1 else np.dstack(planes)


def rgba(picture: np.ndarray) -> np.ndarray:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])


def gray(picture: np.ndarray) -> np.ndarray:
    return np.dstack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3)


def lab(picture: np.ndarray) -> np.ndarray:
    return srgb_to_lab(picture.astype(np.float32) / 255)


def large(picture: np.ndarray, pixels: float) -> np.ndarray:
    scale = (pixels / (picture.shape[0] * picture.shape[1])) ** 0.5
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(device="cpu", threads=1)


@pytest.mark.parametrize(
    ("height", "width", "h", "w"), [(200, 260, 90, 120), (501, 399, 160, 131), (700, 800, 100, 140)]
)
def test_ab_are_raised_as_in_python(height, width, h, w, tmp_path):
    photo = cv2.resize(data.coffee(), (width, height), interpolation=cv2.INTER_CUBIC)
    whole = lab(photo)
    small = cv2.resize(whole[..., 1:], (w, h), interpolation=cv2.INTER_AREA)
    lightness = np.ascontiguousarray(whole[..., 0])
    arrays = {"a": small[..., 0].copy(), "b": small[..., 1].copy(), "lightness": lightness}
    js("upsample", tmp_path, arrays)
    grown = floats(tmp_path, "large0", "large1", shape=(height, width))
    clean = floats(tmp_path, "clean0", "clean1", shape=(height, width))
    np.testing.assert_allclose(grown, upsample_ab(small, lightness), atol=0.05)
    apart = np.linalg.norm(clean - raise_ab(small, lightness), axis=-1)
    assert apart.mean() < 0.05 and np.percentile(apart, 99.9) < 1


@pytest.mark.parametrize("size", [192, 320])
@pytest.mark.parametrize("faded", [False, True])
def test_the_network_is_shown_the_same_picture(size, faded, tmp_path, colorizer):
    photo = gray(large(data.chelsea(), 300_000))
    if faded:
        photo = (100 + photo * 0.2).astype(np.uint8)
    lightness = np.ascontiguousarray(lightness_of(photo))
    js("sizes", tmp_path, {"lightness": lightness}, size=size)
    result = json.loads((tmp_path / "out.json").read_text())
    prepared = colorizer.prepare(photo)
    view = Colorizer(device="cpu", size=size).prepare(photo)
    assert result["visible"] == pytest.approx(prepared.visible, abs=0.02)
    width, height = result["size"]
    expected = view.views[0].lightness
    assert expected.shape == (height, width)
    shown = floats(tmp_path, "shown", shape=(height, width))
    np.testing.assert_allclose(shown, expected, atol=0.02)


@pytest.mark.parametrize("pixels", [100_000, 1_000_003, 2_500_000])
def test_pixels_are_rendered_as_in_python(pixels, tmp_path):
    photo = large(data.astronaut(), pixels)
    factor = max(1, round((photo.shape[0] * photo.shape[1] / 400_000) ** 0.5))
    guide = lightness_of(shrink(photo, factor))
    rng = np.random.default_rng(0)
    coarse = rng.normal(0, 40, (12, 17, 2)).astype(np.float32)
    ab = cv2.resize(coarse, guide.shape[::-1], interpolation=cv2.INTER_CUBIC)
    arrays = {"pixels": rgba(photo), "a": ab[..., 0].copy(), "b": ab[..., 1].copy()}
    js("render", tmp_path, arrays)
    own = floats(tmp_path, "guide", shape=guide.shape)
    assert np.abs(own - guide).mean() < 0.05
    out = np.fromfile(tmp_path / "out", np.uint8).reshape(*photo.shape[:2], 4)[..., :3]
    apart = np.linalg.norm(lab(out) - lab(render(photo, ab, factor)), axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


CASES = {
    **pictures(),
    "a megapixel": large(data.coffee(), 1e6),
    "upright and odd": data.astronaut()[:511, 100:333],
    "faded": (90 + data.chelsea() * 0.2).astype(np.uint8),
    "very faded": (150 + data.chelsea() * 0.15).astype(np.uint8),
    "small": data.astronaut()[:90, 150:251],
}
needs_runtime = pytest.mark.skipif(
    not (VENDOR / "ort-wasm-simd-threaded.mjs").exists() and not os.environ.get("CI"),
    reason="needs ONNX Runtime Web: make build/vendor fetches it from npm",
)


def colored(
    folder: Path, photo: np.ndarray, guidance: dict[str, object], keeps: bool = False
) -> np.ndarray:
    bins = {"bins": ab_bins().tolist(), "cells": ab_bins(HISTOGRAM_GRID).tolist()}
    about = {"sizes": [192, 320], "vividness": 1, "parts": PARTS}
    model = without_defaults(find_model("default").read_bytes())
    (folder / "network.onnx").write_bytes(without_outputs(model, SEGMENT_OUTPUTS))
    (folder / "segments.onnx").write_bytes(only_for_outputs(model, SEGMENT_OUTPUTS))
    given = {"guidance": guidance, "bins": bins, "about": about, "keeps": keeps}
    js("color", folder, {"pixels": rgba(photo)}, **given)
    return np.fromfile(folder / "out", np.uint8).reshape(*photo.shape[:2], 4)[..., :3]


def test_old_color_processes_show_colors_as_in_the_python_engine(tmp_path):
    rng = np.random.default_rng(0)
    ab = rng.uniform(-110, 110, (40, 60, 2)).astype(np.float32)
    light = rng.uniform(0, 100, (40, 60)).astype(np.float32)
    kept = [
        {"colors": list(each.colors), "table": each.table} for each in named_palettes().values()
    ]
    for palette in list(named_palettes().values())[::4]:
        table = process_table(palette.colors)
        expected = through_process(ab, light, table)
        planes = {"a": ab[..., 0].copy(), "b": ab[..., 1].copy(), "lightness": light}
        js("process", tmp_path, planes, colors=palette.colors[::-1], palettes=kept)
        own = floats(tmp_path, "out0", "out1", shape=light.shape)
        assert np.abs(own - expected).max() < 2, "OpenCV interpolates in 32nds"
        assert np.abs(own - expected).mean() < 0.3


@needs_runtime
@pytest.mark.parametrize("name", CASES)
def test_colors_are_those_of_the_python_engine(name, tmp_path, colorizer):
    photo = gray(CASES[name])
    expected = colorizer.color(colorizer.prepare(photo)).pixels
    apart = np.linalg.norm(lab(colored(tmp_path, photo, {})) - lab(expected), axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


@needs_runtime
def test_saturation_and_warmth_are_those_of_the_python_engine(tmp_path, colorizer):
    photo = gray(data.coffee()[:300])
    guidance = Guidance(saturation=1.4, warmth=-0.6)
    expected = colorizer.color(colorizer.prepare(photo), guidance).pixels
    own = colored(tmp_path, photo, {"saturation": 1.4, "warmth": -0.6})
    apart = np.linalg.norm(lab(own) - lab(expected), axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


@needs_runtime
def test_a_palette_reaches_the_network(tmp_path, colorizer):
    photo = gray(data.coffee()[:300])
    colors = ("#1f4e79", "#6fa8dc", "#0b5394")
    expected = colorizer.color(colorizer.prepare(photo), Guidance(palette=colors)).pixels
    ab = [srgb_to_lab(np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) / 255)[1:].tolist()
          for c in colors]  # fmt: skip
    apart = np.linalg.norm(lab(colored(tmp_path, photo, {"palette": ab})) - lab(expected), axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


def close_to_python(folder, photo, colorizer, given: dict[str, object], guidance: Guidance) -> None:
    expected = lab(colorizer.color(colorizer.prepare(photo), guidance).pixels)
    apart = np.linalg.norm(lab(colored(folder, photo, given)) - expected, axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


@needs_runtime
@pytest.mark.parametrize(
    ("reach", "color"),
    [
        ("thing", "#3050c0"),
        ("thing", "#a08060"),
        ("alike", "#3050c0"),
        ("alike", "#a08060"),
        ("place", "#3050c0"),
        ("place", "#a08060"),
    ],
)
def test_a_dab_reaches_what_it_reaches_in_python(reach, color, tmp_path, colorizer):
    hint = {"x": 0.5, "y": 0.5, "color": color, "radius": 0.02, "reach": reach}
    guidance = Guidance(hints=(Hint(0.5, 0.5, color, radius=0.02, reach=reach),))
    close_to_python(tmp_path, gray(data.coffee()), colorizer, {"hints": [hint]}, guidance)


def test_dabs_are_drawn_as_in_python(tmp_path):
    rng = np.random.default_rng(0)
    hints = [
        {"x": x, "y": y, "radius": radius, "color": "#3050c0"}
        for x, y, radius in zip(*rng.random((2, 300)), rng.uniform(0.005, 0.4, 300), strict=True)
    ]
    js("draw", tmp_path, {}, hints=hints)
    own = np.fromfile(tmp_path / "sheets", np.float32).reshape(-1, 50, 60) > 0
    marks = [Hint(each["x"], each["y"], "#3050c0", radius=each["radius"]) for each in hints]
    expected = np.stack([draw_hints([mark], (50, 60))[..., 2] > 0 for mark in marks])
    assert (own != expected).sum() < 0.0025 * expected.sum()


@needs_runtime
def test_dabs_over_a_stroke_are_those_of_the_python_engine(tmp_path, colorizer):
    hints = [
        {"x": 0.3, "y": 0.3, "color": "#c03030", "radius": 0.02},
        {"x": 0.7, "y": 0.2, "color": "#30a050", "radius": 0.03, "confidence": 0.5},
    ]
    strokes = [{"points": [[0.25, 0.3], [0.6, 0.3]], "color": "#c0a030", "width": 0.02}]
    guidance = Guidance.from_json(json.dumps({"tintype": 1, "hints": hints, "strokes": strokes}))
    given = {"hints": hints, "strokes": strokes}
    close_to_python(tmp_path, gray(data.astronaut()), colorizer, given, guidance)


@needs_runtime
@pytest.mark.parametrize(
    "kind", ["subject", "background", "person", "hair", "skin", "lips", "clothes", "objects"]
)
def test_areas_are_those_of_the_python_engine(kind, tmp_path, colorizer):
    points = {"keep": [[0.4, 0.7]], "skip": [[0.5, 0.2]]}
    region = {"kind": kind} | (points if kind == "objects" else {})
    guidance = Guidance.from_json(json.dumps({"tintype": 1, "region": region}))
    close_to_python(tmp_path, gray(data.astronaut()), colorizer, {"region": region}, guidance)


@needs_runtime
def test_colors_of_parts_of_people_are_those_of_the_python_engine(tmp_path, colorizer):
    clothes = {"part": "clothes", "color": "#d06020", "near": [0.4, 0.3], "confidence": 0.7}
    parts = [{"part": "hair", "color": "#301808"}, clothes]
    guidance = Guidance.from_json(json.dumps({"tintype": 1, "parts": parts}))
    close_to_python(tmp_path, gray(data.astronaut()), colorizer, {"parts": parts}, guidance)


@needs_runtime
@pytest.mark.parametrize(
    "given",
    [
        {"region": {"kind": "hair"}},
        {"hints": [{"x": 0.4, "y": 0.7, "color": "#3050c0", "radius": 0.02}]},
        {
            "strokes": [{"points": [[0.2, 0.9], [0.3, 0.8]], "color": "#c03030", "width": 0.02}],
            "parts": [{"part": "hair", "color": "#301808"}],
        },
    ],
)
@pytest.mark.parametrize("scale", [1, 2.5])
def test_elsewhere_a_color_photograph_keeps_its_colors(scale, given, tmp_path, colorizer):
    photo = cv2.resize(data.astronaut(), None, fx=scale, fy=scale)
    guidance = Guidance.from_json(json.dumps({"tintype": 1, "keep_color": True, **given}))
    expected = np.asarray(colorizer.colorize(photo, guidance)).astype(int)
    own = colored(tmp_path, photo, given, keeps=True).astype(int)
    kept = (np.abs(expected - photo).max(-1) == 0) & (np.abs(own - photo).max(-1) == 0)
    assert kept.mean() > 0.5
    apart = np.linalg.norm(lab(own) - lab(expected), axis=-1)
    assert apart.mean() <= MEAN and np.quantile(apart, 0.999) <= HIGH


@pytest.fixture(scope="module")
def prepared(colorizer):
    return colorizer.prepare(gray(data.astronaut()))


def segment_arrays(prepared) -> dict[str, np.ndarray]:
    segments = segments_of(prepared)
    own = segments.affinity
    rest = (own.bias[..., None], own.alike_bias[..., None], own.decay[..., None])
    affinity = np.concatenate([own.keys, own.queries, *rest], -1)
    stacks = {"affinity": affinity, "parts": segments.parts.probabilities}
    first = {name: np.ascontiguousarray(a.transpose(2, 0, 1)) for name, a in stacks.items()}
    return {**first, "lightness": prepared.lightness}


def test_things_and_parts_are_found_as_in_python(tmp_path, prepared):
    points = [(0.4, 0.7), (0.5, 0.2)]
    js("things", tmp_path, segment_arrays(prepared), parts=PARTS, points=points)
    for name in ("thing", "alike"):
        odds = object_odds(prepared, points, name == "alike")
        for k, expected in enumerate(odds):
            own = floats(tmp_path, f"{name}{k}", shape=expected.shape)
            np.testing.assert_allclose(own, expected, atol=0.05)
    masks = {name: part_mask(prepared, name) for name in ("person", "hair", "clothes")}
    masks["selected"] = select_objects(prepared, points[:1], points[1:])
    masks["near"] = part_mask(prepared, "clothes", points[0])
    for name, expected in masks.items():
        own = floats(tmp_path, name, shape=expected.shape)
        assert np.abs(own - expected).mean() < 0.002, name


def test_hints_correct_the_picture_as_in_python(tmp_path, prepared):
    roots = prepared.prediction.roots
    size = (96, 90)
    plain = resize(prepared.plain, size)
    lightness = resize(prepared.lightness, size)
    marks = (Hint(0.4, 0.7, "#d06020", radius=0.05), Hint(0.5, 0.2, "#302010", confidence=0.6))
    hint = draw_hints(marks, (192, 180))
    trust = np.linspace(0, 1, 192 * 180, dtype=np.float32).reshape(192, 180)
    arrays = {"a": plain[..., 0].copy(), "b": plain[..., 1].copy(), "lightness": lightness,
              "trust": trust, "roots": np.ascontiguousarray(roots.transpose(2, 0, 1)),
              **{f"h{c}": hint[..., c].copy() for c in range(3)}}  # fmt: skip
    js("hints", tmp_path, arrays)
    own = floats(tmp_path, "out0", "out1", shape=size)
    expected = hint_correction(plain, plain, lightness, hint, trust, roots)
    assert np.abs(expected).max() > 5
    apart = np.linalg.norm(own - expected, axis=-1)
    assert apart.mean() < 0.2 and apart.max() < 1
    small = floats(tmp_path, "small0", "small1", "small2", shape=size)
    np.testing.assert_allclose(small, shrink_hint(hint, size), atol=0.01)


def test_hints_reach_and_fill_things_as_in_python(tmp_path, prepared):
    plain = prepared.plain
    hints = [
        {"x": 0.4, "y": 0.7, "color": "#2030d0", "radius": 0.02},
        {"x": 0.5, "y": 0.2, "color": "#c8a080", "radius": 0.02, "reach": "alike"},
        {"x": 0.9, "y": 0.1, "color": "#a02020", "radius": 0.02, "reach": "place"},
    ]
    strokes = [{"points": [[0.1, 0.2], [0.2, 0.3]], "color": "#40a040", "width": 0.02}]
    guidance = Guidance.from_json(json.dumps({"tintype": 1, "hints": hints, "strokes": strokes}))
    spots = spots_of(guidance.marks, plain)
    places = reached(prepared, spots)
    large = prepared.raised
    arrays = {**segment_arrays(prepared), "a": plain[..., 0].copy(), "b": plain[..., 1].copy(),
              "large0": large[..., 0].copy(), "large1": large[..., 1].copy()}  # fmt: skip
    js("reach", tmp_path, arrays, parts=PARTS, hints=hints, strokes=strokes)
    for name in ("share", "member", "strength"):
        expected = getattr(places, name)
        own = floats(tmp_path, name, shape=expected.shape)
        assert np.abs(own - expected).mean() < 0.002, name
    trust = floats(tmp_path, "trust", shape=plain.shape[:2])
    drawn = draw_hints(guidance.marks, plain.shape[:2])
    assert np.abs(trust - trust_map(spots, drawn, plain)).mean() < 0.01
    own = floats(tmp_path, "out0", "out1", shape=large.shape[:2])
    apart = np.linalg.norm(own - fill_things(large, prepared.lightness, places), axis=-1)
    assert apart.mean() < MEAN and np.percentile(apart, 99.9) < HIGH


def test_a_drawn_area_is_feathered_as_in_python(tmp_path, prepared):
    mask = np.zeros_like(prepared.lightness)
    mask[100:300, 150:400] = 1
    js("feather", tmp_path, {"lightness": prepared.lightness, "mask": mask})
    own = floats(tmp_path, "out", shape=mask.shape)
    np.testing.assert_allclose(own, feather(prepared.lightness, mask), atol=0.01)


@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (0.3, 0), (0.25, 20), (0.01, 30)])
def test_tones_are_stretched_and_dark_scans_found_as_in_python(scale, offset, tmp_path):
    values = np.rint(gray(data.coffee()) * scale + offset).astype(np.uint8)
    photo = as_photo(values)
    js("tones", tmp_path, {"pixels": rgba(values)})
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["isDark"] == is_dark(photo)
    curve = np.arange(256) if result["curve"] is None else np.array(result["curve"])
    assert np.abs(curve[values].astype(int) - stretched(photo).pixels).max() <= 1


@pytest.mark.parametrize("size", [(64, 96), (100, 75), (7, 5), (257, 33)])
def test_strips_become_one_file(size, tmp_path):
    picture = cv2.resize(data.coffee(), size, interpolation=cv2.INTER_AREA)
    with_alpha = rgba(picture)
    with_alpha[: size[1] // 2, :, 3] = 128
    js("encode", tmp_path, {"pixels": with_alpha}, rows=32, quality=95)
    with Image.open(tmp_path / "out.png") as image:
        np.testing.assert_array_equal(np.asarray(image), with_alpha)
    own = np.asarray(Image.open(tmp_path / "out.jpg"), int)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=95, subsampling=2)
    other = np.asarray(Image.open(file), int)
    error, least = (np.abs(each - picture.astype(int)).mean() for each in (own, other))
    assert own.shape == picture.shape and error < least + 0.3
    if min(size) > 50:
        assert len((tmp_path / "out.jpg").read_bytes()) < 1.1 * len(file.getvalue())


LABEL = {
    "network": "default",
    "version": "0.1.0",
    "settings": '{"guidance":{"parts":[{"part":"hair","color":"<&auburn"}]}}',
    "sha256": "ab" * 32,
}


def encoded(kind: str, **options: object) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(data.coffee()[:40, :60]).save(file, kind, **options)
    return np.frombuffer(file.getvalue(), np.uint8)


@pytest.mark.parametrize("target", ["JPEG", "PNG"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_exif_is_kept_upright_and_the_label_is_written(source, target, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "Grandmother, 1931"
    original = encoded(source, exif=exif)
    js("splice", tmp_path, {"encoded": encoded(target), "original": original}, label=LABEL)
    out = (tmp_path / "out").read_bytes()
    with Image.open(io.BytesIO(out)) as image:
        image.load()
        assert image.format == target
        kept = image.getexif()
    assert kept[0x010E] == "Grandmother, 1931" and kept[0x0112] == 1
    assert read_label(out) == Label(**LABEL)


def test_the_settings_of_a_label_are_those_of_the_command(tmp_path):
    mask = np.random.default_rng(0).integers(0, 2, (200, 200), np.uint8)
    asked = [
        Guidance(),
        Guidance(saturation=1.5, tone="auto"),
        Guidance().with_hint(0.25, 0.5, "crimson", 0.02).with_part("hair", "auburn"),
        Guidance(warmth=0.5).with_region(mask),
    ]
    js("settings", tmp_path, {}, guidance=[each.to_mapping() for each in asked])
    made = (tmp_path / "out").read_text().split("\n")
    expected = [label_for([Colorizer("default", "cpu")], [each]).settings for each in asked]
    assert made[0] == expected[0] == "automatic"
    parsed, others = ([json.loads(each) for each in texts[1:]] for texts in (made, expected))
    assert parsed[:2] == others[:2]
    assert parsed[2]["guidance"]["warmth"] == 0.5 and len(made[3]) < 200
    assert re.fullmatch(r"FNV-1a [0-9a-f]{12}", parsed[2]["guidance"]["region"]["mask"])


def test_an_older_label_is_replaced_and_other_xmp_stays(tmp_path):
    older = Label("other", "0.0.1", "000", "cd" * 32).into(
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf="
        b"'http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        b"xmlns:dc='http://purl.org/dc/elements/1.1/' dc:rights='A. Nother'/></rdf:RDF></x:xmpmeta>"
    )
    original = encoded("JPEG", xmp=older)
    js("splice", tmp_path, {"encoded": encoded("JPEG"), "original": original}, label=LABEL)
    out = (tmp_path / "out").read_bytes()
    assert read_label(out) == Label(**LABEL)
    with Image.open(io.BytesIO(out)) as image:
        xmp = image.info["xmp"].decode()
    assert "A. Nother" in xmp and xmp.count("CreatorTool>") == 2
    assert xmp.count("colorized by the network") == 2  # the history has both


def test_damaged_exif_costs_no_picture(tmp_path):
    original = encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    js("splice", tmp_path, {"encoded": encoded("JPEG"), "original": original}, label=LABEL)
    out = (tmp_path / "out").read_bytes()
    Image.open(io.BytesIO(out)).load()
    assert read_label(out) == Label(**LABEL)


POINT = {"x": 0.5, "y": 0.5}
GUIDANCE = [
    ({}, None),
    ({"hints": [{**POINT, "color": " Auburn"}, {**POINT, "color": "#F00", "radius": None}]}, None),
    ({"strokes": [{"points": [[0, 1]], "color": "#aaBBcc", "reach": "alike"}]}, None),
    ({"region": {"kind": "polygons", "polygons": [[[0, 0], [1, 0], [1, 1]]]}}, None),
    ({"region": {"kind": "objects", "keep": [[0.5, 0.5]], "skip": []}, "seed": 7.0}, None),
    ({"region": None, "bold": True, "tone": "auto", "palette": ["red"], "parts": []}, None),
    ({"hints": "x"}, "hints of the guidance must be a list"),
    ({"hints": [{**POINT, "x": 5, "color": "red"}]}, "x of hint 1 of the guidance must be at most"),
    ({"hints": [POINT]}, "hint 1 of the guidance lacks color"),
    ({"hints": [{**POINT, "color": "reddish"}]}, "color of hint 1 of the guidance must be a color"),
    ({"hints": [{**POINT, "color": 3}]}, "color of hint 1 of the guidance must be a color, not 3"),
    ({"hints": [{**POINT, "color": "red", "radius": 0}]}, "radius of hint 1"),
    (
        {"hints": [{**POINT, "color": "red", "size": 1}]},
        "hint 1 of the guidance: unknown key 'size'",
    ),
    ({"strokes": [{"points": [], "color": "red"}]}, "points of stroke 1 of the guidance must be"),
    ({"strokes": [{"points": [[0, 2]], "color": "red"}]}, "number 2 of point 1 of stroke 1 of"),
    ({"strokes": [{"points": [[0]], "color": "red"}]}, "point 1 of stroke 1 of the guidance must"),
    ({"saturations": 1}, "the guidance: unknown key 'saturations'"),
    ({"saturation": "1"}, "saturation of the guidance must be a number"),
    ({"saturation": 99}, "saturation of the guidance must be at most 4"),
    ({"saturation": True}, "saturation of the guidance must be a number"),
    ({"seed": 0.5}, "seed of the guidance must be a whole number"),
    ({"bold": 1}, "bold of the guidance must be true or false"),
    ({"tone": "loud"}, "tone of the guidance must be keep or auto"),
    ({"palette": ["blue", 3]}, "palette 2 of the guidance must be a color"),
    ({"parts": [{"part": "nose", "color": "red"}]}, "part of part 1 of the guidance must be hair"),
    ({"region": "sky"}, "region of the guidance must be an object"),
    ({"region": {"kind": "circle"}}, "kind of region of the guidance must be mask"),
    ({"region": {"kind": "mask"}}, "region of the guidance lacks mask"),
    ({"region": {"kind": "objects", "keep": []}}, "keep of region of the guidance must be a list"),
    ({"region": {"kind": "polygons", "polygons": [[[0, 0], [1, 1]]]}}, "polygon 1 of region of"),
]


def test_guidance_is_judged_as_in_python(tmp_path):
    values = [{"tintype": 1, **value} for value, _ in GUIDANCE]
    rules = {"guidance": adapter(Guidance).json_schema(), "colors": named_colors()}
    js("guidance", tmp_path, {}, values=values, rules=rules)
    for value, (_, start), made in zip(
        values, GUIDANCE, json.loads((tmp_path / "out.json").read_text()), strict=True
    ):
        if start is None:
            read = Guidance.from_json(json.dumps(value))
            assert Guidance.from_json(json.dumps(made)) == read
            assert [each["color"] for each in made.get("hints", [])] == [
                each.color for each in read.hints
            ]
        else:
            assert str(made).startswith(start)
            with pytest.raises(UsageError):
                Guidance.from_json(json.dumps(value))
