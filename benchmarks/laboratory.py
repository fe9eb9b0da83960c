"""Trains every system of the laboratory for the same few minutes, so that all are known to learn,
and measures what they claim.

    python benchmarks/laboratory.py --data photos/ --held-out more/ --teacher mobilenet_v2:FILE \
        --output runs/lab --minutes 6
    tintype evaluate gray runs/lab/*/*.onnx truth --data validation/ \
        --judge mobilenet_v2:judge.safetensors -o report

Each run can be stopped and started again; what is finished is not done twice. `--only NAME…` does
some of them. `--tables` prints those of docs/laboratory.md from what is finished: SCGAN's ablations
and the combinations of generators and objectives, each trained alike.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from measures import checkerboard_energy, contrast_kept
from tintype.color import colorfulness, fit_gamut, hue_histogram, hues, lab_to_srgb, srgb_to_lab
from tintype.engine import Network
from tintype.files import write_text
from tintype.lab.data.photographs import PhotoStore, load_photographs
from tintype.lab.data.settings import plain_data
from tintype.lab.evaluation.measures import psnr
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import load_recipe

RED, BLUE = (80.0, 67.0), (79.0, -108.0)
"""Directions in the ab plane of sRGB's red and blue."""


@dataclass(frozen=True)
class Entry:
    """A recipe, and the overrides that make it small enough for minutes on a CPU: half the width,
    pictures of 64 pixels."""

    name: str
    recipe: str
    overrides: tuple[str, ...]
    share: float = 1.0
    """Of the minutes."""
    steps: int | None = None
    """Instead of minutes, where systems are compared at equal steps."""
    encoder: str = "graynet"
    """The entry whose weights a recipe with an encoder starts from."""


MENDED = ("network.down=strided", "network.up=resize+conv", "network.scaling=centered")
SMALL_SCGAN = (
    "stages.0.steps=350",
    "data.size=64",
    "network.halvings=6",
    "data.batch_size=8",
    "losses.perceptual.weight=0.5",
)
HALF = ("network.width=32", "data.size=64", "data.batch_size=16", "optimizer.lr=0.0005")
FLOWERS = (
    'data.oversample={"*": 0, flowers102: 1}',
    "data.limit=102",
    "data.size=128",
    (
        "optimizer={name: adam, lr: 0.004, betas: [0.5, 0.999], clip: null, schedule: cosine,"
        " warmup: 50}"
    ),
)
"""The mask GAN's author had 102 flowers."""
MASKS = (
    "data.guidance.regions=[half, stripes, grid, box, ellipse, blob, object, background]",
    (
        "stages=[{name: masks, steps: 3600, size: 96, weights: {gan: 0}}, {name: fine, steps: 1900,"
        " lr: 0.003, weights: {gan: 0}}, {name: game, steps: 100, lr: 0.00005}]"
    ),
)
"""The game begins when the masks are known."""
ONE_MASK = (
    "data.guidance.regions=[left]",
    "stages=[{name: mask, steps: 1500, size: 64, weights: {gan: 0}}]",
    "losses.gan.weight=0",
)
OBJECTIVES = {
    **{
        name: (f"losses.gan.game.objective={name}",)
        for name in ("vanilla", "least-squares", "hinge")
    },
    "wasserstein": ("losses.gan.game.objective=wasserstein", "losses.gan.game.steps=5"),
    "energy": (
        (
            "losses.gan.game={objective: energy, discriminator: autoencoder, margin: 80,"
            " pulling_away: 0.1}"
        ),
    ),
}
BRIEF_SCGAN = (
    *("stages.0.steps=450", "data.size=64", "data.batch_size=8"),
    *("network.halvings=6", "network.width=32"),
)
"""For 600 steps, the last 150 of them against discriminators."""
SCGAN_ABLATIONS = {
    "whole": (),
    "no-attention": ("losses.attention.weight=0", "stages.1.weights.gan_attention=0"),
    "no-gan": ("stages.1.weights.gan=0", "stages.1.weights.gan_attention=0"),
    "no-perceptual": ("losses.perceptual.weight=0",),
    "lsgan": tuple(
        f"losses.{name}.game.objective=least-squares" for name in ("gan", "gan_attention")
    ),
    "global-untrained": ("encoder=null",),
    "no-global": ("encoder=null", "network.global_features=false"),
    "l2": ("losses.l1.weight=0", "losses.l2.weight=1"),
    "instance-norm": ("network.norm=instance",),
    "weights-of-the-code": (
        "losses.attention.weight=0.5",
        *("stages.1.weights.gan=0.05", "stages.1.weights.gan_attention=0.05"),
    ),
}
ENTRIES = (
    Entry("graynet", "graynet", ("data.size=64",)),
    Entry("graynet-half", "graynet", ("data.size=64", "network.width=32"), steps=374),
    Entry("scgan", "scgan", SMALL_SCGAN, 3),
    Entry(
        "scgan-plain",
        "scgan",
        (*SMALL_SCGAN, "losses.attention.weight=0", "stages.1.weights.gan_attention=0"),
        3,
    ),
    Entry("colorful", "colorful", HALF),
    Entry("colornet-gray", "colornet-gray", HALF),
    Entry("colornet-lightness", "colornet-lightness", HALF),
    Entry("colornet-mended", "colornet-lightness", (*HALF, *MENDED)),
    Entry("colornet-shifted", "colornet-lightness", HALF, steps=1000),
    Entry(
        "colornet-centered", "colornet-lightness", (*HALF, "network.scaling=centered"), steps=1000
    ),
    Entry("mask-gan", "mask-gan", (*HALF, *FLOWERS, *MASKS), steps=5600),
    Entry("mask-gan-single", "mask-gan", (*HALF, *FLOWERS, *ONE_MASK), steps=1500),
    *(
        Entry(f"{recipe}-{objective}", recipe, (*HALF, *depth, *game), steps=400)
        for recipe, depth in (("yal-unet", ("network.depth=6",)), ("yal-colorful", ()))
        for objective, game in OBJECTIVES.items()
    ),
    *(
        Entry(f"scgan-{name}", "scgan", (*BRIEF_SCGAN, *changes), 1, 600, "graynet-half")
        for name, changes in SCGAN_ABLATIONS.items()
    ),
    Entry("scgan-whole-seed-1", "scgan", (*BRIEF_SCGAN, "seed=1"), 1, 600, "graynet-half"),
    Entry(
        "yal-unet-least-squares-seed-1",
        "yal-unet",
        (*HALF, "network.depth=6", *OBJECTIVES["least-squares"], "seed=1"),
        steps=400,
    ),
    Entry("nir", "nir", SMALL_SCGAN),
    Entry("underwater", "underwater", SMALL_SCGAN),
)


