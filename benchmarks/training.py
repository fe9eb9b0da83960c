"""How many pictures an hour the training of the default network sees, by process, thread, size and
what learns, against one process of two threads.

python benchmarks/training.py --data photos/ [--labels labels.tar] [--teacher mobilenet_v2:FILE]
    [--steps 20]

Each line trains for some steps in a fresh folder, on the same photographs, in bfloat16; the first
steps are not counted. Compare lines of one run on a quiet machine only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from tintype.lab.training.recipe import load_recipe, teach
from tintype.lab.training.trainer import StepReport, TrainingJob, train

WARM_UP_STEPS = 4
PICTURES = 32
"""In each step, over all processes."""


@dataclass(frozen=True)
class Way:
    """One way of training. threads: of each process."""

    name: str
    recipe: str = "tintype"
    processes: int = 1
    threads: int = 2
    size: int = 128


WAYS = (
    Way("decoder alone, one process of two threads"),
    Way("two processes of one thread", processes=2, threads=1),
    Way("the same, 96 pixels", processes=2, threads=1, size=96),
    Way("with head and encoder's last blocks", "tintype-things", processes=2, threads=1),
    Way("the same, 96 pixels", "tintype-things", processes=2, threads=1, size=96),
    Way("the same, 192 pixels", "tintype-things", processes=2, threads=1, size=192),
)


def work(way: Way, args: argparse.Namespace, output: Path) -> None:
    """Train in this process (and those that it starts); the first one prints pictures a second."""
    torch.set_num_threads(way.threads)
    overrides = [
        "start=default",
        "encoder=null",
        f"data.size={way.size}",
        f"data.batch_size={PICTURES}",
        f"data.limit={args.limit}",
        f"stages=[{{name: timed, steps: {args.steps}}}]",
    ]
    if way.recipe == "tintype-things":
        teacher = args.teacher
        overrides += (
            teach(way.recipe, overrides, teacher) if teacher else ["losses.distillation.weight=0"]
        )
    job = TrainingJob(
        load_recipe(way.recipe, overrides),
        args.data,
        output,
        labels=args.labels,
        devices=way.processes,
        strategy="ddp" if way.processes > 1 else "auto",
        accelerator="cpu",
        precision="bf16-mixed",
    )
    ends: list[float] = []

    def report(step: StepReport) -> None:
        ends.append(time.monotonic())

    train(job, report)
    if int(os.environ.get("LOCAL_RANK", 0)) == 0:
        steps = len(ends) - WARM_UP_STEPS
        print(json.dumps(PICTURES * steps / (ends[-1] - ends[WARM_UP_STEPS - 1])))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, nargs="*", default=[])
    parser.add_argument("--teacher", default="", help="else without distillation")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--limit", type=int, default=500, help="photographs read")
    parser.add_argument("--way", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.steps <= WARM_UP_STEPS:
        parser.error(f"--steps must be above {WARM_UP_STEPS}")
    if args.way is not None:
        work(WAYS[args.way], args, args.output)
        return
    first = 0.0
    print(f"{'':46}{'pictures/s':>12}{'an hour':>12}{'ratio':>8}")
    for number, way in enumerate(WAYS):
        with tempfile.TemporaryDirectory() as folder:
            options = ["--way", str(number), "--output", f"{folder}/run"]
            done = subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], *options],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": str(way.threads)},
            )
        pace = float(done.stdout.splitlines()[-1])
        first = first or pace
        print(f"{way.name:46}{pace:12.1f}{pace * 3600:12,.0f}{pace / first:8.2f}", flush=True)


if __name__ == "__main__":
    main()
