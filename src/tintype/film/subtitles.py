"""Packets of text subtitles in; the same text as another codec stores it out."""

import re
import struct

TEXT_CODECS = ("subrip", "srt", "text", "mov_text", "ass", "ssa", "webvtt")
TEXT_CODEC_OF = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
"""The text codec of each container, by FFmpeg's names."""
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""Style from which FFmpeg's encoders write their track headers."""


def converted(data: bytes, codec: str, target: str) -> bytes | None:
    """The packet of one subtitle in another codec; None where it holds no text (MP4 fills pauses
    with empty ones)."""
    text = _text_of(data, codec).strip()
    if not text:
        return None
    if target != "mov_text":
        return text.encode()
    plain = re.sub(r"<[^>]*>", "", text).encode()
    return struct.pack(">H", len(plain)) + plain


def _text_of(data: bytes, codec: str) -> str:
    if codec == "mov_text":
        (length,) = struct.unpack(">H", data[:2]) if len(data) >= 2 else (0,)
        return data[2 : 2 + length].decode("utf-8", "replace")
    text = data.decode("utf-8", "replace")
    if codec in ("ass", "ssa"):
        text = re.sub(r"\{[^}]*\}", "", text.split(",", 8)[-1])
        return re.sub(r"\\[Nn]", "\n", text).replace(r"\h", " ")
    return text
