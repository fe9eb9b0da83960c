"""A colored photograph as a PIL image whose plain `save` keeps metadata and label."""

from dataclasses import replace
from os import PathLike, fsdecode
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, PngImagePlugin

from tintype.photo.metadata import (
    IPTC_RESOURCE,
    IPTC_TAG,
    XMP_TAG,
    Embedded,
    LatinText,
    exif_with_texts,
)
from tintype.photo.photo import Metadata, Photo, to_uint8
from tintype.photo.profile import SRGB_PROFILE
from tintype.photo.write import encoder_options

Target = str | bytes | PathLike[str] | PathLike[bytes] | IO[bytes]


class ColoredImage(Image.Image):
    """A PIL image that `save` writes with the XMP, EXIF, IPTC, resolution and sRGB profile of
    `info`.

    Copies that Pillow makes of it, such as smaller ones, do the same.
    """

    @classmethod
    def of(cls, photo: Photo) -> "ColoredImage":
        """8 bits a channel: L or RGB, with alpha where the photograph has it."""
        pixels, metadata = to_uint8(photo.pixels), photo.metadata
        if photo.alpha is not None:
            pixels = np.dstack([pixels, to_uint8(photo.alpha)])
        made = cls._adopt(Image.fromarray(pixels))
        info = {
            "exif": exif_with_texts(metadata).to_bytes(),
            "xmp": metadata.xmp,
            "icc_profile": SRGB_PROFILE,
            "dpi": metadata.dpi,
            "comment": metadata.comment,
            "photoshop": metadata.iptc and {IPTC_RESOURCE: metadata.iptc},
            "quality": metadata.quality,
        }
        made.info |= {name: value for name, value in info.items() if value}
        return made

    @classmethod
    def _adopt(cls, image: Image.Image) -> "ColoredImage":
        image.__class__ = cls
        assert isinstance(image, cls)
        return image

    def _new(self, im: Any) -> "ColoredImage":
        return self._adopt(super()._new(im))

    def save(self, fp: Target, format: str | None = None, **params: Any) -> None:
        """As Pillow's, which says more; params: of Pillow's encoder, in place of what `info` and
        the quality of the photograph's own file say."""
        kind = format or self._format_of(fp)
        super().save(fp, format, **{**self._options(kind.upper(), params.get("quality")), **params})

    @staticmethod
    def _format_of(fp: Any) -> str:
        name = fp if isinstance(fp, str | bytes | PathLike) else getattr(fp, "name", "")
        return Image.registered_extensions().get(Path(fsdecode(name)).suffix.lower(), "")

    def _options(self, kind: str, quality: Any) -> dict[str, Any]:
        embedded = replace(Embedded.of(self), quality=self.info.get("quality"))
        metadata = embedded.metadata(np.empty((self.height, self.width)))
        if kind == "TIFF":
            return _tiff_options(metadata)
        if kind == "PNG":
            return _png_options(metadata)
        return encoder_options(metadata, kind, quality if isinstance(quality, int) else None)


def _tiff_options(metadata: Metadata) -> dict[str, Any]:
    tags = Image.Exif()
    tags.load(metadata.exif or b"")
    for code, value in tags.items():
        tags[code] = LatinText(value) if isinstance(value, str) else value
    for code, block in ((XMP_TAG, metadata.xmp), (IPTC_TAG, metadata.iptc)):
        if block:
            tags[code] = block
    given = {"exif": tags, "icc_profile": SRGB_PROFILE, "dpi": metadata.dpi}
    return {name: value for name, value in given.items() if value}


def _png_options(metadata: Metadata) -> dict[str, Any]:
    texts = PngImagePlugin.PngInfo()
    if metadata.xmp:
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    given = {"exif": metadata.exif, "dpi": metadata.dpi}
    return {"pnginfo": texts, "icc_profile": SRGB_PROFILE} | {
        name: value for name, value in given.items() if value
    }
