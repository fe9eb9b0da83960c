"""The page on a desktop: in the browser, or in a window without a browser's bars."""

import shutil
import subprocess
import webbrowser
from pathlib import Path

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "brave-browser",
    "chrome",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Microsoft/Edge/Application/msedge.exe",
)


def open_page(address: str, window: bool) -> None:
    """Show the page; window: in a window of its own where a Chromium browser is installed."""
    program = find_chromium() if window else None
    if program is None:
        webbrowser.open(address)
    else:
        subprocess.Popen([program, f"--app={address}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def find_chromium() -> str | None:
    """A browser of Chromium's family, or None."""
    found = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    return found or next((place for place in PLACES if Path(place).is_file()), None)
