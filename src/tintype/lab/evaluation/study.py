"""A blind study with people: a page that shows two pictures and asks for one, or one picture and
asks for scores; its results in, rates or mean scores with intervals out."""

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
    "scores": "How good are the colors of this picture?",
}
SCALES = {
    "naturalness": "How natural are they? 0: impossible, 10: as in a photograph",
    "bleeding": "How well do they keep to the edges? 0: they run everywhere, 10: they never do",
    "colorfulness": "How colorful are they? 0: gray, 10: as rich as they could be",
}
"""The scores of `scores`, whole numbers of 0 to `MAX_SCORE`, each with its question."""
MAX_SCORE = 10
TRUTH = "truth"


def judged(systems: Sequence[str]) -> list[str]:
    """The systems that people are to judge: not the truth, nor the gray pictures. Raises DataError
    if there is none."""
    if not (names := [name for name in systems if name not in ("gray", TRUTH)]):
        raise DataError("a study needs a system to be judged beside the truth")
    return names


def write_study(
    folder: Path,
    systems: Sequence[str],
    pictures: TruePictures,
    paint: Callable[[str, str], tuple[Array, Array, Array]],
    seed: int,
    question: str = "real",
    max_trials: int = 60,
) -> Path:
    """Write index.html, the pictures under names without meaning, and key.json, which says
    what each is. Returns the page.

    question: of `QUESTIONS`. Each trial shows a system's picture beside the true one, or, for
    "scores", either of them alone; sides and order are drawn by the seed. paint: system and name to
    gray, made and true picture.
    """
    rng = np.random.default_rng(seed)
    shown = folder / "pictures"
    shown.mkdir(parents=True, exist_ok=True)
    chosen = [
        pictures.paths[i].name
        for i in rng.permutation(len(pictures.paths))[: max(1, max_trials // len(systems))]
    ]
    key: dict[str, dict[str, str]] = {}

    def show(origin: str, picture: Array, name: str, system: str) -> str:
        """Write a picture under a code, and its origin into the key."""
        code = f"{int(rng.integers(2**40)):010x}"
        with whole_file(shown / f"{code}.png") as file:
            Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "PNG")
        key[code] = {"system": origin, "picture": name, "against": system}
        return code

    pairs = [(system, name) for system in systems for name in chosen]
    trials = []
    for n in rng.permutation(len(pairs)):
        system, name = pairs[n]
        _, made, true = paint(system, name)
        if question != "scores":
            pair = [show(system, made, name, system), show(TRUTH, true, name, system)]
            trials.append(pair if rng.random() < 0.5 else pair[::-1])
            continue
        trials.append([show(system, made, name, system)])
        if system == systems[0]:
            trials.append([show(TRUTH, true, name, TRUTH)])
    if question == "scores":
        trials = [trials[n] for n in rng.permutation(len(trials))]
    write_text(folder / "key.json", json.dumps({"question": question, "pictures": key}, indent=1))
    page = (resources.files("tintype.lab.evaluation") / "study.html").read_text(encoding="utf-8")
    page = page.replace("@QUESTION@", QUESTIONS[question]).replace("@TRIALS@", json.dumps(trials))
    page = page.replace("@SCALES@", json.dumps(SCALES if question == "scores" else {}))
    page = page.replace("@MAX@", str(MAX_SCORE))
    page = page.replace("@NAME@", f"tintype-study-{seed}-{len(trials)}")
    target = folder / "index.html"
    write_text(target, page)
    return target


def rates(key: Path, results: Sequence[Path]) -> list[dict[str, Any]]:
    """How often each system's picture was chosen over the true one: the fooling rate, with Wilson's
    95 % interval (1927). Half the trials is as good as the truth.

    key: the study's key.json. results: JSON Lines as the page gives them. Raises DataError for a
    file that is missing, damaged or of another study.
    """
    known, lines = _read(key, results, ("chosen", "other"))
    chosen: dict[str, list[bool]] = defaultdict(list)
    for line in lines:
        entry = known[line["chosen"]]
        chosen[entry["against"]].append(entry["system"] != TRUTH)
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


def scores(key: Path, results: Sequence[Path]) -> list[dict[str, Any]]:
    """The mean of each of `SCALES` for each system and for the truth, as (mean, half of its 95 %
    interval by the normal distribution; None for a single answer), and the number of trials.

    key, results, errors: as for `rates`.
    """
    known, lines = _read(key, results, ("shown",))
    given: dict[str, list[list[float]]] = defaultdict(list)
    for line in lines:
        values: list[Any] = [line.get(scale) for scale in SCALES]
        if not all(type(value) is int and 0 <= value <= MAX_SCORE for value in values):
            raise DataError(f"the results hold a score that is not 0 to {MAX_SCORE}: {values}")
        given[known[line["shown"]]["system"]].append(values)
    result = []
    for system, answers in sorted(given.items()):
        table = np.array(answers, np.float64)
        half = 1.96 * table.std(0, ddof=1) / len(table) ** 0.5 if len(table) > 1 else None
        row: dict[str, Any] = {"system": system, "trials": len(table)}
        for n, scale in enumerate(SCALES):
            row[scale] = float(table[:, n].mean()), None if half is None else float(half[n])
        result.append(row)
    return result


def question_of(key: Path) -> str:
    """Which of `QUESTIONS` a study asks. Raises DataError if its key cannot be read."""
    return str(_read_key(key)["question"])


def _read_key(key: Path) -> dict[str, Any]:
    try:
        entry = json.loads(key.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"the study's files are damaged: {error}") from error
    if not isinstance(entry, dict) or entry.get("question") not in QUESTIONS:
        raise DataError(f"the study's files are damaged: {key} names no question")
    return entry


def _read(
    key: Path, results: Sequence[Path], names: Sequence[str]
) -> tuple[dict[str, dict[str, str]], list[dict[str, Any]]]:
    """The key's pictures and all answers, whose fields of these names hold pictures of the key."""
    known: dict[str, dict[str, str]] = _read_key(key)["pictures"]
    try:
        lines = [
            json.loads(line)
            for path in results
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"the study's files are damaged: {error}") from error
    if not lines:
        raise DataError("the results hold no answers")
    for line in lines:
        if unknown := [line.get(name) for name in names if line.get(name) not in known]:
            raise DataError(
                f"the results name a picture {unknown[0]!r} that does not belong to the study of"
                f" {key}"
            )
    return known, lines
