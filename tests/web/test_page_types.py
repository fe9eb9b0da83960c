"""The one schema of guidance: what the service says, the page's types, options, controls and
documents name each of its fields."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from tintype.cli import app
from tintype.guidance import Guidance, Hint, PartColor, Region, Stroke

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "tintype" / "web" / "static"
NAMES = [field.name for field in fields(Guidance) if field.name != "tintype"]
OPTIONS = {"hints": "--hint", "strokes": "--stroke", "parts": "--hint"}
"""Options of `tintype colorize` that are not called after their field."""
WITHOUT_OPTION = {"mean_chroma"}
"""Fields that only guidance files and Python set."""
UNCONTROLLED = {"mean_chroma", "line_art"}
"""Fields that the page uses and saves but has no control for."""


@pytest.fixture(scope="module")
def page_types():
    path = ROOT / "scripts" / "page_types.py"
    spec = importlib.util.spec_from_file_location("page_types", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_types_are_what_the_service_says(page_types):
    assert page_types.stale() == [], "run python scripts/page_types.py"


def test_a_stale_file_is_noticed(page_types, monkeypatch, tmp_path):
    monkeypatch.setattr(page_types, "STATIC", tmp_path)
    assert page_types.stale() == ["types.d.ts", "defaults.js"]
    for name, text in page_types.files().items():
        (tmp_path / name).write_text(text)
    assert page_types.stale() == []
    (tmp_path / "types.d.ts").write_text("export interface Guidance {}\n")
    assert page_types.stale() == ["types.d.ts"]


def test_the_service_describes_each_field(service):
    schemas = service.get("/api/v1/openapi.json").json()["components"]["schemas"]
    for kind in (Guidance, Hint, Stroke, PartColor, Region):
        described = schemas[kind.__name__]
        assert list(described["properties"]) == [field.name for field in fields(kind)]
        for field in fields(kind):
            assert re.search(rf"\b{field.name}\b", described["description"]), field.name


def test_the_service_describes_ranges(service):
    schemas = service.get("/api/v1/openapi.json").json()["components"]["schemas"]
    saturation, warmth, seed = (
        schemas["Guidance"]["properties"][name] for name in ("saturation", "warmth", "seed")
    )
    assert (saturation["minimum"], saturation["maximum"]) == (0, 4)
    assert (warmth["minimum"], warmth["maximum"]) == (-1, 1)
    assert seed["anyOf"][0]["maximum"] == 2**32 - 1
    radius = schemas["Hint"]["properties"]["radius"]["anyOf"][0]
    assert (radius["exclusiveMinimum"], radius["maximum"]) == (0, 1)
    assert schemas["Guidance"]["properties"]["palette"]["maxItems"] == 64


@pytest.mark.parametrize("name", NAMES)
def test_each_field_has_an_option(name):
    command = typer.main.get_command(app).commands["colorize"]
    options = {option for each in command.params for option in each.opts}
    option = OPTIONS.get(name, f"--{name.replace('_', '-')}")
    assert (option in options) != (name in WITHOUT_OPTION)


@pytest.mark.parametrize("name", NAMES)
def test_each_field_has_a_control_or_is_known_to_have_none(name):
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    controlled = {key for keys in re.findall(r'data-keys="([^"]*)"', page) for key in keys.split()}
    assert (name in controlled) != (name in UNCONTROLLED)


@pytest.mark.parametrize("name", NAMES)
def test_each_field_is_documented(name):
    assert f"`{name}`" in (ROOT / "docs" / "guidance-file.md").read_text(encoding="utf-8") or (
        f'"{name}"' in (ROOT / "docs" / "guidance-file.md").read_text(encoding="utf-8")
    )


def test_the_example_of_a_new_field_works():
    document = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = document.partition("## A new field of guidance")[2]
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)
    namespace = {"__name__": "example"}
    exec(compile(example, "CONTRIBUTING.md", "exec"), namespace)
    with pytest.raises(ValueError, match="grain must be less than or equal to 1, not 2"):
        namespace["GrainyGuidance"](grain=2)
