"""How fast the page answers: the page in Chromium, and beside it the same requests without a
browser; medians.

python benchmarks/page.py [--runs 15] [--megapixels 1 12]
"""

import argparse
import io
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import cv2
import httpx
import numpy as np
from PIL import Image

# resolves with the milliseconds from an action to the first frame in which the picture in color is
# another one
SHOWN = """() => new Promise((done) => {
  const image = document.querySelector('.after');
  const before = image.getAttribute('src'), start = performance.now();
  const look = () => image.getAttribute('src') !== before && image.naturalWidth
    ? done(performance.now() - start) : requestAnimationFrame(look);
  %s
  look();
})"""
READY = """() => new Promise((done) => {
  const look = () => document.querySelector('#busy').hidden
    && !document.querySelector('#save').disabled
    ? done() : setTimeout(look, 10);
  look();
})"""
OPENED = """() => new Promise((done) => {
  const input = document.querySelector('#files');
  input.addEventListener('change', () => (window.opening = performance.now()),
    {capture: true, once: true});
  const look = () => document.querySelector('.after')?.naturalWidth > 0
    ? (window.opened = performance.now()) : requestAnimationFrame(look);
  look();
  done();
})"""
DAB = """
const frame = document.querySelector('.overlay .frame').getBoundingClientRect();
const stage = document.querySelector('tt-stage');
const [clientX, clientY] = [frame.left + %f * frame.width, frame.top + %f * frame.height];
stage.setPointerCapture = () => {};
for (const kind of ['pointerdown', 'pointerup'])
  stage.dispatchEvent(new PointerEvent(kind,
    {clientX, clientY, pointerId: 1, button: 0, bubbles: true, pointerType: 'mouse'}));
"""
STRENGTH = (
    "const slider = document.querySelector('#saturation'); slider.value = %f;"
    " slider.dispatchEvent(new Event('input'));"
)


def photograph(megapixels: float) -> bytes:
    """A gray JPEG of 4:3."""
    source = np.asarray(
        Image.open(Path(__file__).parents[1] / "examples" / "eileen-collins.jpg").convert("L")
    )[:384]
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    large = cv2.resize(source, (width, round(width * 3 / 4)), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).normal(0, 3, large.shape)
    whole = io.BytesIO()
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(whole, "jpeg", quality=92)
    return whole.getvalue()


def in_words(times: list[float]) -> str:
    """Median and the longest, milliseconds."""
    return f"{statistics.median(times):5.0f} ({max(times):4.0f})"


def requests(url: str, data: bytes, runs: int) -> dict[str, list[float]]:
    """The page's requests."""
    times: dict[str, list[float]] = defaultdict(list)
    with httpx.Client(timeout=60, base_url=url) as http:
        for run in range(runs):
            start = time.perf_counter()
            opened = http.post("/photos", params={"name": f"{run}.jpg"}, content=data)
            photo = f"/photos/{opened.json()['id']}"
            http.get(photo)
            http.post(f"{photo}/preview", json={})
            times["first color"].append(1000 * (time.perf_counter() - start))
            http.get(
                f"{photo}/suggest", params={"x": 0.5, "y": 0.5}
            )  # as the page asks when the tool is chosen
            hints = [
                {"x": 0.3 + 0.02 * run, "y": 0.8, "color": "#b3303a"},
                {"x": 0.6, "y": 0.3, "color": "#4a6285"},
            ]
            for name, path, guidance in (
                ("strength", "preview", {"saturation": 0.8}),
                ("dab", "preview", {"hints": hints[:1]}),
                ("dab more", "preview", {"hints": hints}),
                ("strength, a dab", "preview", {"hints": hints, "saturation": 0.6}),
                ("save", "file", {}),
            ):
                start = time.perf_counter()
                http.post(f"{photo}/{path}", json=guidance).raise_for_status()
                times[name].append(1000 * (time.perf_counter() - start))
            http.delete(photo)
    return times


def page_times(address: str, file: Path, runs: int) -> dict[str, list[float]]:
    """The same, as someone at the page sees it."""
    from playwright.sync_api import sync_playwright

    times: dict[str, list[float]] = defaultdict(list)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for run in range(runs):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            page.wait_for_selector("body[data-ready=true]")

            def act(name: str, script: str, page=page) -> None:  # type: ignore[no-untyped-def]
                page.evaluate(READY)
                page.wait_for_timeout(
                    1500
                )  # as long as a person takes; the likely colors beside a dab come meanwhile
                times[name].append(page.evaluate(SHOWN % script))

            page.evaluate(OPENED)
            page.set_input_files("#files", str(file))
            page.evaluate(READY)
            page.wait_for_timeout(50)
            times["first color"].append(page.evaluate("window.opened - window.opening"))
            act("strength", STRENGTH % 0.8)
            page.check("input[name=tool][value=dab]", force=True)
            act("dab", DAB % (0.3 + 0.02 * run, 0.8))
            act("dab more", DAB % (0.6, 0.3))
            act("strength, a dab", STRENGTH % 0.6)
            page.close()
        browser.close()
    return times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--megapixels", type=float, nargs="+", default=[1, 12])
    asked = options.parse_args()
    command = [sys.executable, "-m", "tintype", "serve", "--port", "0", "--no-browser"]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert service.stderr is not None
    found = re.search(r"http://\S+?:\d+", service.stderr.readline())
    assert found is not None
    try:
        print("milliseconds, median (longest)    requests     in Chromium")
        with tempfile.TemporaryDirectory() as folder:
            for megapixels in asked.megapixels:
                data = photograph(megapixels)
                file = Path(folder) / "photo.jpg"
                file.write_bytes(data)
                requests(f"{found.group()}/api/v1", data, 2)
                alone = requests(f"{found.group()}/api/v1", data, asked.runs)
                seen = page_times(found.group(), file, asked.runs)
                for name, times in alone.items():
                    print(
                        f"{megapixels:4g} megapixels, {name:16} {in_words(times)}   "
                        f" {in_words(seen[name]) if name in seen else ''}"
                    )
    finally:
        service.terminate()
        service.wait(15)


if __name__ == "__main__":
    main()
