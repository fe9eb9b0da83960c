"""The tracks of a film beside its picture in; how each goes into a container, and its packets
there, out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tintype.film.inputs import is_timecode, picture_track
from tintype.film.runtime import av
from tintype.film.source import FilmSource
from tintype.film.subtitles import ASS_HEADER, TEXT_CODEC_OF, TEXT_CODECS, converted

COVER = av.stream.Disposition.attached_pic
SOUND_ENCODERS = {"webm": "libopus", "avi": "libmp3lame"}
"""FFmpeg's sound encoder of each container; AAC elsewhere."""
SOUND_CODEC_NAMES = {"aac": "AAC", "libopus": "Opus", "libmp3lame": "MP3"}
SOUND_BIT_RATE = 96_000
"""Bits per second of one channel."""
UNPLAYED_SOUND = {"mp4": re.compile(r"vorbis|pcm_.*")}
"""Sound that FFmpeg writes into a container, but hardly a player plays there."""


@dataclass(frozen=True)
class Track:
    """index: in the source. mode: "copy", "attach" (a file of Matroska), "text" (subtitles in
    another codec) or "encode" (sound). codec: FFmpeg's, of "text" and "encode"."""

    index: int
    mode: str = "copy"
    codec: str = ""


def track_name(stream: Any) -> str:
    """As "audio track 2 (pcm_s16le)"."""
    kind = "cover picture in" if stream.disposition & COVER else stream.type
    return f"{kind} track {stream.index + 1} ({codec_name(stream) or 'unknown'})"


def codec_name(stream: Any) -> str:
    if stream.codec_context is not None:
        return str(stream.codec_context.codec.canonical_name)
    return str(getattr(stream, "name", None) or "")


def other_tracks(container: Any) -> list[Any]:
    """All but the picture track, and timecode tracks, which muxers write from a tag."""
    picture = picture_track(container)
    return [s for s in container.streams if s is not picture and not is_timecode(s)]


def choices(stream: Any, kind: str, source_kind: str, sound: str) -> list[Track]:
    """How a track may go into a container, best first. kind: FFmpeg's name of the container.
    source_kind: FFmpeg's of the source. sound: "auto", "copy", "transcode" or "none"."""
    copy = Track(stream.index)
    if stream.type == "audio":
        encoder = SOUND_ENCODERS.get(kind, "aac")
        encode = Track(stream.index, "encode", encoder)
        unplayed = kind in UNPLAYED_SOUND and kind not in source_kind.split(",")
        unplayed = unplayed and UNPLAYED_SOUND[kind].fullmatch(codec_name(stream)) is not None
        by_mode = {
            "auto": [encode] if unplayed else [copy, encode],
            "copy": [copy],
            "transcode": [encode],
            "none": [],
        }
        return by_mode[sound]
    if stream.type == "subtitle":
        text = TEXT_CODEC_OF.get(kind)
        is_text = codec_name(stream) in TEXT_CODECS and text is not None
        return [copy, Track(stream.index, "text", text or "")] if is_text else [copy]
    if kind == "matroska" and (stream.type == "attachment" or stream.disposition & COVER):
        return [Track(stream.index, "attach")]
    return [copy] if stream.type in ("video", "data") else []


def add_track(out: Any, origin: Any, track: Track) -> Any:
    """Add a track to an output. Returns its stream, or None where it has no packets."""
    stream = origin.streams[track.index]
    if track.mode == "attach":
        _attach(out, origin, stream)
        return None
    if track.mode == "copy":
        copy = out.add_stream_from_template(stream, opaque=True)
        copy.time_base = stream.time_base
    elif track.mode == "text":
        copy = out.add_stream(track.codec)
        copy.codec_context.subtitle_header = ASS_HEADER
        copy.codec_context.time_base = copy.time_base = Fraction(1, 1000)
    else:
        context = stream.codec_context
        rate = 48_000 if track.codec == "libopus" else context.sample_rate
        copy = out.add_stream(track.codec, rate=rate)
        layout = "stereo" if track.codec != "aac" else layout_name(context.layout)
        copy.codec_context.layout = "mono" if context.layout.nb_channels == 1 else layout
        copy.codec_context.bit_rate = SOUND_BIT_RATE * copy.codec_context.layout.nb_channels
    copy.metadata.update({k: v for k, v in stream.metadata.items() if k.lower() != "encoder"})
    copy.disposition = stream.disposition
    return copy


def layout_name(layout: Any) -> str:
    """The name of a channel layout; of the usual one where only the number of channels is known."""
    unnamed = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
    known = not layout.name.endswith("channels")
    return str(layout.name if known else unnamed.get(layout.nb_channels, layout.name))


def _attach(out: Any, origin: Any, stream: Any) -> None:
    if stream.type == "attachment":
        name, data = stream.name or f"attachment-{stream.index}", stream.data
        mime = stream.mimetype or "application/octet-stream"
    else:  # a cover picture is a file in Matroska
        with av.open(origin.name, metadata_errors="replace") as again:
            data = bytes(next(again.demux(again.streams[stream.index])))
        kind = codec_name(stream).replace("mjpeg", "jpeg")
        name = stream.metadata.get("filename", f"cover.{kind.replace('jpeg', 'jpg')}")
        mime = stream.metadata.get("mimetype", f"image/{kind}")
    out.add_attachment(name, mime, data)


