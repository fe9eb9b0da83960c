"""Mutated files of 42 kinds, with fixed seeds: each is read, or refused in one sentence, within 5 s
and 1 GB, and never with a traceback.

    python benchmarks/fuzz.py --count 5000
"""

import argparse
import io
import resource
import signal
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

import imagecodecs
import numpy as np
import tifffile
from PIL import Image
from skimage import data

from tintype.errors import TintypeError
from tintype.photo import peek, read_label, read_pages

MAX_SECONDS, MAX_BYTES = 5, 2**30
CAT = np.ascontiguousarray(data.chelsea()[:96, :128])
DEEP = CAT.astype(np.uint16) * 257
DEEP_GRAY = np.ascontiguousarray(DEEP[..., 1])
GRAY = np.ascontiguousarray(CAT[..., 1])
ALPHA = np.dstack([CAT, GRAY])


def pillow(kind: str, pixels: np.ndarray = CAT, mode: str | None = None, **options) -> bytes:
    """A file by Pillow, with EXIF where its format has it."""
    image = Image.fromarray(pixels)
    image = image.convert(mode) if mode else image
    exif = Image.Exif()
    exif[270], exif[274] = "a caption", 6
    exif.get_ifd(0x8769)[0x9003] = "1931:06:01 12:00:00"
    if kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
        options["exif"] = exif
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(*pages: tuple[np.ndarray, dict[str, object]], **options) -> bytes:
    """A file by tifffile."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for pixels, own in pages:
            kind = "rgb" if pixels.ndim == 3 else "minisblack"
            writer.write(pixels, **{"metadata": None, "photometric": kind, **own})
    return file.getvalue()


def gray_image() -> Image.Image:
    """Another page."""
    return Image.fromarray(GRAY)


def psd() -> bytes:
    """Gray, 16 bits."""
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 1, *GRAY.shape, 16, 1)
    return head + bytes(12) + struct.pack(">H", 0) + DEEP_GRAY.astype(">u2").tobytes()


KINDS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: pillow("JPEG"),
    "jpeg gray": lambda: pillow("JPEG", GRAY),
    "jpeg progressive": lambda: pillow("JPEG", progressive=True),
    "jpeg cmyk": lambda: pillow("JPEG", mode="CMYK"),
    "jpeg xmp": lambda: pillow("JPEG", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    "jpeg 12 bit": lambda: imagecodecs.jpeg8_encode(DEEP_GRAY >> 4, 95, bitspersample=12),
    "jpeg lossless": lambda: imagecodecs.jpeg8_encode(DEEP_GRAY, lossless=True),
    "mpo": lambda: pillow("MPO", save_all=True, append_images=[Image.fromarray(CAT)]),
    "png": lambda: pillow("PNG"),
    "png gray": lambda: pillow("PNG", GRAY),
    "png alpha": lambda: pillow("PNG", ALPHA),
    "png palette": lambda: pillow("PNG", mode="P"),
    "png 16": lambda: pillow("PNG", DEEP_GRAY),
    "apng": lambda: pillow("PNG", save_all=True, append_images=[Image.fromarray(CAT)]),
    "gif": lambda: pillow("GIF", comment="a comment"),
    "gif animated": lambda: pillow("GIF", save_all=True, append_images=[Image.fromarray(CAT)]),
    "webp": lambda: pillow("WEBP"),
    "webp lossless": lambda: pillow("WEBP", ALPHA, lossless=True),
    "webp animated": lambda: pillow("WEBP", save_all=True, append_images=[Image.fromarray(CAT)]),
    "avif": lambda: pillow("AVIF"),
    "bmp": lambda: pillow("BMP"),
    "tga": lambda: pillow("TGA"),
    "ppm": lambda: pillow("PPM"),
    "pgm": lambda: pillow("PPM", GRAY),
    "pbm": lambda: pillow("PPM", mode="1"),
    "jpeg 2000": lambda: pillow("JPEG2000"),
    "jpeg xl": lambda: bytes(imagecodecs.jpegxl_encode(CAT)),
    "jpeg xl box": lambda: bytes(imagecodecs.jpegxl_encode(CAT, usecontainer=True)),
    "jpeg xl 16": lambda: bytes(imagecodecs.jpegxl_encode(DEEP, lossless=True)),
    "psd 16": psd,
    "tiff": lambda: tiff((CAT, {})),
    "tiff lzw": lambda: tiff((CAT, {"compression": "lzw", "predictor": True})),
    "tiff jpeg": lambda: tiff((CAT, {"compression": "jpeg"})),
    "tiff g4": lambda: pillow("TIFF", mode="1", compression="group4"),
    "tiff 16": lambda: tiff((DEEP, {"compression": "zlib"})),
    "tiff float": lambda: tiff((CAT.astype(np.float32) / 255, {})),
    "tiff tiles": lambda: tiff((CAT, {"tile": (32, 32)}), byteorder=">"),
    "tiff pages": lambda: tiff(
        (CAT, {"subifds": 1}), (CAT[::2, ::2], {"subfiletype": 1}), (GRAY, {})
    ),
    "bigtiff": lambda: tiff((DEEP, {}), bigtiff=True),
    "pdf": lambda: pillow("PDF", GRAY),
    "pdf pages": lambda: pillow("PDF", mode="P", save_all=True, append_images=[gray_image()]),
    "raw": lambda: tiff((CAT, {"subifds": 1}), (DEEP_GRAY, {"photometric": "cfa"})),
}


def mutated(sound: bytes, random: np.random.Generator) -> bytes:
    """A file with one to eight faults: bytes changed, most of them near the beginning, numbers made
    extreme, parts cut, doubled or exchanged."""
    out = bytearray(sound)
    for _ in range(random.integers(1, 9)):
        spread = len(out) if random.random() < 0.4 else min(len(out), 400)
        at = int(random.integers(0, max(1, spread)))
        length = int(random.integers(1, 64))
        match random.integers(0, 7):
            case 0:
                out[at : at + 1] = bytes([int(random.integers(0, 256))])
            case 1:
                out[at : at + 4] = random.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])
            case 2:
                out[at : at + 2] = random.choice([b"\xff\xff", b"\0\x01", b"\x01\0"])
            case 3:
                del out[at + length * 20 :]
            case 4:
                out[at:at] = out[at : at + length]
            case 5:
                del out[at : at + length]
            case 6:
                out[at : at + length] = random.bytes(length)
    return bytes(out) or b"\0"


def files(count: int) -> Iterator[tuple[str, int, bytes]]:
    """Kind, seed and bytes."""
    sound = {kind: bytes(make()) for kind, make in KINDS.items()}
    names = list(sound)
    for seed in range(count):
        kind = names[seed % len(names)]
        yield kind, seed, mutated(sound[kind], np.random.default_rng(seed))


def _late(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def attempt(file: bytes) -> str:
    """ "read", "refused", or what went wrong."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(MAX_SECONDS)
    try:
        peek(file)
        read_label(file)
        for photo in read_pages(file):
            assert photo.pixels.size
    except TintypeError as error:
        cause = error.__cause__
        late = isinstance(cause, TimeoutError)
        return (
            f"over {MAX_SECONDS} s"
            if late
            else "memory"
            if isinstance(cause, MemoryError)
            else "refused"
        )
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return "read"


def main() -> None:
    """Print a table of outcomes, and each fault with its kind and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    arguments = parser.parse_args()
    outcomes: Counter[str] = Counter()
    slowest = (0.0, "", 0)
    for kind, seed, file in files(arguments.count):
        if seed < arguments.start:
            continue
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        outcome = attempt(file)
        slowest = max(slowest, (time.perf_counter() - started, kind, seed))
        grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        outcome = f"{grown >> 20} MB" if grown > MAX_BYTES else outcome
        outcomes[outcome if outcome in ("read", "refused") else "fault"] += 1
        if outcome not in ("read", "refused"):
            print(f"{kind}, seed {seed}: {outcome}", flush=True)
    print(*(f"{outcome}: {number}" for outcome, number in outcomes.items()), sep=", ")
    print(f"slowest: {slowest[0]:.2f} s ({slowest[1]}, seed {slowest[2]})")
    sys.exit(1 if outcomes["fault"] else 0)


if __name__ == "__main__":
    main()
