"""The folder of a film that is being colored: finished segments, and the state after the last."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tintype.errors import FilmError, UsageError
from tintype.files import locked, whole_file, write_text
from tintype.film.steady import SteadyColors

RECORD, LOCK = "film.json", "lock"


@dataclass(frozen=True)
class Segment:
    """A finished segment. stamps: time stamps of its frames, in order, in the source's time base.
    cuts: shots that begin in it. broken: damaged frames. kept: shots that keep their color."""

    path: Path
    stamps: list[int]
    cuts: int
    broken: int
    kept: int = 0


class PartsFolder:
    """NAME.parts beside an output: numbered segments, each with a record, which is written last,
    and the state after the last segment."""

    def __init__(self, output: Path, suffix: str) -> None:
        self.output, self.suffix = output, suffix
        # an absolute name holds no protocol of FFmpeg, which "reel1:xmas.mp4" would
        self.folder = output.absolute().with_name(output.name + ".parts")
        self.finished: list[Segment] = []
        self.removed_frames = 0

    @contextmanager
    def opened(self, settings: dict[str, Any], restart: bool) -> Iterator[None]:
        """Hold the folder within the block, with the finished segments of an earlier run. What an
        interrupted run left unfinished is removed.

        settings: all that the result depends on. restart: remove the segments too. Raises
        UsageError if an earlier run had other settings, or if the folder holds other files;
        FilmError if another run holds the folder or it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FilmError(f"{self.folder} cannot be made: {error.strerror}") from error
        record = self.folder / RECORD
        if not record.is_file() and any(path.name != LOCK for path in self.folder.iterdir()):
            raise UsageError(f"{self.folder} holds other files; move it away")
        with locked(self.folder / LOCK, self.output, FilmError):
            if record.is_file():
                self._read()
                if restart:
                    self.removed_frames = sum(len(each.stamps) for each in self.finished)
                    self.finished.clear()
                elif self.finished:
                    before = json.loads(record.read_text("utf-8"))
                    self._check(before, json.loads(json.dumps(settings)))
            kept = {record, self.folder / LOCK, self._state(len(self.finished))}
            for number, segment in enumerate(self.finished):
                kept |= {segment.path, self._record(number)}
            for path in {*self.folder.iterdir()} - kept:
                path.unlink()
            write_text(record, json.dumps(settings, indent=1, sort_keys=True), FilmError)
            yield

    def _check(self, before: dict[str, Any], now: dict[str, Any]) -> None:
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if changed:
            raise UsageError(
                f"{self.folder} was started with another {' and '.join(changed)}; use the same, or"
                " begin anew with --restart"
            )

    def _read(self) -> None:
        while (entry := self._record(len(self.finished))).is_file() and self._segment(
            len(self.finished)
        ).is_file():
            record = json.loads(entry.read_text("utf-8"))
            self.finished.append(Segment(self._segment(len(self.finished)), **record))
        if self.finished and not self._state(len(self.finished)).is_file():
            self.finished.clear()

    @property
    def frames(self) -> int:
        return sum(len(segment.stamps) for segment in self.finished)

    @property
    def joined(self) -> Path:
        """Where the film is written before it is moved to its place."""
        return self.folder / f"joined{self.output.suffix}"

    def next_segment(self) -> Path:
        return self._segment(len(self.finished))

    def finish(self, segment: Segment, state: Mapping[str, Any]) -> None:
        """Record that a segment is whole. state: what the next one needs."""
        number = len(self.finished)
        with whole_file(self._state(number + 1), FilmError) as file:
            np.savez(file, **state)
        write_text(
            self._record(number),
            json.dumps({k: v for k, v in asdict(segment).items() if k != "path"}),
            FilmError,
        )
        self._state(number).unlink(missing_ok=True)
        self.finished.append(segment)

    def restore(self, steady: SteadyColors) -> int | None:
        """Restore the state after the last segment. Returns its last time stamp, None if there is
        no segment."""
        if not self.finished:
            return None
        with np.load(self._state(len(self.finished)), allow_pickle=False) as kept:
            steady.restore({name: kept[name] for name in kept.files})
        return self.finished[-1].stamps[-1]

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _segment(self, number: int) -> Path:
        return self.folder / f"{number + 1:05}{self.suffix}"

    def _record(self, number: int) -> Path:
        return self.folder / f"{number + 1:05}.json"

    def _state(self, number: int) -> Path:
        return self.folder / f"after-{number:05}.npz"
