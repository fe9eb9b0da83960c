"""The default recipe, small enough for a test."""

from pathlib import Path
from typing import Any

import torch

from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.trainer import TrainingJob

SMALL = (
    "network={widths: [8, 16, 16, 24, 32], depths: [1, 1, 1, 1], guidance_widths: [8, 8, 16, 16]}",
    "encoder=null",
    "frozen=0",
    "data.size=64",
    "data.batch_size=4",
    "data.short_side=96",
    "save_every=2",
    "size=null",
    "stages=[{name: wide, steps: 4, size: 32}, {name: fine, steps: 2, size: 64}]",
)
"""Overrides that make the default recipe small enough for a test."""


def small_job(photographs: Path, output: Path, *overrides: str, **options) -> TrainingJob:
    recipe = load_recipe("tintype", [*SMALL, *overrides])
    return TrainingJob(recipe, [photographs], output, accelerator="cpu", **options)


def assert_same(value: Any, expected: Any, atol: float = 0.0) -> None:
    """Nested states hold the same tensors (to `atol`) and the same other values."""
    if isinstance(expected, torch.Tensor):
        torch.testing.assert_close(value, expected, atol=atol, rtol=0)
    elif isinstance(expected, dict):
        assert value.keys() == expected.keys()
        for name in expected:
            assert_same(value[name], expected[name], atol)
    elif isinstance(expected, list | tuple):
        assert len(value) == len(expected)
        for one, other in zip(value, expected, strict=True):
            assert_same(one, other, atol)
    else:
        assert value == expected
