"""Segments and the source in; the film, or its images, out."""

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tintype.errors import FilmError
from tintype.film.chroma import picture_of
from tintype.film.parts import Segment
from tintype.film.pixels import plane_of
from tintype.film.runtime import av
from tintype.film.source import FilmSource
from tintype.film.timecode import later_timecode
from tintype.film.tracks import Track, TrackWriter, add_track, covers, other_packets

KEPT_PICTURE_TAGS = ("title", "language", "handler_name")
MAKER_TAGS = ("encoder", "major_brand", "minor_version", "compatible_brands", "timecode")
"""Tags of a file that muxers write themselves."""
IMAGE_FORMATS = {
    ".png": ("png", "rgb24", "rgb48be"),
    ".dpx": ("dpx", "rgb24", "rgb48le"),
} | dict.fromkeys((".tif", ".tiff"), ("tiff", "rgb24", "rgb48le"))
"""FFmpeg's codec and its pixel formats of 8 and 16 bits, by suffix."""


def join(
    segments: Sequence[Segment],
    source: FilmSource,
    target: Path,
    kind: str,
    tracks: Sequence[Track],
    start: float | None = None,
    stop: float | None = None,
    limit: int | None = None,
    comment: str = "",
) -> None:
    """Write the film.

    kind: FFmpeg's name of the container. start, stop: the part of the source that the segments
    show, in seconds; None for all. limit: packets of the source that are read. comment: is added to
    that of the source. Raises FilmError for a damaged segment.
    """
    options = {"movflags": "+faststart+write_colr"} if kind in ("mp4", "mov") else {}
    with (
        source.input.open() as origin,
        av.open(str(segments[0].path)) as first,
        av.open(str(target.absolute()), "w", format=kind, options=options) as out,
    ):
        tags = {k: v for k, v in origin.metadata.items() if k.lower() not in MAKER_TAGS}
        comments = [tags.pop(key) for key in list(tags) if key.lower() == "comment"]
        if comment and not any(comment in each for each in comments):
            comments.append(comment)
        tags |= {"comment": "; ".join(comments)} if comments else {}
        out.metadata.update(tags)
        picture = _add_picture(out, origin, first.streams.video[0], source, kind, start)
        rise = 0 if kind in ("matroska", "webm") else 1
        added = [(track, add_track(out, origin, track)) for track in tracks]
        writers = {
            track.index: TrackWriter(track, origin.streams[track.index], stream, rise)
            for track, stream in added
            if stream is not None
        }
        if chapters := _chapters(origin, source.shift, start, stop):
            out.set_chapters(chapters)
        for packet in covers(origin, source, writers):
            out.mux(packet)
        streams = [_picture_packets(segments, picture, source, start)]
        if writers:
            streams.append(other_packets(origin, source, writers, start, stop, limit))
        for _, packet in heapq.merge(*streams, key=lambda pair: pair[0]):
            out.mux(packet)


def write_images(segments: Sequence[Segment], source: FilmSource, pattern: Path) -> None:
    """Write every frame as an RGB image, numbered as `pattern` says; 16 bits for a deep source."""
    codec, shallow, deep = IMAGE_FORMATS[pattern.suffix.lower()]
    pixels = source.pixel_format
    form = shallow if pixels.depth == 8 else deep
    name = str(pattern.parent.absolute()).replace("%", "%%") + f"/{pattern.name}"
    with av.open(name, "w", format="image2", options={"start_number": "1"}) as out:
        stream = out.add_stream(codec, rate=source.rate)
        stream.width, stream.height, stream.pix_fmt = pixels.width, pixels.height, form
        for segment in segments:
            with av.open(str(segment.path)) as container:
                for coded in container.decode(video=0):
                    luma, cb, cr = (plane_of(coded, number) for number in range(3))
                    luma = luma[: pixels.height, : pixels.width]
                    rgb = picture_of(luma, (cb, cr), pixels, deep=form != shallow)
                    layout = "rgb24" if form == shallow else "rgb48le"
                    frame = av.VideoFrame.from_ndarray(rgb, layout)
                    out.mux(stream.encode(frame.reformat(format=form)))
        out.mux(stream.encode(None))


def _add_picture(
    out: Any, origin: Any, segment: Any, source: FilmSource, kind: str, start: float | None
) -> Any:
    before = origin.streams[source.track]
    picture = out.add_stream_from_template(segment, opaque=True)
    picture.time_base = 1 / source.rate if kind == "avi" else source.time_base
    picture.codec_context.framerate = source.rate
    if kind in ("mp4", "mov") and segment.codec_context.name == "hevc":
        picture.codec_context.codec_tag = "hvc1"
    picture.disposition = before.disposition
    default = av.stream.Disposition.default
    if not any(stream.disposition & default for stream in origin.streams):
        picture.disposition |= default
    tags = {k: v for k, v in before.metadata.items() if k in KEPT_PICTURE_TAGS}
    if source.timecode:
        frames = round((start or 0) * float(source.rate))
        tags["timecode"] = later_timecode(source.timecode, frames, source.rate)
    picture.metadata.update(tags)
    return picture


def _chapters(origin: Any, shift: Fraction, start: float | None, stop: float | None) -> list[Any]:
    chapters = []
    for chapter in origin.chapters():
        base = chapter["time_base"]
        moved = round((shift + Fraction(start or 0)) / base)
        begin, end = chapter["start"] - moved, chapter["end"] - moved
        if stop is not None:
            end = min(end, round((Fraction(stop) - Fraction(start or 0)) / base))
        if end > 0 and end > max(begin, 0):
            chapters.append(chapter | {"start": max(begin, 0), "end": end})
    return chapters


def _picture_packets(
    segments: Sequence[Segment], track: Any, source: FilmSource, start: float | None
) -> Iterator[tuple[float, Any]]:
    """The packets of the segments with the source's time stamps: pts by rank in presentation, dts
    as late as reordering allows."""
    moved = round((source.shift + Fraction(start or 0)) / source.time_base)
    stamps = [stamp - moved for segment in segments for stamp in segment.stamps]
    ranks = [_ranks(segment) for segment in segments]
    delay = max((n - rank for order in ranks for n, rank in enumerate(order)), default=0)
    index = offset = 0
    for segment, order in zip(segments, ranks, strict=True):
        with av.open(str(segment.path)) as container:
            packets = (packet for packet in container.demux(video=0) if packet.pts is not None)
            for packet, rank in zip(packets, order, strict=True):
                at = offset + rank
                packet.time_base = source.time_base
                packet.pts = stamps[at]
                packet.dts = (
                    stamps[index - delay]
                    if index >= delay
                    else stamps[0] - (delay - index) * source.step
                )
                packet.duration = (
                    stamps[at + 1] if at + 1 < len(stamps) else stamps[at] + source.step
                ) - stamps[at]
                packet.stream = track
                yield float(packet.dts * source.time_base), packet
                index += 1
        offset += len(segment.stamps)


def _ranks(segment: Segment) -> list[int]:
    """For each packet of a segment, in order of decoding, the number of its frame in order of
    presentation."""
    with av.open(str(segment.path)) as container:
        pts = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    if len(pts) != len(segment.stamps):
        raise FilmError(f"{segment.path} is damaged; color the film again with --restart")
    place = {stamp: rank for rank, stamp in enumerate(sorted(pts))}
    return [place[stamp] for stamp in pts]
