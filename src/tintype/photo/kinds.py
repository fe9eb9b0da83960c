"""What the first bytes of a file say: whether it is a film, and what it is if it is no picture."""

HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim")
AVIF_BRANDS = (b"avif", b"avis")
OTHER_KINDS = (
    (0, b"\x76\x2f\x31\x01", "is an OpenEXR picture, which is not read; save it as a 16-bit TIFF"),
    (128, b"DICM", "is a DICOM picture, which is not read; export it as a TIFF or PNG"),
    (0, b"SIMPLE  =", "is a FITS picture, which is not read; export it as a 16-bit TIFF"),
    (0, b"#?R", "is a Radiance HDR picture, which is not read; save it as a 16-bit TIFF"),
    (0, b"II\xbc", "is a JPEG XR picture, which is not read; save it as a TIFF or PNG"),
    (0, b"8BPS\0\x02", "is a PSB picture, which is not read; save it as a TIFF"),
    (0, b"gimp xcf", "is a GIMP picture, which is not read; export it as a TIFF or PNG"),
    (0, b"AT&TFORM", "is a DjVu document, which is not read; export its pages as TIFF"),
    (0, b"%!PS", "is a PostScript file, which is not read; convert it to PDF or TIFF"),
    (0, b"PK\x03\x04", "is a ZIP archive or an office document; unpack its pictures first"),
)
"""Where the first bytes of files that are no pictures stand, and what to say of these."""
QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
FILM_SIGNATURES = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG program stream, VOB
    b"\x00\x00\x01\xb3",  # MPEG video
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02",  # MXF
    b"\x1f\x07\x00",  # DV
    b"FLV\x01",
    b"OggS",
)
TRANSPORT_PACKETS = ((0, 188), (4, 192))
"""First sync byte, 0x47, and distance to the next, of MPEG transport streams and M2TS."""


def is_film(data: bytes) -> bool:
    """Whether a file is of a container of films."""
    box, brand = data[4:8], data[8:12]
    return (
        (box == b"ftyp" and brand not in (*HEIF_BRANDS, *AVIF_BRANDS))
        or box in QUICKTIME_BOXES
        or data.startswith(FILM_SIGNATURES)
        or (data.startswith(b"RIFF") and brand == b"AVI ")
        or any(
            data[begin : begin + 2 * size + 1 : size] == b"GGG" for begin, size in TRANSPORT_PACKETS
        )
    )


def what_it_is(begin: bytes) -> str:
    """What to say of a file that is no picture, as the rest of a sentence that begins with its
    name. begin: the first 1024 bytes."""
    if is_film(begin):
        return "is a film; `tintype film` colors it"
    others = (text for at, magic, text in OTHER_KINDS if begin[at:].startswith(magic))
    return next(others, "is not a picture that can be read")
