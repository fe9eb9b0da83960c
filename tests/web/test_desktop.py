"""The entry in the start menu."""

import http.server
import shlex
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from tintype.web import desktop


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a desktop entry is Linux's")
def test_the_start_menu_gets_an_entry_that_starts_tintype_in_a_window(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", '/opt/my "own" 100%/python')
    entry = desktop.add_to_menu()
    assert entry == tmp_path / "applications" / "tintype.desktop"
    head, *lines = entry.read_text().splitlines()
    result = dict(line.split("=", 1) for line in lines)
    assert head == "[Desktop Entry]"
    assert (result["Type"], result["Name"], result["Terminal"]) == (
        "Application",
        "Tintype",
        "false",
    )
    # the two levels of escapes of the Desktop Entry Specification: a string's, then a quoted
    # argument's
    command = shlex.split(result["Exec"].replace("\\\\", "\\").replace("%%", "%"))
    assert command == [sys.executable, "-m", "tintype", "serve", "--app"]
    assert b"<svg" in (tmp_path / result["Icon"]).read_bytes()


def test_a_start_menu_that_cannot_be_written_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(desktop.TintypeError, match="start-menu entry cannot be written"):
        desktop.add_to_menu()


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The commands that would have been run, each for as many seconds as the clock then says."""
    commands, clock = [], SimpleNamespace(now=100.0, takes=10.0)

    def run(words, **_):
        commands.append(words)
        clock.now += clock.takes

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(desktop, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(desktop, "user_data_path", lambda *_: tmp_path / "data")
    return SimpleNamespace(commands=commands, clock=clock)


def test_the_page_has_a_window_of_its_own_until_that_is_closed(started, monkeypatch, tmp_path):
    monkeypatch.setattr(desktop, "find_chromium", lambda: "/usr/bin/chromium")
    assert desktop.show_page("http://127.0.0.1:1/", window=True)
    program, app, profile, *_ = started.commands[0]
    assert program == "/usr/bin/chromium" and app == "--app=http://127.0.0.1:1/"
    assert profile == f"--user-data-dir={tmp_path / 'data' / 'window'}"
    assert (tmp_path / "data" / "window").is_dir()


@pytest.mark.parametrize(("takes", "closed"), [(3.0, False), (3.01, True)])
def test_a_browser_that_is_open_already_takes_the_page_over(started, monkeypatch, takes, closed):
    monkeypatch.setattr(desktop, "find_chromium", lambda: "/usr/bin/chromium")
    profile = desktop.user_data_path() / "window"
    profile.mkdir(parents=True)
    (profile / "lockfile").touch()
    started.clock.takes = takes
    assert desktop.show_page("http://127.0.0.1:1/", window=True) is closed


def test_a_snap_writes_to_its_own_folder(started, monkeypatch, tmp_path):
    monkeypatch.setattr(desktop.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(desktop, "find_chromium", lambda: "/snap/bin/chromium")
    assert desktop.show_page("http://127.0.0.1:1/", window=True)
    assert f"--user-data-dir={tmp_path}/snap/chromium/common/tintype" in started.commands[0]


@pytest.mark.parametrize("window", [True, False])
def test_without_chromium_or_a_wish_for_a_window_the_browser_is_asked(started, monkeypatch, window):
    opened = []
    monkeypatch.setattr(desktop.webbrowser, "open", opened.append)
    monkeypatch.setattr(desktop, "find_chromium", lambda: None if window else "chromium")
    assert not desktop.show_page("http://127.0.0.1:1/", window)
    assert opened == ["http://127.0.0.1:1/"] and not started.commands


def test_chromium_is_sought_on_the_path_first(monkeypatch, tmp_path):
    place = tmp_path / "chrome"
    place.touch()
    monkeypatch.setattr(desktop, "PLACES", (str(tmp_path / "none"), str(place)))
    monkeypatch.setattr(desktop, "PROGRAMS", ("first", "second"))
    monkeypatch.setattr(desktop.shutil, "which", {"second": "/bin/second"}.get)
    assert desktop.find_chromium() == "/bin/second"
    monkeypatch.setattr(desktop.shutil, "which", lambda _: None)
    assert desktop.find_chromium() == str(place)
    place.unlink()
    assert desktop.find_chromium() is None


@pytest.mark.parametrize(("answer", "running"), [(b'{"status":"ok"}', True), (b"hello", False)])
def test_a_service_is_known_by_its_health(answer, running):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v1/health" else 404)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        assert desktop.is_running(address) is running
        server.shutdown()
    assert not desktop.is_running(address)


def test_a_mac_gets_an_application_that_starts_a_window(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(desktop.Path, "home", lambda: tmp_path)
    folder = desktop.add_to_menu()
    program = folder / "Contents" / "MacOS" / "tintype"
    assert folder == tmp_path / "Applications" / "Tintype.app"
    assert program.read_text() == (
        f"#!/bin/sh\nexec '{sys.executable}' '-m' 'tintype' 'serve' '--app'\n"
    )
    assert program.stat().st_mode & 0o777 == 0o755
    assert "<string>Tintype</string>" in (folder / "Contents" / "Info.plist").read_text()


def test_windows_gets_a_shortcut_from_its_script_host(started, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path))
    link = desktop.add_to_menu()
    assert link.name == "Tintype.lnk" and link.parent.name == "Programs"
    (words,) = started.commands
    assert words[:3] == ["powershell", "-NoProfile", "-Command"]
    assert f"CreateShortcut('{link}')" in words[3]
    assert f"'{sys.executable}'; $s.Arguments = '-m tintype serve --app'" in words[3]
