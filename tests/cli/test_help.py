"""The help of `tintype`."""

from typer.testing import CliRunner

from tintype import cli

PANELS = {
    "Color": ["colorize", "suggest", "film", "archive", "pack", "unpack"],
    "Serve": ["serve"],
    "Laboratory": ["evaluate", "compare", "study", "probe", "train", "export", "data", "models"],
}


def test_every_command_stands_in_its_panel(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = CliRunner().invoke(cli.app, ["--help"]).stdout.splitlines()
    panels, panel = {}, ""
    for line in lines:
        if line.startswith("╭"):
            panel = line.strip("╭╮─ ")
            panels[panel] = []
        elif line.startswith("│ ") and line[2] != " ":
            panels[panel].append(line.split()[1])
    assert {name: panels[name] for name in PANELS} == PANELS
    assert set(panels) == {"Options", *PANELS}
