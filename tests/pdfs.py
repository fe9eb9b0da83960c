"""PDF files of every kind of picture, built for the tests."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pikepdf
import skimage.data
import tifffile
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageOps

CAMERA = Image.fromarray(skimage.data.camera()).resize((200, 152))
GRAY = np.asarray(CAMERA)
TEXT = b"BT /F1 12 Tf 20 20 Td (Harvest, 1931) Tj ET"


def coded(image: Image.Image, kind: str, **options) -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(
    pdf: pikepdf.Pdf,
    data: bytes,
    filter: Name | None,
    space: object = Name.DeviceGray,
    bits: int = 8,
    size: tuple[int, int] = CAMERA.size,
    **more: object,
) -> pikepdf.Object:
    """An image XObject."""
    stream = pikepdf.Stream(pdf, data)
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace, stream.BitsPerComponent = space, bits
    if filter is not None:
        stream.Filter = filter
    for key, value in more.items():
        stream[f"/{key}"] = value
    return pdf.make_indirect(stream)


def flate(pdf: pikepdf.Pdf, samples: np.ndarray, *args: object, **more: object) -> pikepdf.Object:
    return picture(pdf, zlib.compress(samples.tobytes()), Name.FlateDecode, *args, **more)


def jpeg(pdf: pikepdf.Pdf, image: Image.Image = CAMERA, **more: object) -> pikepdf.Object:
    space = Name.DeviceGray if image.mode == "L" else Name.DeviceRGB
    return picture(
        pdf, coded(image, "JPEG", quality=85), Name.DCTDecode, space, size=image.size, **more
    )


def _group4(image: Image.Image) -> bytes:
    file = coded(image, "TIFF", compression="group4")
    page = tifffile.TiffFile(io.BytesIO(file)).pages[0]
    (start,), (length,) = page.dataoffsets, page.databytecounts
    return file[start : start + length]


def _fax(pdf: pikepdf.Pdf) -> pikepdf.Object:
    width, height = CAMERA.size
    parms = Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=True)
    data = _group4(CAMERA.convert("1"))
    return picture(pdf, data, Name.CCITTFaxDecode, bits=1, DecodeParms=parms)


def _jbig2(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """A page and one generic region, coded as Group 4 (ITU T.88, 7.4)."""
    width, height = CAMERA.size
    data = _group4(ImageOps.invert(CAMERA.convert("1")))
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + data
    segments = b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body
        for number, (kind, body) in enumerate([(48, page), (38, region)])
    )
    return picture(pdf, segments, Name.JBIG2Decode, bits=1)


def _indexed(pdf: pikepdf.Pdf) -> pikepdf.Object:
    levels = pikepdf.String(bytes(np.repeat(255 - np.arange(256, dtype=np.uint8), 3)))
    return flate(pdf, 255 - GRAY, Array([Name.Indexed, Name.DeviceRGB, 255, levels]))


KINDS: dict[str, Callable[[pikepdf.Pdf], pikepdf.Object]] = {
    "jpeg": jpeg,
    "jpeg 2000": lambda pdf: picture(pdf, coded(CAMERA, "JPEG2000"), Name.JPXDecode),
    "flate": lambda pdf: flate(pdf, GRAY),
    "indexed": _indexed,
    "inverted": lambda pdf: flate(pdf, 255 - GRAY, Decode=Array([1, 0])),
    "16 bit": lambda pdf: flate(pdf, GRAY.astype(">u2") * 257, bits=16),
    "gray as rgb": lambda pdf: flate(pdf, np.dstack([GRAY] * 3), Name.DeviceRGB),
    "fax": _fax,
    "jbig2": _jbig2,
    "soft mask": lambda pdf: jpeg(pdf, SMask=flate(pdf, np.full_like(GRAY, 128))),
    "mask": lambda pdf: flate(
        pdf,
        GRAY,
        Mask=flate(pdf, np.zeros((152, 25), np.uint8), bits=1, ImageMask=True),
    ),
}
"""Pictures that are the camera man."""
DITHERED = ("fax", "jbig2")
"""Those that are black and white points."""


def document(*pages: list[pikepdf.Object], pdf: pikepdf.Pdf, rotate: int = 0) -> bytes:
    """A PDF whose pages show pictures under a line of text, with title, outline and labels."""
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for pictures in pages:
        page = pdf.add_blank_page(page_size=(240, 300))
        names = {f"/Im{n}": each for n, each in enumerate(pictures)}
        page.Resources = Dictionary(XObject=Dictionary(names), Font=Dictionary(F1=font))
        drawn = [b"q 200 0 0 152 20 60 cm %b Do Q" % name.encode() for name in names]
        page.Contents = pikepdf.Stream(pdf, b"\n".join([*drawn, TEXT]))
        page.CropBox = Array([0, 0, 236, 290])
        if rotate:
            page.Rotate = rotate
    pdf.docinfo["/Title"] = "Letters"
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("The harvest", 0))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    file = io.BytesIO()
    pdf.save(file, deterministic_id=True)
    return file.getvalue()
