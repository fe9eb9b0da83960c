"""Color in a few hundred bytes: a gray photograph that any viewer shows, and a small code of its
color in the metadata."""

from tintype.pack.pack import KINDS, Packed, Unpacked, pack_photo, unpack_photo

__all__ = ["KINDS", "Packed", "Unpacked", "pack_photo", "unpack_photo"]
