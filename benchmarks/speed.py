"""How fast and how large Tintype is here, each against something anyone can run, in one process and
one run.

python benchmarks/speed.py [--large] [--only PART…]      (--large adds the photographs of 50 and 200
megapixels)
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tintype import Colorizer, Guidance, Hint
from tintype.contract import STRIDE
from tintype.engine import Network, list_models

RUNS, SECONDS = 15, 10
"""Of one measurement: the most runs, and the time after which no other one is begun."""
PICTURE = np.random.default_rng(0).uniform(0, 100, (256, 256)).astype(np.float32)


def seconds(
    work: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The median of several runs, three at least, after one to warm up."""
    work()
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < 3 or (len(times) < runs and time.perf_counter() - started < SECONDS):
        start = clock()
        work()
        times.append(clock() - start)
    return statistics.median(times)


def networks() -> None:
    """Every installed network at the sizes that it works at, DDColor-T in any case; two networks in
    PyTorch.

    In seconds of the processor, which other programs disturb least.
    """
    print("Networks, one picture at a time, one thread, seconds of the processor")
    base = one_network(Network.load("default", "cpu", threads=1), "default", [256], None)
    for name in list_models():
        network = Network.load(name, "cpu", threads=1)
        one_network(network, name, network.sizes, base)
    try:
        import torch

        from tintype.lab.nets.tintype import Tintype
    except ImportError:
        print("  (PyTorch is not installed; the comparison needs the extra `train`)")
        return
    if "ddcolor-tiny" not in list_models():
        with tempfile.TemporaryDirectory() as folder:
            network = Network(ddcolor(Path(folder)), "cpu", threads=1)
            one_network(network, "DDColor-T, untrained", network.sizes, base)
    torch.set_num_threads(1)
    shown = torch.from_numpy(PICTURE)[None, None]
    for name, module in {"default's network": Tintype(), "pix2pix U-Net (54 M)": pix2pix()}.items():
        module.eval()
        with torch.no_grad():
            row(
                f"{name}, PyTorch, 256×256",
                seconds(lambda module=module: module(shown), 5, time.process_time),
                base,
            )


def one_network(network: Network, name: str, sides: list[int], base: float | None) -> float:
    """Print how long a network takes to see a photograph at these sizes. Returns seconds."""
    padded = [side + -side % STRIDE for side in sides]
    shown = [
        cv2.resize(PICTURE, (side, side), interpolation=cv2.INTER_AREA)[None, None]
        for side in padded
    ]
    each = seconds(lambda: [network.predict(look) for look in shown], clock=time.process_time)
    row(
        f"{name}, ONNX Runtime, {' and '.join(f'{side}×{side}' for side in sides)}",
        each,
        base or each,
    )
    return each


def row(name: str, each: float, base: float) -> None:
    """Print one network's time."""
    print(f"  {name:52} {each:8.3f} s   {each / base:6.1f}×", flush=True)


def generators() -> None:
    """Frames a second of every recipe's network, untrained, in PyTorch, one picture of 256×256 at a
    time; the processor's seconds of one thread, and wall-clock frames of all threads."""
    import torch

    from tintype.lab.nets.decision import automatic_inputs
    from tintype.lab.training.recipe import load_recipe, recipe_names
    from tintype.lab.training.systems import build_network

    threads = torch.get_num_threads()
    shown = torch.from_numpy(PICTURE)[None, None]
    print(f"Generators, 256×256, PyTorch; frames a second on one thread and on {threads}")
    for name in recipe_names():
        network = build_network(load_recipe(name), fresh=False).eval()
        if "lightness" not in network.inputs:
            continue
        inputs = automatic_inputs(network, shown)
        millions = sum(value.numel() for value in network.parameters()) / 1e6
        rates = []
        for count, clock in ((1, time.process_time), (threads, time.perf_counter)):
            torch.set_num_threads(count)
            with torch.inference_mode():
                rates.append(1 / seconds(lambda: network(**inputs), 5, clock))  # noqa: B023
        print(f"  {name:24} {millions:6.1f} M {rates[0]:8.1f} {rates[1]:8.1f}", flush=True)


def pix2pix():  # type: ignore[no-untyped-def]
    """Isola et al. 2017: eight halvings, eight doublings with skips."""
    from torch import cat, nn

    class Level(nn.Module):
        def __init__(self, c_in: int, width: int, c_out: int, inner: nn.Module | None) -> None:
            super().__init__()
            self.down = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(c_in, width, 4, 2, 1))
            self.inner = inner
            self.up = nn.Sequential(
                nn.ReLU(), nn.ConvTranspose2d(width * (2 if inner else 1), c_out, 4, 2, 1)
            )

        def forward(self, x):  # type: ignore[no-untyped-def]
            y = self.down(x)
            return cat([x, self.up(self.inner(y) if self.inner else y)], 1)

    widths = [64, 128, 256, 512, 512, 512, 512, 512]
    level: nn.Module | None = None
    for i in range(7, 0, -1):
        level = Level(widths[i - 1], widths[i], widths[i - 1], level)
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1), level, nn.ReLU(), nn.ConvTranspose2d(128, 2, 4, 2, 1)
    )