class TrackWriter:
    """Makes the packets of one output track from those of its source track. Time stamps are made
    to rise. rise: by how much at least; 0 where packets may share one, as those of TrueHD, of less
    than a millisecond, do in Matroska."""

    def __init__(self, track: Track, source: Any, output: Any, rise: int) -> None:
        self.track, self.source, self.output, self.rise = track, source, output, rise
        self.last: int | None = None
        self.duration = 0
        self.filters: Any = None

    def packets(self, packet: Any) -> Iterator[Any]:
        """Output packets of a source packet whose time stamps count from the output's start."""
        if self.track.mode == "encode":
            yield from self._encoded(packet)
        elif self.track.mode == "text":
            data = converted(bytes(packet), codec_name(self.source), self.track.codec)
            if data is not None and packet.pts is not None:
                text = av.Packet(data)
                text.pts = text.dts = packet.pts
                text.time_base, text.duration = packet.time_base, packet.duration
                text.stream = self.output
                yield text
        elif self._is_later(packet):
            packet.stream = self.output
            yield packet

    def flush(self) -> Iterator[Any]:
        if self.track.mode == "encode":
            if self.filters is not None:
                self.filters.push(None)
                yield from self._filtered()
            yield from self.output.encode(None)

    def _is_later(self, packet: Any) -> bool:
        """Repair the time stamps of a packet that is copied. False if it belongs to the time
        before, as sound at the joint of two recordings may."""
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.duration:
            self.duration = packet.duration
        elif self.last is not None and self.source.type == "audio":
            self.duration = packet.duration = self.duration or packet.dts - self.last
        if self.last is not None and packet.dts < self.last + self.rise:
            if self.source.type == "audio" and 0 < self.duration <= self.last - packet.dts:
                return False
            packet.dts = self.last + self.rise
            packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
        self.last = packet.dts
        return True

    def _encoded(self, packet: Any) -> Iterator[Any]:
        try:
            frames = packet.decode()
        except av.FFmpegError:  # a damaged packet: the filter fills the hole with silence
            return
        for frame in frames:
            if self.filters is None:
                self.filters = self._graph(frame)
            self.filters.push(frame)
            yield from self._filtered()

    def _filtered(self) -> Iterator[Any]:
        while True:
            try:
                frame = self.filters.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield from self.output.encode(frame)

    def _graph(self, frame: Any) -> Any:
        """Fills holes with silence, so that the sound stays in time, and converts."""
        context, graph = self.output.codec_context, av.filter.Graph()
        steps = [
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format.name,
                layout=layout_name(frame.layout),
                time_base=frame.time_base,
            ),
            graph.add("aresample", "async=1"),
            graph.add(
                "aformat",
                f"sample_fmts={context.format.name}:sample_rates={context.sample_rate}"
                f":channel_layouts={context.layout.name}",
            ),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*steps).configure()
        return graph


def other_packets(
    origin: Any,
    source: FilmSource,
    writers: dict[int, TrackWriter],
    start: float | None,
    stop: float | None,
    limit: int | None,
) -> Iterator[tuple[float, Any]]:
    """The packets of all tracks beside the picture, each with its time in seconds. start, stop: the
    part of the source, in seconds. limit: of packets read."""
    shift = source.shift + Fraction(start or 0)
    length = None if stop is None else stop - (start or 0)
    picture = [origin.streams[source.track]] if source.input.has_clock(origin) else []
    streams = [origin.streams[index] for index in writers]
    packets = source.input.packets(origin, [*picture, *streams])
    count = 0
    while limit is None or count < limit:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):  # a truncated film: what is there is copied
            break
        when = packet.dts if packet.dts is not None else packet.pts
        writer = writers.get(packet.stream_index)
        count += 1
        if when is None or writer is None:
            continue
        begin = packet.pts if packet.pts is not None else when
        seconds = float(begin * packet.time_base - shift)
        if (start is not None and seconds < 0) or (length is not None and seconds >= length):
            continue
        moved = round(shift / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - moved
        packet.dts = None if packet.dts is None else packet.dts - moved
        key = float((when - moved) * packet.time_base)
        yield from ((key, made) for made in writer.packets(packet))
    for writer in writers.values():
        yield from ((float("inf"), made) for made in writer.flush())


def covers(origin: Any, source: FilmSource, writers: dict[int, TrackWriter]) -> Iterator[Any]:
    """The cover pictures, which a container takes before all else."""
    for index, writer in list(writers.items()):
        if writer.source.disposition & COVER:
            del writers[index]
            with source.input.open() as again:
                packet = next(again.demux(again.streams[index]))
                packet.pts = packet.dts = 0
                packet.stream = writer.output
                yield packet
