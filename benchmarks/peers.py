"""Holds the rebuilt networks of the field against the answers of their authors' code, all with the
same known weights.

python benchmarks/peers.py --peers DIR [--only NAME…]

DIR holds, for each network, NAME.json (its published checkpoint's tensors: {"state": {name: [shape,
type]}}) and NAME.npz (`lightness`, 256×256, and `answer`, each fourth pixel of the original's
output).
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.lab.nets.known_weights import known_network

from tintype.lab.nets.lab import lightness_to_gray
from tintype.lab.nets.published import COUNTERS, PUBLISHED

LARGEST = 1e-3
"""Of the relative error."""


def hints_of_the_reference() -> torch.Tensor:
    """The two patches that Zhang 2017 was given."""
    hint = torch.zeros(1, 3, 256, 256)
    hint[:, :, 60:66, 100:106] = torch.tensor([50.0, -30, 1])[:, None, None]
    hint[:, :, 200:207, 40:47] = torch.tensor([-20.0, 40, 1])[:, None, None]
    return hint


@torch.no_grad()
def check(name: str, folder: Path) -> bool:
    """Print how far names, shapes and answers agree; whether they do."""
    listed = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["state"]
    listed = {key: tuple(shape) for key, (shape, _) in listed.items() if not key.endswith(COUNTERS)}
    same = PUBLISHED[name].shapes() == listed
    reference = np.load(folder / f"{name}.npz")
    lightness = torch.from_numpy(reference["lightness"]).float()[None, None]
    network: Any = known_network(PUBLISHED[name])
    started = time.perf_counter()
    if name.startswith("deoldify"):
        found = network.answer((lightness_to_gray(lightness) - network.mean) / network.deviation)
    else:
        given = {"lightness": lightness, "hint": hints_of_the_reference()}
        found = network(**{key: given[key] for key in network.inputs})["ab"]
    took = time.perf_counter() - started
    found = F.interpolate(found, size=lightness.shape[2:], mode="bilinear")[0, :, ::4, ::4].numpy()
    answer = reference["answer"].reshape(found.shape)
    error = float(np.abs(found - answer).max() / np.abs(answer).max())
    parameters = sum(p.numel() for p in network.parameters()) / 1e6
    tensors = f"{len(listed)} tensors {'as published' if same else 'OTHERS than published'}"
    print(
        f"{name:18} {parameters:6.1f} M parameters   {tensors}   largest relative error {error:.1e}"
        f"   {took:5.2f} s"
    )
    return same and error < LARGEST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=list(PUBLISHED), default=list(PUBLISHED))
    args = parser.parse_args()
    agree = [check(name, args.peers) for name in args.only]
    if not all(agree):
        sys.exit(1)


if __name__ == "__main__":
    main()
