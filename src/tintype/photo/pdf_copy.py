"""A copy of a PDF in which pictures are replaced by their colorings; text, outline, boxes and all
else stay."""

import io
from typing import Any

import cv2
import numpy as np

from tintype.errors import PhotoError
from tintype.photo import png
from tintype.photo.file import File, explained
from tintype.photo.image import upright
from tintype.photo.label import Label
from tintype.photo.pdf import document_of
from tintype.photo.photo import Metadata, Photo, to_uint8
from tintype.photo.profile import SRGB_PROFILE
from tintype.photo.write import write_photo

BACK = {6: 8, 8: 6}
"""Orientations that do not undo themselves, and what undoes them."""
GRAY_KEYS = ("/Decode", "/DecodeParms", "/Filter", "/Alternates")
"""Entries that belong to a picture's old samples."""


class PdfCopy:
    """The copy of an open PDF. Raises PhotoError."""

    def __init__(self, file: File) -> None:
        self._name = file.name
        with explained(file.name):
            self._source = document_of(file)
        self._profile: Any = None

    def replace(self, number: int, photo: Photo, quality: int | None = None) -> None:
        """Put a picture's coloring in its place: RGB, of the same size. quality: 1..100 of a JPEG;
        None: at least the source's, or without loss where the source is."""
        import pikepdf

        picture = self._source.pictures[number]
        with explained(self._name, writing=True):
            orientation = BACK.get(picture.orientation, picture.orientation)
            color = photo.pixels if photo.pixels.ndim == 3 else np.dstack([photo.pixels] * 3)
            pixels, _ = upright(to_uint8(color), None, orientation)
            height, width = pixels.shape[:2]
            for image in picture.objects:
                for key in GRAY_KEYS:
                    if key in image:
                        del image[key]
                image.Width, image.Height, image.BitsPerComponent = width, height, 8
                image.ColorSpace = self._color_space()
                if photo.metadata.lossless and quality is None:
                    parms = pikepdf.Dictionary(
                        Predictor=15, Colors=3, BitsPerComponent=8, Columns=width
                    )
                    name = pikepdf.Name.FlateDecode
                    image.write(_deflated(pixels), filter=name, decode_parms=parms)
                else:
                    coded = io.BytesIO()
                    plain = Photo(pixels, metadata=Metadata(quality=photo.metadata.quality))
                    write_photo(plain, coded, quality, "jpg")
                    image.write(coded.getvalue(), filter=pikepdf.Name.DCTDecode)

    def finish(self, label: Label | None) -> bytes:
        """The document's file. label: goes into its XMP."""
        import pikepdf

        document = self._source.document
        with explained(self._name, writing=True):
            if label is not None:
                root = document.Root
                before = bytes(root.Metadata.read_bytes()) if "/Metadata" in root else None
                kind = {"/Type": pikepdf.Name.Metadata, "/Subtype": pikepdf.Name.XML}
                root.Metadata = pikepdf.Stream(document, label.into(before), kind)
            whole = io.BytesIO()
            document.save(
                whole,
                deterministic_id=True,
                fix_metadata_version=False,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                linearize=document.is_linearized,
            )
        return whole.getvalue()

    def _color_space(self) -> Any:
        """sRGB, once for all pictures."""
        import pikepdf

        document = self._source.document
        if self._profile is None:
            profile = pikepdf.Stream(document, SRGB_PROFILE, N=3)
            self._profile = document.make_indirect(
                pikepdf.Array([pikepdf.Name.ICCBased, document.make_indirect(profile)])
            )
        return self._profile


def _deflated(pixels: Any) -> bytes:
    """The samples of a PNG, which a PDF takes as they are (ISO 32000, 7.4.4.4)."""
    done, coded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    if not done:
        raise PhotoError("a picture cannot be compressed")
    return b"".join(
        chunk.body for chunk in png.read_chunks(coded.tobytes()) if chunk.name == b"IDAT"
    )
