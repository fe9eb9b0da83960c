"""A source and the options in; the output's path, codec and tracks, tried with the real muxer,
out."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tintype.errors import FilmError, UsageError
from tintype.files import COLOR_MARK
from tintype.film.encode import FilmEncoder, SegmentWriter, find_encoder
from tintype.film.inputs import NUMBER
from tintype.film.join import IMAGE_FORMATS, join
from tintype.film.parts import Segment
from tintype.film.runtime import av, reason_of
from tintype.film.settings import FilmSettings
from tintype.film.source import FilmSource
from tintype.film.tracks import (
    SOUND_CODEC_NAMES,
    Track,
    choices,
    other_tracks,
    track_name,
)
from tintype.notices import NoticeCode

FORMATS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
}
"""FFmpeg's name of each container that can be written."""
TRIAL_PACKETS = 500
"""Packets of the source that a trial reads."""


@dataclass(frozen=True)
class FilmOutput:
    """kind: FFmpeg's name of the container; "image2" for numbered images. options: of the encoder,
    FFmpeg's. segment_suffix: of the files from which it is joined."""

    path: Path
    kind: str
    codec: str
    encoder: FilmEncoder
    options: dict[str, str]
    segment_suffix: str
    tracks: tuple[Track, ...] = ()


def choose_output(
    film: FilmSource, output: str | Path | None, settings: FilmSettings, overwrite: bool
) -> FilmOutput:
    """Decide where and how a film is written, try it with its first frame and the first packets of
    each track, and set the film's pixel format to what the encoder holds.

    What is converted or left out is said by notices. Raises UsageError for an output that exists,
    is the source, or cannot hold the film.
    """
    path = _chosen_path(film, output, settings)
    _check_path(film, path, overwrite)
    if NUMBER.search(path.name):
        return _image_output(film, path, settings)
    kind = FORMATS[path.suffix.lower()]
    chosen = _prepared(film, path, kind, settings)
    with tempfile.TemporaryDirectory() as folder:
        trial = _Trial(film, chosen, Path(folder), settings.sound)
        tracks, left_out = trial.tracks(kind)
        if output is None and path.suffix == ".mp4" != film.path.suffix.lower():
            # where MP4 would change a track that Matroska keeps, Matroska is the default
            in_matroska, _ = trial.tracks("matroska")
            if _copied(in_matroska) > _copied(tracks):
                path = path.with_suffix(".mkv")
                _check_path(film, path, overwrite)
                tracks, left_out = trial.tracks("matroska")
                chosen = _prepared(film, path, "matroska", settings)
        refused = [name for kind, name in left_out if kind == "audio"]
        if settings.sound == "copy" and refused:
            raise UsageError(_cannot_hold(trial, path, refused[0]))
    _note_tracks(film, path, tracks, left_out)
    return replace(chosen, path=path, tracks=tuple(tracks))


def _chosen_path(film: FilmSource, output: str | Path | None, settings: FilmSettings) -> Path:
    suffix = film.path.suffix.lower()
    if suffix not in FORMATS or suffix == ".avi" or film.input.is_sequence:
        suffix = ".mp4"
    stem = film.input.stem
    if output is None:
        suffix = {"ffv1": ".mkv", "prores": ".mov"}.get(settings.codec or "", suffix)
        return stem.with_name(f"{stem.name}{COLOR_MARK}{suffix}")
    target = Path(output)
    return target / f"{stem.name}{suffix}" if target.is_dir() else target


def _check_path(film: FilmSource, path: Path, overwrite: bool) -> None:
    images = NUMBER.search(path.name)
    known = IMAGE_FORMATS if images else FORMATS
    if path.suffix.lower() not in known:
        raise UsageError(
            f"{path.name} has no film format in its name; end it in {', '.join(known)}"
        )
    if path.resolve() in (film.path.resolve(), *(file.resolve() for file in film.input.files[:1])):
        raise UsageError(f"{path} would be written over itself; choose another output")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    there = [path]
    if images:
        there = [path.with_name(path.name.replace(images[0], f"{1:{images[1] or ''}}"))]
        if there[0].resolve() in (file.resolve() for file in film.input.files):
            raise UsageError(f"{path} would be written over itself; choose another output")
    if there[0].exists() and not overwrite:
        raise UsageError(f"{there[0]} exists already; --overwrite replaces it")


def _image_output(film: FilmSource, path: Path, settings: FilmSettings) -> FilmOutput:
    if settings.codec is not None:
        raise UsageError(f"{path.name} is an image sequence, which has no codec {settings.codec}")
    encoder = find_encoder("ffv1")
    film.pixel_format = encoder.fitted(film.pixel_format)
    with film.input.open() as container:
        if others := other_tracks(container):
            names = " and ".join(track_name(stream) for stream in others)
            film.faults.add(NoticeCode.TRACKS_LEFT_OUT, f"images cannot hold the {names}: left out")
    return FilmOutput(path, "image2", "ffv1", encoder, encoder.settings(100), encoder.container)