def train(entry: Entry, args: argparse.Namespace) -> None:
    """Train for the entry's minutes, export, and note what it took in took.json."""
    run = args.output / entry.name
    done = run / "took.json"
    if done.exists():
        return
    data = [args.output / "infrared"] if entry.recipe == "nir" else args.data
    if entry.recipe == "nir":
        stand_in_infrared(args.data, data[0])
    overrides = ["save_every=50", "data.short_side=144", "data.limit=8000", *entry.overrides]
    if load_recipe(entry.recipe, list(entry.overrides)).encoder == "graynet":
        weights = args.output / entry.encoder / f"{entry.encoder}.safetensors"
        overrides.append(f"encoder=graynet:{weights}")
    command = [sys.executable, "-m", "tintype", "train", entry.recipe, "--output", str(run)]
    command += [part for path in data for part in ("--data", str(path))]
    command += ["--teacher", args.teacher, "--precision", args.precision]
    command += (
        ["--steps", str(entry.steps)]
        if entry.steps
        else ["--minutes", str(args.minutes * entry.share)]
    )
    command += [part for override in overrides for part in ("--set", override)]
    started = time.monotonic()
    subprocess.run([*command, *(["--resume"] if (run / "state.pt").exists() else [])], check=True)
    minutes = (time.monotonic() - started) / 60
    subprocess.run([sys.executable, "-m", "tintype", "export", str(run)], check=True)
    state = load_state(run)
    parameters = sum(
        value.numel()
        for key, value in state["network"].items()
        if value.is_floating_point() and "running" not in key
    )
    batch_size = load_recipe(entry.recipe, list(overrides)).data.batch_size
    numbers = {
        "parameters": parameters,
        "steps": state["step"],
        "pictures": state["step"] * batch_size,
        "minutes": round(minutes, 1),
    }
    write_text(done, json.dumps({**numbers, "overrides": entry.overrides}))


def stand_in_infrared(photographs: list[Path], folder: Path, count: int = 2000) -> None:
    """Pairs for the recipe `nir` where no camera took any: leaves bright, sky and water dark, else
    the red channel.

    A stand-in, which shows that pairs train, and not how well near-infrared can be colored.
    """
    if folder.exists():
        return
    store = load_photographs(photographs, plain_data(short_side=144, limit=count))
    for part in ("nir", "rgb"):
        (folder / part).mkdir(parents=True)
    for i in range(len(store)):
        picture = store.picture(i)
        r, g, b = np.moveaxis(picture.astype(np.float32), 2, 0)
        infrared = r + 2 * np.clip(2 * g - r - b, 0, None) - np.clip(b - r, 0, None)
        cv2.imwrite(
            str(folder / "nir" / f"{i:05d}.png"), np.clip(infrared, 0, 255).astype(np.uint8)
        )
        cv2.imwrite(str(folder / "rgb" / f"{i:05d}.png"), picture[:, :, ::-1])


