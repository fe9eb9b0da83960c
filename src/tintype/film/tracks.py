"""Segments and the source in; the film with all other tracks of the source, packet for packet,
out."""

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tintype.errors import FilmError
from tintype.film.parts import Segment
from tintype.film.runtime import av
from tintype.film.source import FilmSource


def other_tracks(container: Any, source: FilmSource) -> list[Any]:
    """The tracks beside the picture that can be copied packet for packet."""
    return [
        s
        for s in container.streams
        if s.index != source.track and s.type in ("audio", "video", "subtitle", "data")
    ]


def join(
    segments: Sequence[Segment],
    source: FilmSource,
    target: Path,
    kind: str,
    start: float | None = None,
    stop: float | None = None,
) -> None:
    """Write the film.

    kind: FFmpeg's name of the container. start, stop: the part of the source that the segments
    show, in seconds; None for all. Raises FilmError for a damaged segment.
    """
    shift = source.shift + Fraction(start or 0)
    options = {"movflags": "+faststart+write_colr"} if kind in ("mp4", "mov") else {}
    with (
        av.open(str(source.path), metadata_errors="replace") as origin,
        av.open(str(segments[0].path)) as first,
        av.open(str(target), "w", format=kind, options=options) as out,
    ):
        out.metadata.update(
            {
                k: v
                for k, v in origin.metadata.items()
                if k.lower() not in ("encoder", "major_brand", "minor_version", "compatible_brands")
            }
        )
        picture = out.add_stream_from_template(first.streams.video[0], opaque=True)
        picture.time_base = source.time_base
        before = origin.streams[source.track]
        picture.metadata.update(
            {
                k: v
                for k, v in before.metadata.items()
                if k in ("title", "language", "handler_name", "timecode")
            }
        )
        tracks = {stream.index: _copy_of(out, stream) for stream in other_tracks(origin, source)}
        for stream in origin.streams:
            if stream.type == "attachment" and kind == "matroska":
                out.add_attachment(
                    stream.name or f"attachment-{stream.index}",
                    stream.mimetype or "application/octet-stream",
                    stream.data,
                )
        if chapters := _chapters(origin, source.shift, start, stop):
            out.set_chapters(chapters)
        streams = [_picture(segments, picture, source, shift)]
        if tracks:
            streams.append(_copied(origin, tracks, shift, start, stop))
        for _, packet in heapq.merge(*streams, key=lambda pair: pair[0]):
            out.mux(packet)


def _copy_of(out: Any, stream: Any) -> Any:
    copy = out.add_stream_from_template(stream, opaque=True)
    copy.time_base = stream.time_base
    copy.metadata.update({k: v for k, v in stream.metadata.items() if k not in ("encoder",)})
    copy.disposition = stream.disposition
    return copy


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


def _picture(
    segments: Sequence[Segment], track: Any, source: FilmSource, shift: Fraction
) -> Iterator[tuple[float, Any]]:
    """The packets of the segments with the source's time stamps: pts by rank in presentation, dts
    as late as reordering allows."""
    moved = round(shift / source.time_base)
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
        raise FilmError(f"{segment.path} is damaged; color the film again without --resume")
    place = {stamp: rank for rank, stamp in enumerate(sorted(pts))}
    return [place[stamp] for stamp in pts]


def _copied(
    origin: Any, tracks: dict[int, Any], shift: Fraction, start: float | None, stop: float | None
) -> Iterator[tuple[float, Any]]:
    packets = origin.demux([origin.streams[index] for index in tracks])
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):  # a truncated film: what is there is copied
            return
        when = packet.dts if packet.dts is not None else packet.pts
        if when is None:
            continue
        seconds = float((packet.pts if packet.pts is not None else when) * packet.time_base - shift)
        if (start is not None and seconds < 0) or (
            stop is not None and seconds >= stop - (start or 0)
        ):
            continue
        moved = round(shift / packet.time_base)
        if packet.pts is not None:
            packet.pts -= moved
        if packet.dts is not None:
            packet.dts -= moved
        key = float((when - moved) * packet.time_base)
        packet.stream = tracks[packet.stream_index]
        yield key, packet
