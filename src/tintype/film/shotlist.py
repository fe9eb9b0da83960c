"""A film in; its shots, each with a frame and an empty guidance file, and lists for editing
programs out."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from tintype.errors import FilmError, UsageError
from tintype.files import write_text
from tintype.film.cast import Cast, Sighting
from tintype.film.chroma import gray_of, picture_of
from tintype.film.follow import TimedGuidance
from tintype.film.memory import Memory
from tintype.film.motion import Flow, MotionInput, flow_between
from tintype.film.runtime import read_ahead
from tintype.film.source import FilmSource, Frame
from tintype.film.timecode import frames_of_timecode, timecode_of_frames
from tintype.guidance import GUIDANCE_SUFFIX, Guidance
from tintype.photo import Photo, read_photo, write_photo

FLOWS_AHEAD = 8
LIST_NAME, NAME_SEPARATOR = "shots.csv", "; "


@dataclass(frozen=True)
class FilmShot:
    """number: from 1. start, stop: seconds. first, frames: number of its first frame, from 0, and
    how many it has. time: of the frame that shows it. returns: the number of an earlier shot that
    it shows again. cast: the people and things recognized in it."""

    number: int
    start: float
    stop: float
    first: int
    frames: int
    time: float
    returns: int | None
    picture: Path
    guidance: Path
    cast: tuple[Sighting, ...] = ()


def list_shots(
    path: str | Path,
    folder: str | Path,
    deinterlace: str = "auto",
    hdr: str = "refuse",
    progress: Callable[[int], None] = lambda _: None,
    cast: Cast | None = None,
) -> list[FilmShot]:
    """Write a frame and an empty guidance file per shot, named by its number and the frame's time,
    and the shots as shots.csv and, for editing programs, shots.edl. Guidance files that exist are
    kept.

    progress: called with the number of frames read. cast: is searched in each shot. Raises
    UsageError, and FilmError for a film that cannot be read.
    """
    film, target = FilmSource(path, deinterlace, hdr), Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FilmError(f"{target} cannot be made: {error.strerror}") from error
    shots = _ShotWriter(film, target, cast)
    with ThreadPoolExecutor(2) as pool:
        before: MotionInput | None = None
        waiting: list[tuple[Frame, MotionInput, Future[Flow] | None]] = []
        for frame in read_ahead(film.frames(), 8):
            view = before
            if view is None or not frame.broken:
                view = MotionInput.of(gray_of(frame.luma, film.pixel_format))
            flow = None if before is None else pool.submit(flow_between, before, view)
            waiting.append((frame, view, flow))
            before = view
            if len(waiting) > FLOWS_AHEAD:
                shots.add(*waiting.pop(0))
            progress(frame.index + 1)
        for each in waiting:
            shots.add(*each)
    shots.close()
    write_text(target / LIST_NAME, csv_of(shots.done), FilmError)
    write_text(target / "shots.edl", edl_of(shots.done, film), FilmError)
    return shots.done


def csv_of(shots: Sequence[FilmShot]) -> str:
    """One line a shot, times in seconds; the same columns as `FilmShot`."""
    names = [each.name for each in fields(FilmShot)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    for shot in shots:
        values = [getattr(shot, name) for name in names[:-1]]
        members = NAME_SEPARATOR.join(each.name for each in shot.cast)
        table.writerow([v.name if isinstance(v, Path) else v for v in values] + [members])
    return text.getvalue()


def cast_guidance(
    path: str | Path,
    cast: Cast,
    folder: Path | None = None,
    deinterlace: str = "auto",
    hdr: str = "refuse",
    progress: Callable[[int], None] = lambda _: None,
) -> list[TimedGuidance]:
    """The guidance of the shots that show somebody or something of a cast.

    folder: of `list_shots`; the names in its list, which a person may have corrected, are taken
    where there are any; else the film is searched. Raises as `list_shots` does.
    """
    sightings: list[Sighting] = []
    if folder is not None and (folder / LIST_NAME).is_file():
        sightings = list(_listed(folder, cast))
    if not sightings:
        with tempfile.TemporaryDirectory() as place:
            shots = list_shots(path, place, deinterlace, hdr, progress, cast)
        sightings = [each for shot in shots for each in shot.cast]
    return [each.guidance for each in sightings if each.hints]


def _listed(folder: Path, cast: Cast) -> Iterator[Sighting]:
    """What the list in a folder of shots names."""
    try:
        with (folder / LIST_NAME).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                names = [name.strip() for name in (row.get("cast") or "").split(";")]
                if any(names):
                    frame = cast.colorizer.prepare(read_photo(folder / row["picture"]))
                    for name in filter(None, names):
                        yield cast.named(name, float(row["time"]), frame)
    except UsageError:
        raise
    except (OSError, KeyError, ValueError) as error:
        raise UsageError(f"{folder / LIST_NAME} is not a list of shots") from error


def edl_of(shots: Sequence[FilmShot], film: FilmSource) -> str:
    """An edit decision list (CMX 3600) in which the film is cut at its shots."""
    begin = (film.timecode and frames_of_timecode(film.timecode, film.rate)) or 0
    drop = bool(film.timecode) and film.timecode[8] != ":"
    lines = [f"TITLE: {film.path.stem}", f"FCM: {'DROP' if drop else 'NON-DROP'} FRAME"]
    for shot in shots:
        ends = (begin + shot.first, begin + shot.first + shot.frames)
        times = " ".join(timecode_of_frames(end, film.rate, drop) for end in ends)
        lines += [
            f"{shot.number:03}  AX       V     C        {times} {times}",
            f"* FROM CLIP NAME: {film.path.name}",
        ]
    return "\n".join(lines) + "\n"


class _ShotWriter:
    """Takes the frames in order, and writes each shot when it ends. The last frame whose number is
    a power of two shows the shot."""

    def __init__(self, film: FilmSource, folder: Path, cast: Cast | None) -> None:
        self.film, self.folder, self.cast = film, folder, cast
        self.done: list[FilmShot] = []
        self.memory = Memory()
        self.count = 0

    def add(self, frame: Frame, view: MotionInput, flow: "Future[Flow] | None") -> None:
        if flow is not None and flow.result().cut:
            self.stop = frame.seconds
            self.close()
        if self.count == 0:
            self.start, self.first, self.opening = frame.seconds, frame.index, frame
            earlier = self.memory.find(view)
            self.returns = None if earlier is None else earlier.shot
            self._remember(view)
        self.count += 1
        if self.count & (self.count - 1) == 0:
            self.shown = frame
        self.stop, self.view = frame.seconds + 1 / float(self.film.rate), view
        self.ending = frame

    def close(self) -> None:
        if self.count == 0:
            return
        self._remember(self.view)
        number, time = len(self.done) + 1, self.shown.seconds
        stem = f"shot-{number:04}-{time:.3f}s"
        picture, guidance = self.folder / f"{stem}.jpg", self.folder / f"{stem}{GUIDANCE_SUFFIX}"
        pixels = picture_of(self.shown.luma, None, self.film.pixel_format)
        write_photo(Photo(pixels), picture, format="jpg")
        if not guidance.exists():
            write_text(guidance, Guidance().to_json() + "\n", FilmError)
        self.done.append(
            FilmShot(
                number,
                self.start,
                self.stop,
                self.first,
                self.count,
                time,
                self.returns,
                picture,
                guidance,
                self._sightings(),
            )
        )
        self.count = 0

    def _sightings(self) -> tuple[Sighting, ...]:
        if self.cast is None:
            return ()
        frames = {each.index: each for each in (self.opening, self.shown, self.ending)}
        searched = [
            (each.seconds, self.cast.prepare(each.luma, self.film.pixel_format))
            for each in frames.values()
        ]
        return tuple(self.cast.sightings(searched))

    def _remember(self, view: MotionInput) -> None:
        sums = np.zeros((*view.light.shape, 3), np.float32)
        self.memory.add(len(self.done) + 1, view, sums)
