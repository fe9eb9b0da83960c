"""What an archive's run costs, and whether it survives being killed:

python benchmarks/archive.py speed      files a second with one worker and with one a core, and how
busy the cores are python benchmarks/archive.py costs      processor seconds and bytes a picture, by
size: what a million pictures cost python benchmarks/archive.py batches    what the network costs a
picture, alone and in batches python benchmarks/archive.py memory     the most memory that 40 TIFF
pages take, beside one page, and a scan of 200 megapixels python benchmarks/archive.py ledger
rows a second: a plan, a second plan that finds nothing to do python benchmarks/archive.py kills 50
kills a run with SIGKILL at random moments; the tree must be that of an unbroken run
"""

import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import tifffile

EXAMPLES = Path(__file__).parent.parent / "examples"
CORES = os.cpu_count() or 1


def pictures(folder: Path, count: int, side: int) -> Path:
    """So many gray photographs of about side×side pixels, all different: crops and mirrors of the
    examples."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    originals = [
        cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(EXAMPLES.glob("*.jpg"))
    ]
    for n in range(count):
        original = originals[n % len(originals)]
        top, left = (int(chance.integers(0, length // 8 + 1)) for length in original.shape)
        crop = original[top:, left:][:, :: 1 if n % 2 else -1]
        scale = side / (crop.shape[0] * crop.shape[1]) ** 0.5
        cv2.imwrite(
            str(folder / f"{n:04}.jpg"),
            cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
        )
    return folder


def archive(*arguments: object) -> tuple[float, float, float]:
    """Run `tintype archive`: seconds, seconds of processor time, the most memory in MB."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tintype", "archive", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"it failed: {' '.join(command)}")
    return time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def speed(folder: Path) -> None:
    """Small and ordinary pictures, the best of three; the time that the command takes to start is
    measured on one picture and taken away."""
    print("pictures             workers   files/s   ratio   cores busy")
    for side, count in ((160, 60), (1000, 40)):
        many, one = (
            pictures(folder / f"many{side}", count, side),
            pictures(folder / f"one{side}", 1, side),
        )
        best = {1: (0.0, 0.0), CORES: (0.0, 0.0)}
        for turn in range(3):
            for workers in best:
                empty, empty_busy, _ = archive(
                    one, "-o", folder / f"start{side}-{workers}-{turn}", "--workers", workers
                )
                seconds, busy, _ = archive(
                    many, "-o", folder / f"out{side}-{workers}-{turn}", "--workers", workers
                )
                share = (busy - empty_busy) / (seconds - empty) / CORES
                best[workers] = max(best[workers], ((count - 1) / (seconds - empty), share))
        for workers, (rate, share) in best.items():
            print(
                f"{count} of {side}×{side:<6} {workers:12} {rate:9.2f} {rate / best[1][0]:7.2f}"
                f" {share:11.0%}",
                flush=True,
            )


def costs(folder: Path) -> None:
    """One worker, with the processes that decode; what the command takes to start is measured on
    one picture and taken away."""
    print(
        "megapixels   processor s a picture   bytes read   bytes written   cost of a million at"
        " $0.04 a core hour"
    )
    for side, count in ((180, 41), (1000, 21), (3460, 9)):
        source, one = (
            pictures(folder / f"cost{side}-{number}", number, side) for number in (count, 1)
        )
        spent = [
            archive(scans, "-o", folder / f"paid-{scans.name}", "--workers", 1)[1]
            for scans in (one, source)
        ]
        each = (spent[1] - spent[0]) / (count - 1)
        read, written = (
            sum(path.stat().st_size for path in root.glob("*.jpg")) / count
            for root in (source, folder / f"paid-{source.name}")
        )
        print(
            f"{side * side / 1e6:10.2f} {each:23.2f} {read:12.0f} {written:15.0f}"
            f" {each * 1e6 / 3600 * 0.04:20.0f} $",
            flush=True,
        )


def batches(folder: Path) -> None:
    """One thread; milliseconds a picture at the working sizes of the default network, batches of
    one shape taking turns."""
    from tintype.engine import Network

    network = Network.load("default", "cpu", threads=1)
    print("size    batch   ms a picture   against one")
    for size in network.sizes:
        shown = np.random.default_rng(0).uniform(0, 100, (8, 1, size, size)).astype(np.float32)
        times: dict[int, list[float]] = {1: [], 4: [], 8: []}
        for turn in range(6):
            for count, found in times.items():
                started = time.perf_counter()
                for start in range(0, 8, count):
                    network.predict(shown[start : start + count])
                found += [(time.perf_counter() - started) / 8] if turn else []
        for count, found in times.items():
            each = statistics.median(found)
            print(
                f"{size:4} {count:8} {1000 * each:14.1f} {each / statistics.median(times[1]):13.2f}"
            )


