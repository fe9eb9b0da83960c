"""The files that the documents' commands take, small: each is made when a command first names
it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

from tests.documents.blocks import ROOT
from tests.pictures import jpeg, pictures

COLORED = {"sunset": data.coffee, "kitchen": data.chelsea, "mood": data.rocket}
FIVE = ("cat-0", "coffee-0", "face-0", "rocket-0", "face-1")


def gray_photograph(path: Path) -> None:
    """512×768, large enough for the places of every documented hint."""
    picture = Image.fromarray(data.astronaut()).convert("L").resize((512, 768))
    if path.suffix == ".tif":
        cv2.imwrite(str(path), np.asarray(picture, np.uint16) * 257)
    else:
        picture.save(path)


def color_photograph(path: Path) -> None:
    Image.fromarray(COLORED.get(path.stem, data.astronaut)()[:300, :300]).save(path)


def half_tinted_photograph(path: Path) -> None:
    gray = np.repeat(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    gray[:256] = data.astronaut()[:256]
    Image.fromarray(gray).save(path)


def drawn_page(path: Path) -> None:
    page = np.full((512, 512), 255, np.uint8)
    cv2.rectangle(page, (60, 40), (300, 300), 0, 3)
    cv2.circle(page, (380, 380), 90, 0, 3)
    Image.fromarray(page).save(path)


def mask(path: Path) -> None:
    """White over the lower two thirds of a photograph."""
    area = np.zeros((768, 512), np.uint8)
    area[256:] = 255
    Image.fromarray(area).save(path)


def color_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name in FIVE:
        (path / f"{name}.jpg").write_bytes(jpeg(pictures()[name]))


def gray_folder(path: Path, suffix: str = ".jpg") -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name in FIVE[:2]:
        gray = Image.fromarray(pictures()[name]).convert("L").convert("RGB")
        gray.save(path / f"{name}{suffix}")


def labeled_folder(path: Path) -> None:
    """Two labels of ten crops each."""
    for label in ("cat", "rocket"):
        (path / label).mkdir(parents=True, exist_ok=True)
        for i in range(10):
            picture = pictures()[f"{label}-0"][3 * i : 3 * i + 96, 5 * i : 5 * i + 96]
            (path / label / f"{i}.jpg").write_bytes(jpeg(picture))


def paired_folder(path: Path) -> None:
    """The layouts of pairs that recipes and documents name."""
    for name in FIVE:
        picture = Image.fromarray(pictures()[name])
        for folder in ("nir", "thermal", "raw", "rgb", "reference"):
            (path / folder).mkdir(parents=True, exist_ok=True)
            gray = picture.convert("L") if folder in ("nir", "thermal") else picture
            gray.save(path / folder / f"{name}.png")
        (path / "country").mkdir(exist_ok=True)
        picture.convert("L").save(path / "country" / f"{name}_nir.tiff")
        picture.save(path / "country" / f"{name}_rgb.tiff")


def segmented_folder(path: Path) -> None:
    """Maps of two things and the names of their values."""
    path.mkdir(parents=True, exist_ok=True)
    segments = np.zeros((64, 96), np.uint8)
    segments[8:40, 8:40], segments[10:50, 50:90] = 1, 2
    Image.fromarray(segments).save(path / "photo.parts.png")
    (path / "labels.txt").write_text("1 hair\n2 dress\n")


def texture_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name, picture in (("brick", data.brick()), ("grass", data.grass())):
        tint = np.array([1.0, 0.8, 0.6] if name == "brick" else [0.7, 1.0, 0.6])
        Image.fromarray((picture[..., None] * tint).astype(np.uint8)).save(path / f"{name}.png")


def cutout_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    picture = pictures()["face-0"]
    alpha = np.zeros(picture.shape[:2], np.uint8)
    alpha[30:-30, 30:-30] = 255
    Image.fromarray(np.dstack((picture, alpha))).save(path / "face.png")


def numbered_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for number in range(12):
        Image.fromarray(data.astronaut()[:96, number : number + 128]).convert("L").save(
            path / f"scan-{number:04}.png"
        )


def film_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    film(path / "clip.mp4", seconds=1, gray=False)


def film(path: Path, seconds: int = 131, gray: bool = True) -> None:
    """96×64 pixels that move, two frames a second, or 12 where it is short; with a tone."""
    import av

    rate = 12 if seconds < 10 else 2
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        scenes = [pictures()[name] for name in FIVE]
        for i in range(seconds * rate):
            scene = scenes[i * len(scenes) // (seconds * rate)]
            shown = scene[10:138:2, i % 40 : i % 40 + 192 : 2]
            if gray:
                shown = np.repeat(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def guidance(path: Path) -> None:
    wanted = {"tintype": 1, "hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}]}
    path.write_text(json.dumps(wanted), encoding="utf-8")


def manifest(path: Path) -> None:
    path.write_text("file,title\ncat-0.jpg,a cat\n", encoding="utf-8")


def groups(path: Path) -> None:
    path.write_text("name,group\n" + "".join(f"{name},all\n" for name in FIVE), encoding="utf-8")


def answers(path: Path) -> None:
    """One person's choices in the study that the document made before."""
    key = json.loads(next(path.parent.glob("*/key.json")).read_text(encoding="utf-8"))["pictures"]
    pairs: dict[tuple[str, str], list[str]] = {}
    for code, entry in key.items():
        pairs.setdefault((entry["against"], entry["picture"]), []).append(code)
    lines = [json.dumps({"chosen": a, "other": b}) for a, b in pairs.values()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def classifier(path: Path) -> None:
    """A classifier without training; its kind is the file's name."""
    from safetensors.torch import save_file

    from tintype.lab.nets.classifiers import CLASSIFIERS

    kind = path.stem if path.stem in CLASSIFIERS else "mobilenet_v2"
    save_file(CLASSIFIERS[kind]().state_dict(), path)


def network(path: Path) -> None:
    from tintype.engine import list_models

    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(str(list_models()["default"]), path)


def example(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "examples" / path.name, path)


MAKERS: list[tuple[str, Callable[[Path], None]]] = [
    (r"(photo|grandmother|a|b)\.jpg|scan\.tif", gray_photograph),
    (r"(sunset|kitchen|mood)\.jpg", color_photograph),
    (r"tinted\.jpg", half_tinted_photograph),
    (r"page\.png", drawn_page),
    (r"dress\.png", mask),
    (r"(photos|held-out|clothes|others-results|cast)/?", color_folder),
    (r"(album|scans|legacy|old)/?", gray_folder),
    (r"/mnt/scans", gray_folder),
    (r"scans/\*\.tif", lambda path: gray_folder(path.parent, ".tif")),
    (r"(labeled|imagenette/val)/?", labeled_folder),
    (r"(pairs|nirscene1|underwater)/?", paired_folder),
    (r"segmentations/?", segmented_folder),
    (r"(game/)?textures/?", texture_folder),
    (r"stamps/?", cutout_folder),
    (r"clips/?", film_folder),
    (r"(wedding|reel|tape)\.(mp4|mkv)", film),
    (r"frames/?", numbered_folder),
    (r"(photo\.tintype|dress)\.json", guidance),
    (r"list\.csv", manifest),
    (r"sources\.csv", groups),
    (r"\w+\.jsonl", answers),
    (r"(judge|efficientnet_lite1|mobilenet_v2)\.safetensors", classifier),
    (r"mine\.onnx|runs/a(/a)?\.onnx", network),
    (r"runs/\*/\*\.onnx", lambda path: network(path.parents[1] / "a" / "a.onnx")),
    (r"examples/[\w-]+\.\w+", example),
]


def provide(command: str, folder: Path) -> None:
    """Make what a command names and is not there yet."""
    for name in re.findall(r"[\w./*-]+", command):
        for pattern, make in MAKERS:
            if re.fullmatch(pattern, name) and not (folder / name).exists():
                make(folder / name)