@dataclass(frozen=True)
class HeldOut:
    """Photographs that none of the systems saw, at a network's own size. lightness and saliency:
    N×1×S×S, ab: N×2×S×S, float32."""

    network: Network
    lightness: np.ndarray
    ab: np.ndarray
    saliency: np.ndarray

    @classmethod
    def of(cls, store: PhotoStore, file: Path) -> "HeldOut":
        network = Network.load(file)
        crops = store.draw(
            np.random.default_rng(0), len(store), network.size, (0.9, 1.0), slice(None)
        )
        lab = np.stack(
            [srgb_to_lab(picture) for picture in crops.rgb.permute(0, 2, 3, 1).numpy()]
        ).transpose(0, 3, 1, 2)
        return cls(network, np.ascontiguousarray(lab[:, :1]), lab[:, 1:], crops.saliency.numpy())

    def colored(self, region: np.ndarray | None = None) -> torch.Tensor:
        """ab, N×2×S×S."""
        given = [None] * len(self.lightness) if region is None else np.split(region, len(region))
        pairs = zip(np.split(self.lightness, len(self.lightness)), given, strict=True)
        return torch.from_numpy(
            np.concatenate([self.network.predict(light, region=mask).ab for light, mask in pairs])
        )


def tables(args: argparse.Namespace) -> None:
    """One row of Markdown for each finished ablation of SCGAN and each finished combination of a
    generator and an objective, on photographs that none of them saw."""
    store = load_photographs(args.held_out, plain_data(short_side=144, limit=args.pictures))
    for kind in ("scgan", "yal"):
        names = [
            *(f"scgan-{name}" for name in SCGAN_ABLATIONS),
            *(entry.name for entry in ENTRIES if entry.name.startswith("yal-")),
            "scgan-whole-seed-1",
        ]
        print("\n||PSNR|error|chroma|colorfulness|hues|red|blue|parameters|")
        print("|---|" + "---|" * 8)
        gray_shown = False
        for name in (name for name in names if name.startswith(kind)):
            run = args.output / name
            if not (run / "took.json").exists():
                continue
            given = HeldOut.of(store, run / f"{name}.onnx")
            if not gray_shown:
                gray_shown = True
                print(f"|gray copy|{measured(given, np.zeros_like(given.ab))}||")
            took = json.loads((run / "took.json").read_text())
            size = given.ab.shape[2:]
            ab = torch.nn.functional.interpolate(given.colored(), size, mode="bilinear")
            row = measured(given, ab.numpy())
            print(f"|`{name}`|{row}|{took['parameters'] / 1e6:.1f} M|")


def measured(given: HeldOut, ab: np.ndarray) -> str:
    """Cells of a table: PSNR over RGB at exact L*, dB; mean distance from the true ab; chroma and
    colorfulness as shares of the truth's; effective hues; what is left of the contrast of reds and
    of blues. ab: N×2×S×S."""
    true, made = (
        fit_gamut(np.concatenate([given.lightness, each], 1).transpose(0, 2, 3, 1))
        for each in (given.ab, ab)
    )
    pictures = [[np.clip(lab_to_srgb(lab), 0, 1) for lab in labs] for labs in (true, made)]
    vivid = [sum(map(colorfulness, shown)) for shown in pictures]
    chroma = [float(np.hypot(each[:, 0], each[:, 1]).mean()) for each in (given.ab, ab)]
    error = float(np.linalg.norm(ab - given.ab, axis=1).mean())
    histogram = hue_histogram(made[..., 1:])
    left = [
        contrast_kept(torch.from_numpy(ab), torch.from_numpy(given.ab), hue) for hue in (RED, BLUE)
    ]
    decibels = float(np.mean([psnr(*pair) for pair in zip(*reversed(pictures), strict=True)]))
    return (
        f"{decibels:.2f}|{error:.1f}|{chroma[1] / chroma[0]:.2f}|{vivid[1] / vivid[0]:.2f}"
        f"|{hues(histogram):.1f}|{left[0]:.2f}|{left[1]:.2f}"
    )


