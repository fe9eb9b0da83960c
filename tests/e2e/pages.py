"""The page in Chromium: a service, browser windows, and what tests do with them."""

import base64
import io
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tintype.color import srgb_to_lab

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NO_CHROMIUM = "there is no chromium or chromium-browser on PATH (with CI set this is a failure)"
INSECURE_HOST = "tintype.test"
"""Chromium finds it at 127.0.0.1, and treats it as any address in a home: no secure context."""
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

# answers of the service can be held back: window.hold(true), window.hold(false)
SLOW = """
  const real = window.fetch; let gate = Promise.resolve(), release = () => {};
  window.hold = (on) => {
    if (on) gate = new Promise((done) => { release = done; }); else release();
  };
  window.asked = [];
  window.fetch = async (path, how) => {
    const answer = await real(path, how);
    if (String(path).includes('/preview')) { window.asked.push(how.body); await gate; }
    return answer;
  };
"""
SEEN = """() => {
  const image = document.querySelector('.after'), canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/png');
}"""


class Service:
    """`tintype serve` in a process of its own."""

    def __init__(self, *arguments: str, port: int = 0) -> None:
        command = [
            sys.executable,
            "-m",
            "tintype",
            "serve",
            "--port",
            str(port),
            "--no-browser",
            *arguments,
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.greeting = self.process.stderr.readline()
        self.address = re.search(r"http://127\.0\.0\.1:\d+", self.greeting).group()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(15) == 0


def window(browser, address, coloring: str | None = "Natural", **how):
    """A page that is ready, in a browser profile of its own; its errors are collected in
    page.problems. coloring: chosen before for new photographs; None: the page asks."""
    context = browser.new_context(**({"viewport": {"width": 1300, "height": 850}} | how))
    context.add_init_script(SLOW)
    if coloring:
        context.add_init_script(f"localStorage.coloring ??= '{coloring}'")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(address)
    ready(page)
    return page


def ready(page) -> None:
    page.wait_for_selector("body[data-ready=true]")


def open_files(page, *files: Path) -> None:
    page.set_input_files("#files", [str(file) for file in files])
    settle(page)


def settle(page) -> None:
    """Wait until the colors that were asked for are there."""
    until(
        page, "!document.querySelector('#save').disabled && document.querySelector('#busy').hidden"
    )


def until(page, expression: str, seconds: float = 15) -> None:
    """Wait until an expression of JavaScript is true, or a promise of it; the page's own policy
    forbids what Playwright does for this."""
    page.evaluate(
        f"""(end) => new Promise((done, fail) => {{
          const look = async () => await ({expression}) ? done()
            : performance.now() > end ? fail(new Error("never true")) : setTimeout(look, 15);
          end += performance.now();
          look();
        }})""",
        1000 * seconds,
    )


def drop(page, selector: str, file: Path) -> None:
    """Drop a file on an element, as a desktop does."""
    page.evaluate(
        """([selector, name, coded]) => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob(coded), (each) => each.charCodeAt(0));
          data.items.add(new File([bytes], name));
          const how = {dataTransfer: data, bubbles: true, cancelable: true};
          for (const kind of ['dragenter', 'dragover', 'drop'])
            document.querySelector(selector).dispatchEvent(new DragEvent(kind, how));
        }""",
        [selector, file.name, base64.b64encode(file.read_bytes()).decode()],
    )


def seen(page) -> np.ndarray:
    """The colored picture on the page, as CIELAB."""
    image = Image.open(io.BytesIO(base64.b64decode(page.evaluate(SEEN).split(",")[1])))
    return srgb_to_lab(np.asarray(image.convert("RGB"), np.float32) / 255)


def at(page, x: float, y: float) -> tuple[float, float]:
    """The place of the window where a share of the photograph's width and height lies."""
    box = page.locator(".overlay .frame").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def use(page, tool: str) -> None:
    page.check(f"input[name=tool][value={tool}]", force=True)


def dab(page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))
    settle(page)


def drag(page, start, end, button: str = "left") -> None:
    page.mouse.move(*start)
    page.mouse.down(button=button)
    page.mouse.move(*end, steps=5)
    page.mouse.up(button=button)
