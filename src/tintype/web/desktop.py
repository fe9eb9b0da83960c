"""The page on a desktop: in the browser, or in a window of its own whose closing ends Tintype; and
an entry in the start menu."""

import os
import shutil
import subprocess
import sys
import time
import webbrowser
from importlib import resources
from pathlib import Path
from urllib.request import urlopen

from platformdirs import user_data_path

from tintype.errors import TintypeError

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
HANDED_OVER = 3.0
"""A browser that finds its profile open and ends within so many seconds has given its window to the
one that has it open."""
PLIST = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleName</key><string>Tintype</string>
<key>CFBundleIdentifier</key><string>tintype</string>
<key>CFBundleExecutable</key><string>tintype</string>
<key>CFBundlePackageType</key><string>APPL</string>
</dict></plist>
"""


def show_page(address: str, window: bool) -> bool:
    """Show the page. window: in a window of its own where a Chromium browser is installed; returns
    True once that was closed.

    Returns False at once where the page went to a browser that outlives it.
    """
    program = find_chromium() if window else None
    if program is None:
        webbrowser.open(address)
        return False
    snap = program.startswith("/snap/")  # which may write to its own folder only
    profile = (
        Path.home() / "snap" / "chromium" / "common" / "tintype"
        if snap
        else user_data_path("tintype", False) / "window"
    )
    profile.mkdir(parents=True, exist_ok=True)
    how = [
        f"--app={address}",
        f"--user-data-dir={profile}",
        "--class=tintype",
        "--no-first-run",
        "--window-size=1280,860",
    ]
    shared = (profile / "SingletonLock").is_symlink() or (
        profile / "lockfile"
    ).exists()  # of a browser that has the profile open
    start = time.monotonic()
    subprocess.run(
        [program, *how], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return not shared or time.monotonic() - start > HANDED_OVER


def find_chromium() -> str | None:
    """A browser of Chromium's family, or None."""
    on_path = next((path for path in map(shutil.which, PROGRAMS) if path), None)
    return on_path or next((place for place in PLACES if Path(place).is_file()), None)


def is_running(address: str) -> bool:
    """Whether Tintype answers there."""
    try:
        with urlopen(f"{address}api/v1/health", timeout=2) as answer:
            return b'"status":"ok"' in answer.read(1000)
    except (OSError, ValueError):
        return False


def add_to_menu() -> Path:
    """Put Tintype into this user's start menu; returns what was written. Raises TintypeError where
    that fails."""
    command = [sys.executable, "-m", "tintype", "serve", "--app"]
    try:
        if sys.platform == "win32":
            return _windows_shortcut(command)
        if sys.platform == "darwin":
            return _mac_application(command)
        return _linux_entry(command)
    except (OSError, subprocess.CalledProcessError) as error:
        raise TintypeError(f"the start-menu entry cannot be written ({error})") from error


def _linux_entry(command: list[str]) -> Path:
    """A desktop entry and its icon (freedesktop.org's Desktop Entry Specification)."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    entry, icon = (
        data / "applications" / "tintype.desktop",
        data / "icons" / "hicolor" / "scalable" / "apps" / "tintype.svg",
    )
    for path in (entry, icon):
        path.parent.mkdir(parents=True, exist_ok=True)
    icon.write_bytes((resources.files("tintype") / "web" / "static" / "icon.svg").read_bytes())
    quoted = " ".join(
        '"' + "".join(f"\\{each}" if each in '"`$\\' else each for each in part) + '"'
        for part in command
    )
    lines = {
        "Type": "Application",
        "Name": "Tintype",
        "Comment": "Color black-and-white photographs",
        "Exec": quoted.replace("\\", "\\\\").replace("%", "%%"),
        "Icon": str(icon),
        "Terminal": "false",
        "Categories": "Graphics;Photography;",
        "StartupWMClass": "tintype",
    }
    entry.write_text(
        "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()),
        encoding="utf-8",
    )
    entry.chmod(0o755)
    return entry


def _mac_application(command: list[str]) -> Path:
    """An application folder whose program is a shell script."""
    folder = Path.home() / "Applications" / "Tintype.app"
    program = folder / "Contents" / "MacOS" / "tintype"
    program.parent.mkdir(parents=True, exist_ok=True)
    (folder / "Contents" / "Info.plist").write_text(PLIST, encoding="utf-8")
    program.write_text(
        "#!/bin/sh\nexec " + " ".join(f"'{part}'" for part in command) + "\n", encoding="utf-8"
    )
    program.chmod(0o755)
    return folder


def _windows_shortcut(command: list[str]) -> Path:
    """A shortcut, made by Windows' own script host; its console starts minimized."""
    link = (
        Path(os.environ["APPDATA"])
        / "Microsoft"
        / "Windows"
        / "Start Menu"
        / "Programs"
        / "Tintype.lnk"
    )
    script = (
        f"$s = (New-Object -ComObject WScript.Shell).CreateShortcut('{link}'); $s.TargetPath ="
        f" '{command[0]}'; $s.Arguments = '{' '.join(command[1:])}'; $s.WindowStyle = 7; $s.Save()"
    )
    subprocess.run(
        ["powershell", "-NoProfile", "-Command", script], check=True, capture_output=True
    )
    return link
