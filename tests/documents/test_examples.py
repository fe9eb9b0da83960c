"""The programs of examples/ explain themselves."""

import subprocess
import sys

import pytest

from tests.documents.blocks import ROOT


@pytest.mark.parametrize("name", ["service_client.py"])
def test_help_says_what_a_program_takes(name):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "the photograph" in done.stdout and "--service" in done.stdout
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name], capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
