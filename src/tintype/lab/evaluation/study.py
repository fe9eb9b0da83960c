"""A blind study with people: a page that shows two pictures and asks for one; its results in, rates
with intervals out."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tintype.arrays import Array
from tintype.errors import DataError
from tintype.files import whole_file, write_text
from tintype.lab.evaluation.measures import wilson
from tintype.lab.evaluation.protocol import TruePictures

QUESTIONS = {
    "real": "Which of the two is the real photograph?",
    "prefer": "Which of the two do you prefer?",
}
TRUTH = "truth"


def write_study(
    folder: Path,
    systems: Sequence[str],
    pictures: TruePictures,
    paint: Callable[[str, str], tuple[Array, Array, Array]],
    seed: int,
    question: str = "real",
    most: int = 60,
) -> Path:
    """Write index.html, the pictures under names that tell nothing, and key.json, which tells.
    Returns the page.

    Each trial shows a system's picture beside the true one, sides and order drawn by the seed.
    paint: system and name to gray, made and true picture. Raises DataError if there is no system to
    be judged.
    """
    if not systems:
        raise DataError("a study needs a system to be judged beside the truth")
    rng = np.random.default_rng(seed)
    shown = folder / "pictures"
    shown.mkdir(parents=True, exist_ok=True)
    chosen = [
        pictures.paths[i].name
        for i in rng.permutation(len(pictures.paths))[: max(1, most // len(systems))]
    ]
    pairs = [(system, name) for system in systems for name in chosen]
    key: dict[str, dict[str, str]] = {}
    trials = []
    for n in rng.permutation(len(pairs)):
        system, name = pairs[n]
        _, made, true = paint(system, name)
        files = []
        for origin, picture in ((system, made), (TRUTH, true)):
            code = f"{int(rng.integers(2**40)):010x}"
            with whole_file(shown / f"{code}.png") as file:
                Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "PNG")
            key[code] = {"system": origin, "picture": name, "against": system}
            files.append(code)
        trials.append(files if rng.random() < 0.5 else files[::-1])
    write_text(folder / "key.json", json.dumps({"question": question, "pictures": key}, indent=1))
    page = (resources.files("tintype.lab.evaluation") / "study.html").read_text(encoding="utf-8")
    page = page.replace("@QUESTION@", QUESTIONS[question]).replace("@TRIALS@", json.dumps(trials))
    page = page.replace("@NAME@", f"tintype-study-{seed}-{len(trials)}")
    target = folder / "index.html"
    write_text(target, page)
    return target


def rates(key: Path, results: Sequence[Path]) -> list[dict[str, Any]]:
    """How often each system's picture was chosen over the true one: the fooling rate, with Wilson's
    95 % interval (1927).

    key: the study's key.json. results: JSON Lines as the page gives them. Half the trials is as
    good as the truth.
    Raises DataError for a file that is missing or of another study.
    """
    try:
        known = json.loads(key.read_text(encoding="utf-8"))["pictures"]
        lines = [
            json.loads(line)
            for path in results
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error
    except (json.JSONDecodeError, KeyError) as error:
        raise DataError(f"the study's files are damaged: {error}") from error
    chosen: dict[str, list[bool]] = defaultdict(list)
    for line in lines:
        codes = (line.get("chosen"), line.get("other"))
        if not all(code in known for code in codes):
            raise DataError(
                f"the results name a picture {codes[0]!r} that does not belong to the study of"
                f" {key}"
            )
        chosen[known[codes[0]]["against"]].append(known[codes[0]]["system"] != TRUTH)
    if not chosen:
        raise DataError("the results hold no answers")
    result = []
    for system, answers in sorted(chosen.items()):
        low, high = wilson(sum(answers), len(answers))
        result.append(
            {
                "system": system,
                "trials": len(answers),
                "rate": sum(answers) / len(answers),
                "interval": [low, high],
            }
        )
    return result