def memory(folder: Path) -> None:
    """Pages of 12 megapixels, and one scan of 200 megapixels: a tiled BigTIFF of 16 bits."""
    original = cv2.imread(str(EXAMPLES / "cat.jpg"), cv2.IMREAD_GRAYSCALE)
    page = np.asarray(cv2.resize(original, (4000, 3000)))
    print("scan                              seconds   most memory, MB")
    for count in (1, 40):
        source = folder / f"pages{count}"
        source.mkdir()
        with tifffile.TiffWriter(source / "album.tif") as file:
            for _ in range(count):
                file.write(page, photometric="minisblack", compression="jpeg")
        seconds, _, most = archive(source, "-o", folder / f"out{count}", "--workers", 1)
        print(
            f"{count} pages of 12 megapixels{'':{10 - len(str(count))}} {seconds:9.1f}"
            f" {most:17.0f}",
            flush=True,
        )
    large = folder / "large"
    large.mkdir()
    scan = (
        cv2.resize(original, (16000, 12500), interpolation=cv2.INTER_CUBIC).astype(np.uint16) * 257
    )
    tifffile.imwrite(
        large / "scan.tif",
        scan,
        bigtiff=True,
        tile=(512, 512),
        photometric="minisblack",
        compression="zlib",
    )
    del scan
    seconds, _, most = archive(large, "-o", folder / "large-out")
    print(
        f"200 megapixels, 16 bit, {(large / 'scan.tif').stat().st_size / 1e6:.0f} MB"
        f" {seconds:11.1f} {most:17.0f}"
    )


def ledger(folder: Path) -> None:
    """A million items of which nothing is read."""
    from tintype.archive.ledger import Ledger
    from tintype.archive.plan import plan
    from tintype.archive.settings import ArchiveSettings
    from tintype.archive.stores import Folder, Stat

    (folder / "target").mkdir()
    book, settings = Ledger(folder / "ledger.sqlite"), ArchiveSettings("default", "0")
    book.begin(settings, "local")
    names = [f"box-{n // 1000:05}/scan-{n:08}.tif" for n in range(1_000_000)]
    for what in ("first plan", "second plan"):
        started = time.monotonic()
        plan(book, ((name, Stat(1, "1")) for name in names), settings, Folder(folder / "target"))
        print(f"{what}: {len(names) / (time.monotonic() - started):.0f} items a second")
    print(
        f"ledger: {(folder / 'ledger.sqlite').stat().st_size / len(names):.0f} bytes an item before"
        " it is done"
    )


def kills(folder: Path, count: int = 50) -> None:
    """Enough pictures that no run ends before its kill; then one run that may end."""
    many = folder / "many"
    many.mkdir()
    for n in range(25 * count):
        noise = np.random.default_rng(n).integers(0, 255, (32, 32), np.uint8)
        cv2.imwrite(str(many / f"{n:05}.png"), cv2.resize(noise, (64, 64)))
    options = ["--size", 64, "--workers", 2]
    archive(many, "-o", folder / "whole", *options)
    chance = random.Random(1)
    killed = 0
    for _ in range(count):
        command = [sys.executable, "-m", "tintype", "archive", many, "-o", folder / "out", *options]
        process = subprocess.Popen(
            [*map(str, command)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        books = folder / "out" / ".tintype" / "lock"
        while process.poll() is None and not (
            books.exists() and books.read_text() == str(process.pid)
        ):
            time.sleep(0.005)  # a kill while Python still starts proves nothing
        try:
            process.wait(chance.uniform(0, 2))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
    archive(many, "-o", folder / "out", *options)
    archive(many, "-o", folder / "out", "--verify")
    trees = [
        {
            path.relative_to(root): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and ".tintype" not in path.parts
        }
        for root in (folder / "whole", folder / "out")
    ]
    print(
        f"killed {killed} of {count} times; {len(trees[0])} files;"
        f" {'the same tree' if trees[0] == trees[1] else 'ANOTHER TREE'}"
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    what = {
        "speed": speed,
        "costs": costs,
        "batches": batches,
        "memory": memory,
        "ledger": ledger,
        "kills": kills,
    }
    if len(sys.argv) < 2 or sys.argv[1] not in what:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as place:
        what[sys.argv[1]](Path(place), *map(int, sys.argv[2:]))
