"""Reading and writing photographs: orientation, color profiles, alpha, bit depth, metadata, damaged files."""

from tintype.photo.entrance import Picture, as_photo
from tintype.photo.photo import Metadata, Photo
from tintype.photo.read import SUFFIXES, count_pages, read_photo
from tintype.photo.write import FORMATS, format_named, write_photo, write_photos

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Metadata",
    "Photo",
    "Picture",
    "as_photo",
    "count_pages",
    "format_named",
    "read_photo",
    "write_photo",
    "write_photos",
]
