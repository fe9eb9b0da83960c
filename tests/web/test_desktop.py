"""The entry in the start menu."""

import shlex
import sys

import pytest

from tintype.web import desktop


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="a desktop entry is Linux's")
def test_the_start_menu_gets_an_entry_that_starts_tintype_in_a_window(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", '/opt/my "own" 100%/python')
    entry = desktop.add_to_menu()
    assert entry == tmp_path / "applications" / "tintype.desktop"
    head, *lines = entry.read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert head == "[Desktop Entry]"
    assert (told["Type"], told["Name"], told["Terminal"]) == ("Application", "Tintype", "false")
    # the two levels of escapes of the Desktop Entry Specification: a string's, then a quoted
    # argument's
    command = shlex.split(told["Exec"].replace("\\\\", "\\").replace("%%", "%"))
    assert command == [sys.executable, "-m", "tintype", "serve", "--app"]
    assert b"<svg" in (tmp_path / told["Icon"]).read_bytes()


def test_a_start_menu_that_cannot_be_written_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(desktop.TintypeError, match="start-menu entry cannot be written"):
        desktop.add_to_menu()
