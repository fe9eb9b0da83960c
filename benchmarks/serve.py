"""The service under load, beside the bare engine in the same run: pictures a second, waiting times,
memory, broken files, pages in use.

python benchmarks/serve.py [--pictures 200] [--memory 1000] [--broken 2000] [--network fast]
[--pages 4 --minutes 60]      (0 leaves a part out)
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
from typing import Any

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

    def memory(self, kind: str = "Rss") -> float:
        """Memory of the process and its children, MB. kind: Rss, resident; Pss, where what several
        of them share counts once."""
        total = 0.0
        for process in [str(self.process.pid), *children_of(self.process.pid)]:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += sum(
                int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{kind}:")
            )
        return total / 1024

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


def children_of(process: int) -> list[str]:
    """Their numbers."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [child for each in lists for child in each.read_text().split()]


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


WIDTHS = (1200, 2000, 3600)
"""Of the photographs that pages open."""
THOUGHT_SECONDS = 0.5
"""Between two things that somebody does."""


def use_page(service: Service, number: int, end: float, counts: Counter[str]) -> None:
    """What a page asks for while somebody colors one photograph after the other."""
    chance = random.Random(number)
    with httpx.Client(base_url=service.url, timeout=120) as http:

        def ask(what: str, path: str, **how: Any) -> httpx.Response:
            time.sleep(THOUGHT_SECONDS)
            answer = http.post(path, **how).raise_for_status()
            counts[what] += 1
            return answer

        while time.monotonic() < end:
            data = picture(chance.randrange(2**16), chance.choice(WIDTHS))
            id = ask("open", "/photos", content=data).json()["id"]
            guidance: dict[str, Any] = {"tintype": 1, "hints": []}
            ask("color", f"/photos/{id}/preview", json=guidance)
            for _ in range(4):
                place = {"x": chance.random(), "y": chance.random(), "color": "#3050a0"}
                guidance["hints"].append(place)
                ask("dab", f"/photos/{id}/preview", json=guidance)
            for saturation in (0.7, 1.3):
                guidance["saturation"] = saturation
                ask("strength", f"/photos/{id}/preview", json=guidance)
            box = {"x": 0, "y": 0, "width": 1024, "height": 800}
            ask("tile", f"/photos/{id}/tile", params=box, json=guidance)
            ask("save", f"/photos/{id}/file", json=guidance)


def pages(service: Service, count: int, minutes: int) -> None:
    """Memory at each minute of so many pages in use."""
    counts, start = Counter[str](), time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        end = start + 60 * minutes
        users = [pool.submit(use_page, service, k, end, counts) for k in range(count)]
        for minute in range(minutes + 1):
            time.sleep(max(0, start + 60 * minute - time.monotonic()))
            children = len(children_of(service.process.pid))
            print(
                f"minute {minute}: {service.memory():.0f} MB resident, {service.memory('Pss'):.0f}"
                f" MB with what is shared counted once, {children} children",
                flush=True,
            )
        for user in users:
            user.result()
    done = ", ".join(f"{number} × {what}" for what, number in counts.items())
    print(f"{count} pages in {minutes} minutes: {done}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=200)
    options.add_argument("--memory", type=int, default=1000)
    options.add_argument("--broken", type=int, default=2000)
    options.add_argument(
        "--network", default="default", help="that the requests of --memory ask for"
    )
    options.add_argument("--pages", type=int, default=0, help="pages in use at the same time")
    options.add_argument("--minutes", type=int, default=60, help="how long they are in use")
    asked = options.parse_args()
    pictures = [picture(seed) for seed in range(asked.pictures)]
    service = Service()
    try:
        if asked.pictures:
            loads(service, pictures)
        if asked.memory:
            memory(service, asked.memory, asked.network)
        if asked.pages:
            pages(service, asked.pages, asked.minutes)
        if asked.broken:
            with httpx.Client(timeout=60) as http:
                output = Counter(
                    http.post(f"{service.url}/photos", content=data).status_code
                    for data in broken_files(asked.broken)
                )
            print(
                f"{asked.broken} broken files: "
                + ", ".join(f"{count} × {status}" for status, count in sorted(output.items()))
            )
    finally:
        service.process.terminate()
        service.process.wait(15)


if __name__ == "__main__":
    main()