def _prepared(film: FilmSource, path: Path, kind: str, settings: FilmSettings) -> FilmOutput:
    codec = settings.codec or {"webm": "vp9"}.get(
        kind, "hevc" if film.coded.depth > 8 and kind != "avi" else "h264"
    )
    encoder = find_encoder(codec)
    if path.suffix.lower() not in encoder.carriers:
        raise UsageError(
            f"{codec} cannot be stored in {path.suffix}; end the output in"
            f" {' or '.join(encoder.carriers)}"
        )
    film.pixel_format = encoder.fitted(film.pixel_format)
    if film.pixel_format.depth < film.coded.depth:
        film.faults.add(
            NoticeCode.DEPTH_REDUCED,
            f"{codec} is written with {film.pixel_format.depth} bits;"
            f" {film.path.name} has {film.coded.depth}",
        )
    options = encoder.settings(settings.quality)
    suffix = encoder.container
    if kind == "avi" and codec == "h264":
        options["bf"] = "0"  # AVI has no presentation times
        suffix = ".ts"  # and holds the stream as a transport stream does (Annex B)
    return FilmOutput(path, kind, codec, encoder, options, suffix)


class _Trial:
    """Writes the first frame, gray, and the first packets of the tracks into a temporary file."""

    def __init__(self, film: FilmSource, output: FilmOutput, folder: Path, sound: str) -> None:
        self.film, self.folder, self.sound = film, folder, sound
        writer = SegmentWriter(
            folder / f"first{output.segment_suffix}",
            output.encoder,
            output.options,
            film.pixel_format,
            film.time_base,
            film.rate,
        )
        pixels = film.pixel_format
        frame = next(film.frames())
        size = (pixels.height + 1) // 2, (pixels.width + 1) // 2
        middle = np.full(size, pixels.chroma_middle, frame.luma.dtype)
        try:
            writer.write(frame.pts, frame.luma, middle, middle)
            writer.close()
        except OSError as error:  # FFmpeg's errors are too
            raise FilmError(f"{output.path} cannot be written: {reason_of(error)}") from error
        self.segment = Segment(writer.path, writer.stamps, 1, 0)
        if reason := self._error(output.kind, []):
            raise UsageError(
                f"{output.codec} of {pixels.width}×{pixels.height} pixels cannot be stored in"
                f" {output.path.suffix} ({reason})"
            )

    def tracks(self, kind: str) -> tuple[list[Track], list[tuple[str, str]]]:
        """The tracks that a container holds together, each in the best way; type and name of those
        that it does not hold."""
        held: list[Track] = []
        left_out = []
        with self.film.input.open() as container:
            for stream in other_tracks(container):
                options = choices(stream, kind, container.format.name, self.sound)
                fitting = next((t for t in options if not self._error(kind, [*held, t])), None)
                if fitting is not None:
                    held.append(fitting)
                elif stream.type != "audio" or self.sound != "none":
                    left_out.append((stream.type, track_name(stream)))
        return held, left_out

    def _error(self, kind: str, tracks: Sequence[Track]) -> str:
        """Why a container does not hold the tracks; empty if it does."""
        target = self.folder / "trial"
        try:
            join([self.segment], self.film, target, kind, tracks, limit=TRIAL_PACKETS)
        except (av.FFmpegError, ValueError) as error:
            return str(error) or type(error).__name__
        return ""


def _copied(tracks: Sequence[Track]) -> int:
    return sum(track.mode in ("copy", "attach") for track in tracks)


def _note_tracks(
    film: FilmSource, path: Path, tracks: Sequence[Track], left_out: Sequence[tuple[str, str]]
) -> None:
    """Say what of the tracks is converted or left out."""
    with film.input.open() as container:
        for track in tracks:
            name = track_name(container.streams[track.index])
            if track.mode == "text":
                text = f"the {name} becomes {track.codec}, which {path.suffix} holds"
                film.faults.add(NoticeCode.SUBTITLES_CONVERTED, text)
            elif track.mode == "encode":
                text = f"the {name} is encoded anew as {SOUND_CODEC_NAMES[track.codec]}"
                film.faults.add(NoticeCode.SOUND_TRANSCODED, text)
    if left_out:
        names = " and ".join(name for _, name in left_out)
        film.faults.add(
            NoticeCode.TRACKS_LEFT_OUT, f"{path.suffix} cannot hold the {names}: left out"
        )


def _cannot_hold(trial: _Trial, path: Path, name: str) -> str:
    _, left_out = trial.tracks("matroska")
    advice = "leave out --sound copy"
    if not any(kind == "audio" for kind, _ in left_out):
        advice += ", or end the output in .mkv"
    return f"{path.suffix} cannot hold the {name} of {trial.film.path.name}; {advice}"
