"""The browser edition: the download, seconds to the first color, memory of a photograph of 50
megapixels, in headless Chromium.

python benchmarks/browser.py [--large]
"""

import argparse
import functools
import gzip
import http.server
import importlib.util
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import cv2
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
PATIENCE_MS = 60_000
RUNS = 3
FIRST_VISIT = ("index.html", ".js", ".css", ".json", ".mjs", ".wasm", ".onnx", ".svg")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Static files, with the headers that isolate a page."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Says nothing."""


Handler.extensions_map |= {".mjs": "text/javascript", ".wasm": "application/wasm"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 50 megapixels")
    large = parser.parse_args().large
    spec = importlib.util.spec_from_file_location("build_edition", ROOT / "browser" / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build.fetch_runtime()
        build.build(folder / "try")
        sizes(folder / "try")
        handler = functools.partial(Handler, directory=str(folder / "try"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            address = f"http://127.0.0.1:{server.server_port}/"
            first_colors(browser, address, photo_of(folder, 1))
            if large:
                memory(browser, address, photo_of(folder, 50))
        server.shutdown()


def sizes(folder: Path) -> None:
    """Print what the first visit downloads."""
    files = [path for path in folder.rglob("*") if path.name.endswith(FIRST_VISIT)]
    packed = {path: len(gzip.compress(path.read_bytes())) for path in files}
    print(f"Download, gzipped: {sum(packed.values()) / 1e6:.1f} MB")
    for path in sorted(packed, key=lambda each: -packed[each])[:3]:
        print(f"  {packed[path] / 1e6:5.2f} MB  {path.relative_to(folder)}")


def photo_of(folder: Path, megapixels: int) -> Path:
    gray = cv2.imread(str(ROOT / "examples" / "coffee.jpg"), cv2.IMREAD_GRAYSCALE)
    scale = (megapixels * 1e6 / gray.size) ** 0.5
    path = folder / f"{megapixels}.jpg"
    large = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), large)
    return path


def visit(browser: Browser, address: str) -> Page:
    page = browser.new_context(bypass_csp=True).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector("body[data-ready=true]")
    return page


def first_colors(browser: Browser, address: str, photo: Path) -> None:
    """Print seconds from the choice of a file to its colors: at once after the first visit began,
    and when the network is there, as it is for whoever takes some seconds to choose."""
    for name, pause in (("at once", 0.0), ("after 5 seconds", 5.0)):
        times = []
        for _ in range(RUNS):
            page = visit(browser, address)
            time.sleep(pause)
            start = time.perf_counter()
            page.set_input_files("#files", photo)
            page.wait_for_selector(".after[src]", state="attached")
            times.append(time.perf_counter() - start)
            page.context.close()
        print(f"First color of one megapixel, chosen {name}: {statistics.median(times):.2f} s")


def memory(browser: Browser, address: str, photo: Path) -> None:
    """Print seconds and the page's memory for a photograph that is colored and saved."""
    page = visit(browser, address)
    start = time.perf_counter()
    page.set_input_files("#files", photo)
    page.wait_for_selector(".after[src]", state="attached")
    colored = time.perf_counter() - start
    start = time.perf_counter()
    with page.expect_download() as download:
        page.click("#save")
    download.value.path()
    saved = time.perf_counter() - start
    peak = max(
        int(line.split()[1]) / 1024
        for status in Path("/proc").glob("[0-9]*/status")
        if "type=renderer" in (status.parent / "cmdline").read_text(errors="replace")
        for line in status.read_text().splitlines()
        if line.startswith("VmHWM")
    )
    print(f"50 megapixels: colored in {colored:.1f} s, saved in {saved:.1f} s, peak {peak:.0f} MB")
    page.context.close()


if __name__ == "__main__":
    main()