def claims(args: argparse.Namespace) -> None:
    """What the papers and their readers say of these systems, by number, on photographs that none
    of them saw."""
    store = load_photographs(args.held_out, plain_data(short_side=144, limit=args.pictures))
    found = {entry.name: args.output / entry.name / f"{entry.name}.onnx" for entry in ENTRIES}
    shown = {name: HeldOut.of(store, file) for name, file in found.items() if file.exists()}

    print(
        "ColorNet: energy at the Nyquist frequency (share); what is left of the contrast of reds"
        " and of blues; error of ab"
    )
    for name in shown.keys() & {
        entry.name for entry in ENTRIES if entry.name.startswith("colornet")
    }:
        ab, true = shown[name].colored(), torch.from_numpy(shown[name].ab)
        red, blue = (contrast_kept(ab, true, direction) for direction in (RED, BLUE))
        error = float((ab - true).norm(dim=1).mean())
        print(
            f"  {name:20} {float(checkerboard_energy(ab).mean()):.5f}   red {red:.3f}   blue"
            f" {blue:.3f}   error {error:.2f}"
        )

    print(
        "Mask GAN, on other flowers: mean chroma outside of masks that it never saw, as a share of"
        " that inside; that inside"
    )
    for name in {"mask-gan", "mask-gan-single"} & shown.keys():
        flowers = load_photographs(
            args.held_out,
            plain_data(short_side=144, limit=102, oversample={"*": 0, "flowers102": 1}),
        )
        given = HeldOut.of(flowers, found[name])
        for kind, mask in masks(given.network.size).items():
            region = np.broadcast_to(mask, given.lightness.shape).astype(np.float32)
            chroma = given.colored(region).norm(dim=1, keepdim=True).numpy()
            inside, outside = chroma[region > 0.5].mean(), chroma[region <= 0.5].mean()
            print(f"  {name:20} {kind:10} {outside / inside:.3f}   inside {inside:.1f}")

    print(
        "SCGAN: ab gradient where no lightness edge explains it, near the borders of objects and"
        " elsewhere, by mean chroma"
    )
    for name in shown.keys() & {"scgan", "scgan-plain"}:
        given = shown[name]
        ab = given.colored()
        near, far = border_bleeding(given.lightness, ab.numpy(), given.saliency)
        chroma = float(ab.norm(dim=1).mean())
        print(
            f"  {name:20} near {near / chroma:.4f}   elsewhere {far / chroma:.4f}   mean chroma"
            f" {chroma:.1f}"
        )


def masks(side: int) -> dict[str, np.ndarray]:
    """Masks that no recipe draws: rings, letters, a checkerboard."""
    y, x = (np.mgrid[:side, :side] + 0.5) * 128 / side
    ring = np.isin(np.hypot(y - 64, x - 64) // 15, (1, 3))
    letters = np.zeros((128, 128), np.uint8)
    cv2.putText(letters, "Tin", (4, 60), cv2.FONT_HERSHEY_DUPLEX, 2.2, 1, 9)
    cv2.putText(letters, "type", (4, 112), cv2.FONT_HERSHEY_DUPLEX, 1.8, 1, 9)
    checkers = (y // 24 + x // 24) % 2
    return {
        "ring": ring,
        "letters": cv2.resize(letters, (side, side), interpolation=cv2.INTER_NEAREST),
        "checkers": checkers,
    }


def border_bleeding(
    lightness: np.ndarray, ab: np.ndarray, saliency: np.ndarray
) -> tuple[float, float]:
    """Mean ab gradient, units a pixel, where L* is calm: within 6 pixels of an object's border, and
    elsewhere."""
    near, far = [], []
    for light, color, salient in zip(lightness[:, 0], ab, saliency[:, 0], strict=True):
        edges = cv2.dilate((slope(light) > 2).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        inside = (salient > 0.5).astype(np.uint8)
        border = cv2.dilate(inside, np.ones((13, 13), np.uint8)) != cv2.erode(
            inside, np.ones((13, 13), np.uint8)
        )
        steep = np.hypot(slope(color[0]), slope(color[1]))
        near.append(steep[border & ~edges])
        far.append(steep[~border & ~edges])
    return float(np.concatenate(near).mean()), float(np.concatenate(far).mean())


def slope(channel: np.ndarray) -> np.ndarray:
    """Length of the Sobel gradient, units a pixel."""
    smooth = np.ascontiguousarray(channel, np.float32)
    return np.hypot(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        help="folders or shards of photographs with saliency maps",
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        nargs="+",
        required=True,
        help="photographs with saliency maps, none of --data",
    )
    parser.add_argument("--teacher", metavar="KIND:FILE", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--pictures", type=int, default=100, help="for the claims")
    parser.add_argument("--only", nargs="+", choices=[entry.name for entry in ENTRIES])
    parser.add_argument("--claims-only", action="store_true")
    parser.add_argument("--tables", action="store_true", help="print the tables alone")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    if args.tables:
        tables(args)
        return
    for entry in ENTRIES:
        if not args.claims_only and (args.only is None or entry.name in args.only):
            train(entry, args)
    claims(args)


if __name__ == "__main__":
    main()