def ddcolor(folder: Path) -> Path:
    """DDColor-T (Kang et al. 2023) as an ONNX file, its weights untrained: they cost as much time
    as trained ones."""
    from tintype.contract import NetworkMetadata
    from tintype.lab.nets.ddcolor import DDColor
    from tintype.lab.training.export import export

    path = folder / "ddcolor-tiny.onnx"
    export(DDColor(), path, NetworkMetadata(system="ddcolor", size=512, shape="square"))
    return path


WHOLE = """
import sys, time
from PIL import Image
from tintype import Colorizer, read_photo, write_photo
colorizer = Colorizer(device="cpu")
path, out, runs = sys.argv[1:]
def peak():
    lines = open("/proc/self/status")
    return next(int(l.split()[1]) / 1024 for l in lines if l.startswith("VmHWM"))
def way(color):
    start = time.perf_counter()
    if color:
        write_photo(colorizer.colorize_photo(read_photo(path)), out)
    else:
        with Image.open(path) as image:
            image.convert("RGB").save(out, quality=95, subsampling=0)
    return time.perf_counter() - start
times = {c: min(way(c) for _ in range(int(runs))) for c in (False, True)}
print(times[False], times[True], peak())
"""


def whole_photographs(large: bool) -> None:
    """A gray JPEG to a color JPEG, against Pillow reading it and writing it as color, uncolored;
    each in a fresh process."""
    print("Whole photographs, gray JPEG to color JPEG")
    photo = cv2.imread(
        str(Path(__file__).parents[1] / "examples" / "eileen-collins.jpg"), cv2.IMREAD_GRAYSCALE
    )
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in (1, 12, *((50, 200) if large else ())):
            side = round((megapixels * 1e6) ** 0.5)
            path = Path(folder) / f"{megapixels}.jpg"
            cv2.imwrite(str(path), cv2.resize(photo, (side, side), interpolation=cv2.INTER_CUBIC))
            runs = 2 if megapixels > 12 else 7
            command = [
                sys.executable,
                "-c",
                WHOLE,
                str(path),
                str(Path(folder) / "out.jpg"),
                str(runs),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            plain, colored, peak = map(float, done.stdout.split())
            print(
                f"  {megapixels:4} megapixels   {colored:6.2f} s   {colored / plain:5.2f}×"
                " of decoding and encoding"
                f"   peak {peak:5.0f} MB"
            )


def guided() -> None:
    """What guidance costs on a prepared megapixel, against coloring it from its pixels; at
    the size at which ab are guided, and to finished pixels."""
    photo = cv2.imread(
        str(Path(__file__).parents[1] / "examples" / "eileen-collins.jpg"), cv2.IMREAD_GRAYSCALE
    )
    pixels = cv2.resize(photo, (1000, 1000), interpolation=cv2.INTER_CUBIC)
    colorizer = Colorizer(device="cpu", threads=1)
    prepared = colorizer.prepare(pixels)
    places = np.random.default_rng(0)

    def new_hint() -> Guidance:
        """At a place of its own each time: an answer that is kept would cost nothing."""
        x, y = places.random(2)
        return Guidance(hints=(Hint(x, y, "#a03050"),))

    kept = new_hint()
    ways: dict[str, Callable[[], object]] = {
        "from the pixels, no guidance": lambda: colorizer.color(colorizer.prepare(pixels)),
        "prepared: the same again": lambda: colorizer.color(prepared),
        "prepared: a new hint": lambda: colorizer.color(prepared, new_hint()),
        "prepared: a new hint, ab alone": lambda: colorizer.ab(prepared, new_hint()),
        "prepared: another saturation": lambda: colorizer.color(
            prepared, Guidance(saturation=places.uniform(0.5, 1.5))
        ),
        "prepared: another saturation, ab alone": lambda: colorizer.ab(
            prepared, Guidance(saturation=places.uniform(0.5, 1.5))
        ),
        "prepared: another saturation with a hint": lambda: colorizer.color(
            prepared, Guidance(hints=kept.hints, saturation=places.uniform(0.5, 1.5))
        ),
    }
    print("Wishes on one prepared megapixel")
    base = None
    for name, way in ways.items():
        each = seconds(way, 5)
        base = base or each
        print(f"  {name:44} {each:6.3f} s   {each / base:5.2f}×")


def start_up() -> None:
    """The command on a small photograph, from start to the finished file; against Python with NumPy
    alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.png"
        cv2.imwrite(str(path), np.full((256, 256), 90, np.uint8))
        command = "from tintype.cli import main; main()"
        ways = {
            "python -c 'import numpy, cv2'": ["-c", "import numpy, cv2"],
            "tintype --version": ["-c", command, "--version"],
            "tintype colorize, 256×256, to the file": [
                "-c",
                command,
                "colorize",
                str(path),
                "--overwrite",
            ],
        }
        print("Start-up")
        for name, arguments in ways.items():
            each = seconds(
                lambda a=arguments: subprocess.run(
                    [sys.executable, *a], capture_output=True, check=True
                ),
                5,
            )
            print(f"  {name:44} {each:6.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parts: dict[str, Callable[[], None]] = {
        "networks": networks,
        "generators": generators,
        "photographs": lambda: whole_photographs(args.large),
        "wishes": guided,
        "start": start_up,
    }
    parser.add_argument("--only", nargs="+", choices=list(parts), default=list(parts))
    args = parser.parse_args()
    for name in args.only:
        parts[name]()


if __name__ == "__main__":
    main()
