"""What color faces get, by group of people and by part of the face, beside the true one.

python benchmarks/faces.py photos/ sources.csv [--models default,other.onnx] [--limit 30]

sources.csv: columns name and group; pictures without a group are left out, --limit counts in each
group. The pictures are crops with the face in the middle. CIEDE2000 of skin, hair (or what is above
the face) and background; hues and chroma, the truth's in brackets. The last line is the ratio of
the worst group's skin error to the best's (aim: at most 1.2).
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from rich.progress import track

from measures import FACE_PARTS, face_parts, part_errors, worst_over_best
from tintype.color import hue_histogram, hues, srgb_to_lab
from tintype.lab.evaluation.protocol import Protocol, pose, read_groups
from tintype.lab.evaluation.systems import open_system

COLUMNS = (
    *FACE_PARTS,
    "hues",
    "true hues",
    "a* skin",
    "(true)",
    "b* skin",
    "(true)",
    "chroma",
    "(true)",
)


def measure(system, path: Path, protocol: Protocol) -> list[float]:  # type: ignore[no-untyped-def]
    """One number for each of COLUMNS."""
    case, _, _ = pose(path, path, protocol)
    made, truth = srgb_to_lab(system(case)), case.lab
    errors = part_errors(made, truth)
    skin = face_parts(*truth.shape[:2])["skin"]
    (a, b), (true_a, true_b) = (lab[skin][:, 1:].mean(0) for lab in (made, truth))
    chromas = [float(np.hypot(lab[..., 1], lab[..., 2]).mean()) for lab in (made, truth)]
    counts = [hues(hue_histogram(lab[..., 1:])) for lab in (made, truth)]
    return [*(errors[part] for part in FACE_PARTS), *counts, a, true_a, b, true_b, *chromas]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("groups", type=Path)
    parser.add_argument("--models", default="default", help="separated by commas")
    parser.add_argument("--limit", type=int, help="photographs of each group")
    args = parser.parse_args()
    chosen: dict[str, list[Path]] = defaultdict(list)
    for name, group in sorted(read_groups(args.groups).items()):
        if (args.photographs / name).is_file() and len(chosen[group]) < (
            args.limit or len(chosen[group]) + 1
        ):
            chosen[group].append(args.photographs / name)
    if not chosen:
        raise SystemExit(f"{args.groups} gives no picture of {args.photographs} a group")
    protocol = Protocol(str(args.photographs))
    for model in args.models.split(","):
        system = open_system(model, protocol.size)
        found: dict[str, list[list[float]]] = defaultdict(list)
        for group, path in track(
            [(group, path) for group, paths in sorted(chosen.items()) for path in paths], model
        ):
            found[group].append(measure(system, path, protocol))
        print(f"{model}\n{'group':12}{'faces':>6}" + "".join(f"{column:>11}" for column in COLUMNS))
        everyone = [row for rows in found.values() for row in rows]
        for group, rows in [*found.items(), ("all", everyone)]:
            print(
                f"{group:12}{len(rows):6}"
                + "".join(f"{value:11.2f}" for value in np.mean(rows, axis=0))
            )
        print(
            "skin, worst group over best:"
            f" {worst_over_best([float(np.mean(rows, axis=0)[0]) for rows in found.values()]):.2f}"
        )


if __name__ == "__main__":
    main()
