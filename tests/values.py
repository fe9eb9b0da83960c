"""Numbers that change only on purpose.

A test hands the arrays that the code made to the fixture `recorded`, which compares them with those
in the JSON file beside the test. `TINTYPE_RECORD=1 python -m pytest FILE` writes the file anew.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

PROJECTIONS = 5
"""Weighted means by which an array is known: a moved, turned or swapped part changes them."""
TOLERANCE = 5e-4
"""By which a projection may differ, as a share of the mean size of the values."""


def digest(values: Any) -> dict[str, Any]:
    array = np.asarray(values, np.float64)
    flat = array.ravel()
    weights = np.random.default_rng(0)
    means = [
        float(weights.random(flat.size) @ flat) / max(1, flat.size) for _ in range(PROJECTIONS)
    ]
    size = float(np.abs(flat).mean()) if flat.size else 0.0
    return {
        "shape": list(array.shape),
        "size": round(size, 6),
        "means": np.round(means, 6).tolist(),
    }


class Recorded:
    """The numbers of one test, by its name and theirs, in a file for its module."""

    def __init__(self, module: Path, test: str) -> None:
        self.path, self.test = module.with_suffix(".json"), test
        self.is_new = bool(os.environ.get("TINTYPE_RECORD"))
        self.kept: dict[str, Any] = {}
        if self.path.exists():
            self.kept = json.loads(self.path.read_text(encoding="utf-8"))

    def check(self, made: Mapping[str, Any], tolerance: float = TOLERANCE) -> None:
        digests = {f"{self.test}: {name}": digest(values) for name, values in made.items()}
        if self.is_new:
            self.kept |= digests
            lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(self.kept.items()))
            self.path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        for name, now in digests.items():
            kept = self.kept[name]
            assert now["shape"] == kept["shape"], name
            apart = np.abs(np.subtract(now["means"], kept["means"])).max()
            assert apart <= tolerance * kept["size"] + 2e-6, f"{name}: {now} is not {kept}"
