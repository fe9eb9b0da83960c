"""The service under load, beside the bare engine in the same run: pictures a second, waiting times,
memory, broken files.

python benchmarks/serve.py [--pictures 200] [--memory 1000] [--broken 2000] [--network fast]      (0
leaves a part out)
"""

import argparse
import io
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from tintype import Colorizer
from tintype.photo import read_photo, write_photo

WORKERS = 2
CLIENTS = (1, 8, 64)


def picture(seed: int, width: int = 512) -> bytes:
    """A gray JPEG of 4:3, each its own."""
    source = (
        Image.open(Path(__file__).parents[1] / "examples" / "eileen-collins.jpg")
        .convert("L")
        .resize((width, 3 * width // 4))
    )
    pixels = np.asarray(source).copy()
    pixels[0, 0] = seed % 256
    pixels[0, 40] = seed // 256 % 256
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "jpeg", quality=92)
    return whole.getvalue()


def bare(pictures: list[bytes], at_once: int) -> float:
    """Pictures a second of the engine alone: decode, color, encode, as many at once as clients ask
    for and the service colors."""
    colorizer = Colorizer()

    def color(data: bytes) -> None:
        write_photo(colorizer.colorize_photo(read_photo(data)), io.BytesIO())

    color(pictures[0])
    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(color, pictures))
    return len(pictures) / (time.perf_counter() - start)


class Service:
    """`tintype serve` in a process of its own."""

    def __init__(self) -> None:
        command = [
            sys.executable,
            "-m",
            "tintype",
            "serve",
            "--port",
            "0",
            "--no-browser",
            "--workers",
            str(WORKERS),
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        found = re.search(r"http://\S+?:\d+", self.process.stderr.readline())
        assert found is not None
        self.url = found.group() + "/api/v1"

    def memory(self) -> float:
        """Resident memory, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024  # type: ignore[union-attr]

    def load(
        self, pictures: list[bytes], clients: int, network: str = "default"
    ) -> tuple[float, np.ndarray]:
        """Pictures a second and the time of each answer, with so many clients that each ask one
        after the other."""
        waiting, times, lock = iter(pictures), [], threading.Lock()

        def client(http: httpx.Client) -> None:
            while True:
                with lock:
                    data = next(waiting, None)
                if data is None:
                    return
                start = time.perf_counter()
                http.post(
                    f"{self.url}/colorize", params={"model": network}, content=data
                ).raise_for_status()
                with lock:
                    times.append(time.perf_counter() - start)

        connections = [
            httpx.Client(timeout=300, verify=False) for _ in range(clients)
        ]  # making them is none of the service's time
        start = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(client, connections))
        seconds = time.perf_counter() - start
        for http in connections:
            http.close()
        return len(pictures) / seconds, np.array(times)


def broken_files(count: int) -> list[bytes]:
    """Pictures of five formats with flipped bytes, cut ends, or both; and noise."""
    chance = random.Random(0)
    seeds = []
    for kind in ("jpeg", "png", "tiff", "webp", "bmp"):
        whole = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).save(
            whole, kind
        )
        seeds.append(whole.getvalue())
    made = []
    for i in range(count):
        data = bytearray(seeds[i % 5])
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        made.append(
            bytes(data[: chance.randrange(len(data))] if i % 3 == 0 else data)
            if i % 10
            else chance.randbytes(500)
        )
    return made


def loads(service: Service, pictures: list[bytes]) -> None:
    """Rates and waiting times at each number of clients."""
    service.load(pictures[:4], 2)
    print("clients  pictures/s  bare  ratio  median s  p99 s  p99/median")
    for clients in CLIENTS:
        at_once = min(clients, WORKERS)
        engine = bare(
            pictures[: len(pictures) // 2], at_once
        )  # again each time: other work on the machine comes and goes
        rate, times = service.load(pictures, clients)
        engine = (engine + bare(pictures[len(pictures) // 2 :], at_once)) / 2
        median, late = np.median(times), np.quantile(times, 0.99)
        print(
            f"{clients:7} {rate:11.2f} {engine:5.2f} {rate / engine:6.2f} {median:9.3f} {late:6.3f}"
            f" {late / median:11.2f}",
            flush=True,
        )


def memory(service: Service, count: int, network: str) -> None:
    """Resident memory after each tenth of so many requests, of pictures of several sizes."""
    pictures = [picture(seed, 64 + 4 * (seed % 40)) for seed in range(200)]
    service.load(pictures[:20], 8, network)
    steps = [service.memory()]
    for _ in range(10):
        service.load([pictures[i % len(pictures)] for i in range(count // 10)], 8, network)
        steps.append(service.memory())
        print(f"memory: {steps[-1]:.0f} MB", flush=True)
    print(
        f"memory over {count} requests ({network} network): {steps[0]:.0f} MB, "
        f"then {', '.join(f'{step:.0f}' for step in steps[1:])} MB"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=200)
    options.add_argument("--memory", type=int, default=1000)
    options.add_argument("--broken", type=int, default=2000)
    options.add_argument(
        "--network", default="default", help="that the requests of --memory ask for"
    )
    asked = options.parse_args()
    pictures = [picture(seed) for seed in range(asked.pictures)]
    service = Service()
    try:
        if asked.pictures:
            loads(service, pictures)
        if asked.memory:
            memory(service, asked.memory, asked.network)
        if asked.broken:
            with httpx.Client(timeout=60) as http:
                told = Counter(
                    http.post(f"{service.url}/photos", content=data).status_code
                    for data in broken_files(asked.broken)
                )
            print(
                f"{asked.broken} broken files: "
                + ", ".join(f"{count} × {status}" for status, count in sorted(told.items()))
            )
    finally:
        service.process.terminate()
        service.process.wait(15)


if __name__ == "__main__":
    main()
