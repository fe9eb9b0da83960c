"""A source and the options in; path, codec and container of the output out."""

from pathlib import Path

from tintype.errors import UsageError
from tintype.film.encode import FilmEncoder
from tintype.film.runtime import av
from tintype.film.source import FilmSource
from tintype.film.tracks import other_tracks

OUTPUT_MARK = ".color"
FORMATS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
}
"""FFmpeg's name of each container that can be written."""
CARRIERS = {"mp4": "mp4", "mov": "mov", "matroska": "mkv", "webm": "webm", "avi": "avi"}


def choose_output(
    film: FilmSource, output: str | Path | None, codec: str | None, overwrite: bool
) -> tuple[Path, str]:
    """The output's path and the codec. Raises UsageError if it exists or is the source."""
    suffix = film.path.suffix.lower()
    if output is None:
        if codec in ("ffv1", "prores"):
            suffix = ".mkv" if codec == "ffv1" else ".mov"
        elif suffix not in FORMATS or suffix == ".avi":
            suffix = ".mkv" if refused_tracks(film, ".mp4") else ".mp4"
        target = film.path.with_name(f"{film.path.stem}{OUTPUT_MARK}{suffix}")
    else:
        target = Path(output)
        if target.is_dir():
            target = (
                target
                / f"{film.path.stem}{suffix if suffix in FORMATS and suffix != '.avi' else '.mp4'}"
            )
    if target.resolve() == film.path.resolve():
        raise UsageError(f"{target} would be written over itself; choose another output")
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists already; --overwrite replaces it")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    return target, codec or ("vp9" if target.suffix.lower() == ".webm" else "h264")


def check_carrier(source: FilmSource, output: Path, encoder: FilmEncoder, codec: str) -> None:
    """Raises UsageError if the output's container cannot hold the codec or one of the source's
    tracks."""
    if output.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{output.name} has no film format in its name; end it in {', '.join(FORMATS)}"
        )
    if CARRIERS[FORMATS[output.suffix.lower()]] not in encoder.carriers:
        raise UsageError(
            f"{codec} cannot be stored in {output.suffix}; end the output in"
            f" {' or '.join('.' + c for c in encoder.carriers)}"
        )
    refused = refused_tracks(source, output.suffix.lower())
    if refused:
        raise UsageError(
            f"{output.suffix} cannot hold the {refused[0]} of {source.path.name}; end the output in"
            " .mkv"
        )


def refused_tracks(source: FilmSource, suffix: str) -> list[str]:
    """The tracks that a container cannot hold, as "audio track 2 (pcm_s16le)"."""
    refused = []
    with (
        av.open(str(source.path)) as container,
        av.open(
            "/dev/null" if Path("/dev/null").exists() else "NUL", "w", format=FORMATS[suffix]
        ) as probe,
    ):
        known = probe.supported_codecs
        for stream in other_tracks(container, source):
            name = "" if stream.codec_context is None else stream.codec_context.name
            canonical = "" if not name else stream.codec_context.codec.canonical_name
            # PCM of AVI and the like has no channel layout, which MP4 asks for
            loose = (
                suffix in (".mp4", ".m4v")
                and name.startswith("pcm_")
                and FORMATS.get(source.path.suffix.lower()) != "mp4"
            )
            if stream.type in ("audio", "video", "subtitle") and (
                loose or not {name, canonical} & known
            ):
                refused.append(f"{stream.type} track {stream.index + 1} ({name})")
    return refused
