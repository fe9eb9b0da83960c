"""XMP packets (ISO 16684-1): parsed, written, split for JPEG, and made true for what is written."""

import hashlib
import re
import xml.etree.ElementTree as ET

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OWN = "urn:tintype:label:1"
META = "adobe:ns:meta/"
NOTE = "http://ns.adobe.com/xmp/note/"

_PREFIXES = {
    "x": META,
    "rdf": RDF,
    "xmp": XMP,
    "xmpMM": MEDIA,
    "stEvt": EVENT,
    "Iptc4xmpExt": IPTC_EXTENSION,
    "tintype": OWN,
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpNote": NOTE,
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
}
for _prefix, _uri in _PREFIXES.items():
    ET.register_namespace(_prefix, _uri)

_PACKET = b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n%s\n<?xpacket end='w'?>"

ATTACHMENTS = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.apple.com/pixeldatainfo/1.0/",
    "http://ns.google.com/photos/1.0/camera/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/container/item/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/audio/",
    "http://ns.google.com/photos/dd/1.0/",
)
"""Namespaces that describe what a camera appends to a picture: gain maps, motion photographs, depth
and sound."""
_SIZES = {
    "tiff:ImageWidth": 0,
    "tiff:ImageLength": 1,
    "exif:PixelXDimension": 0,
    "exif:PixelYDimension": 1,
}


def name_in(space: str, name: str) -> str:
    return f"{{{space}}}{name}"


def parsed(xmp: bytes | None) -> tuple[ET.Element, ET.Element]:
    """The packet's root and its rdf:RDF; new ones where there are none."""
    if xmp:
        text = re.sub(rb"<\?xpacket.*?\?>", b"", xmp, flags=re.DOTALL).strip(b"\0 \r\n\t")
        try:
            root = ET.fromstring(text)
            rdf = root if root.tag == name_in(RDF, "RDF") else root.find(name_in(RDF, "RDF"))
            if rdf is not None:
                return root, rdf
        except (ET.ParseError, ValueError):
            pass
    root = ET.Element(name_in(META, "xmpmeta"))
    return root, ET.SubElement(root, name_in(RDF, "RDF"))


def packet(root: ET.Element) -> bytes:
    """A packet of a whole tree."""
    return _PACKET % ET.tostring(root, "utf-8")


def upright_xmp(xmp: bytes, size: tuple[int, ...]) -> bytes:
    """A packet whose orientation is 1 and whose sizes are those of the upright photograph (width,
    height)."""
    new = {"tiff:Orientation": 1} | {name: size[axis] for name, axis in _SIZES.items()}
    for name, value in new.items():
        word = name.encode()
        xmp = re.sub(rb"(%s\s*=\s*[\"'])\s*\d+\s*([\"'])" % word, rb"\g<1>%d\g<2>" % value, xmp)
        xmp = re.sub(rb"(<%s>)\s*\d+\s*(</%s>)" % (word, word), rb"\g<1>%d\g<2>" % value, xmp)
    return xmp


def without_attachments(xmp: bytes) -> bytes:
    """The packet without what describes appended gain maps, motion photographs, depth and sound,
    which are not written; the same bytes where there is nothing of that kind."""
    if not any(space.encode() in xmp for space in ATTACHMENTS):
        return xmp
    root, rdf = parsed(xmp)
    gone = tuple(f"{{{space}}}" for space in ATTACHMENTS)
    for described in rdf:
        for name in [name for name in described.attrib if name.startswith(gone)]:
            del described.attrib[name]
        for child in [child for child in described if str(child.tag).startswith(gone)]:
            described.remove(child)
    return packet(root)


def split(xmp: bytes, limit: int) -> tuple[bytes, bytes | None]:
    """A packet of at most `limit` bytes and an extended one with the largest properties, or None
    (XMP specification, part 3, 1.1.3.1). The label stays in the first."""
    if len(xmp) <= limit:
        return xmp, None
    root, rdf = parsed(xmp)
    beyond = ET.Element(name_in(META, "xmpmeta"))
    moved = ET.SubElement(ET.SubElement(beyond, name_in(RDF, "RDF")), name_in(RDF, "Description"))
    moved.set(name_in(RDF, "about"), "")
    properties = [
        (len(ET.tostring(child)), described, child)
        for described in rdf
        for child in described
        if not str(child.tag).startswith(f"{{{OWN}}}")
    ]
    note = ET.SubElement(rdf, name_in(RDF, "Description"), {name_in(RDF, "about"): ""})
    note.set(name_in(NOTE, "HasExtendedXMP"), "0" * 32)
    for _, described, child in sorted(properties, key=lambda each: -each[0]):
        if len(packet(root)) <= limit:
            break
        described.remove(child)
        moved.append(child)
    extended = ET.tostring(beyond, "utf-8")
    note.set(name_in(NOTE, "HasExtendedXMP"), guid(extended))
    return packet(root), extended


def joined(xmp: bytes, extended: bytes) -> bytes:
    """One packet of a packet and its extension."""
    root, rdf = parsed(xmp)
    for described in rdf:
        described.attrib.pop(name_in(NOTE, "HasExtendedXMP"), None)
    rdf.extend(parsed(extended)[1])
    return packet(root)


def guid(extended: bytes) -> str:
    """The name under which a packet points to its extension."""
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
