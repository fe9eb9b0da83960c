"""Reading and writing photographs: orientation, color profiles, alpha, bit depth, metadata, pages,
damaged files."""

from tintype.photo.colored import ColoredImage
from tintype.photo.entrance import Picture, as_photo
from tintype.photo.file import PLAIN_SUFFIXES, SUFFIXES
from tintype.photo.kinds import is_film
from tintype.photo.label import Label, read_label
from tintype.photo.negative import invert, looks_negative
from tintype.photo.peek import FileHeader, peek
from tintype.photo.photo import Metadata, Photo
from tintype.photo.read import count_pages, format_of, read_pages, read_photo
from tintype.photo.tint import ColorAnalysis, analyze_color, is_color
from tintype.photo.tones import has_two_tones, is_dark, smoothed_points, stretched
from tintype.photo.write import (
    FORMATS,
    LABELED,
    ending_of,
    format_named,
    write_photo,
    write_photos,
)

__all__ = [
    "FORMATS",
    "LABELED",
    "PLAIN_SUFFIXES",
    "SUFFIXES",
    "ColorAnalysis",
    "ColoredImage",
    "FileHeader",
    "Label",
    "Metadata",
    "Photo",
    "Picture",
    "analyze_color",
    "as_photo",
    "count_pages",
    "ending_of",
    "format_named",
    "format_of",
    "has_two_tones",
    "invert",
    "is_color",
    "is_dark",
    "is_film",
    "looks_negative",
    "peek",
    "read_label",
    "read_pages",
    "read_photo",
    "smoothed_points",
    "stretched",
    "write_photo",
    "write_photos",
]
