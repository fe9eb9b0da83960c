"""An honest label in a photograph's XMP: that a program colored it, which network of which version,
with which settings."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tintype.photo import deep, tiff
from tintype.photo.file import File
from tintype.photo.metadata import XMP_TAG, xmp_of
from tintype.photo.peek import open_image

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type: a recorded picture with elements that a trained network made."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OWN = "urn:tintype:label:1"
META = "adobe:ns:meta/"

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
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
}
for _prefix, _uri in _PREFIXES.items():
    ET.register_namespace(_prefix, _uri)

_PACKET = b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n%s\n<?xpacket end='w'?>"


@dataclass(frozen=True)
class Label:
    """network: its name. version: of Tintype. settings: a short hash of everything else that
    decides how the output looks."""

    network: str
    version: str
    settings: str

    def into(self, xmp: bytes | None) -> bytes:
        """An XMP packet with this label; what was there stays, except an older label and another
        creator tool or source type.

        A packet that is no XML is replaced. No time is written, so that the same photograph always
        gives the same file.
        """
        root, rdf = _parsed(xmp)
        history = _without_label(rdf)
        told = ET.SubElement(rdf, _in(RDF, "Description"), {_in(RDF, "about"): ""})
        for name, value in (
            (_in(XMP, "CreatorTool"), f"Tintype {self.version}"),
            (_in(IPTC_EXTENSION, "DigitalSourceType"), SOURCE_TYPE),
            (_in(OWN, "Network"), self.network),
            (_in(OWN, "Version"), self.version),
            (_in(OWN, "Settings"), self.settings),
        ):
            ET.SubElement(told, name).text = value
        events = ET.SubElement(ET.SubElement(told, _in(MEDIA, "History")), _in(RDF, "Seq"))
        events.extend(history)
        event = ET.SubElement(events, _in(RDF, "li"), {_in(RDF, "parseType"): "Resource"})
        for name, value in (
            ("action", "edited"),
            ("softwareAgent", f"Tintype {self.version}"),
            ("parameters", f"colorized by the network {self.network}, settings {self.settings}"),
        ):
            ET.SubElement(event, _in(EVENT, name)).text = value
        return _PACKET % ET.tostring(root, "utf-8")


def read_label(path: str | Path | bytes | BinaryIO) -> Label | None:
    """The label of a JPEG, PNG, TIFF, WebP, HEIC, AVIF or JPEG 2000 file; of a TIFF, that of its
    first page that has one. None if it has none or cannot be read."""
    try:
        with File(path) as file:
            if file.head.startswith(tiff.MAGIC):
                blocks = (page.directory.block(XMP_TAG) for page in tiff.pages_of(file))
                return next(filter(None, (label_of(xmp) for xmp in blocks if xmp)), None)
            elif file.head.startswith(deep.JPEG_2000[0]):
                xmp = deep.xmp_in(file.data)
            else:
                xmp = xmp_of(open_image(file))
    except Exception:  # a file that is no picture has no label, whatever its decoder raises
        return None
    return None if xmp is None else label_of(xmp)


def label_of(xmp: bytes) -> Label | None:
    """The label in an XMP packet, or None."""
    _, rdf = _parsed(xmp)
    network, version, settings = (
        rdf.findtext(f".//{_in(OWN, name)}") for name in ("Network", "Version", "Settings")
    )
    return (
        None
        if network is None or version is None or settings is None
        else Label(network, version, settings)
    )


def _in(space: str, name: str) -> str:
    return f"{{{space}}}{name}"


def _parsed(xmp: bytes | None) -> tuple[ET.Element, ET.Element]:
    """The packet's root and its rdf:RDF; new ones where there are none."""
    if xmp:
        text = re.sub(rb"<\?xpacket.*?\?>", b"", xmp, flags=re.DOTALL).strip(b"\0 \r\n\t")
        try:
            root = ET.fromstring(text)
            rdf = root if root.tag == _in(RDF, "RDF") else root.find(_in(RDF, "RDF"))
            if rdf is not None:
                return root, rdf
        except (ET.ParseError, ValueError):
            pass
    root = ET.Element(_in(META, "xmpmeta"))
    return root, ET.SubElement(root, _in(RDF, "RDF"))


def _without_label(rdf: ET.Element) -> list[ET.Element]:
    """Remove what a new label says; returns the events of the history so far, without those of
    older labels."""
    replaced = {_in(XMP, "CreatorTool"), _in(IPTC_EXTENSION, "DigitalSourceType")}
    events: list[ET.Element] = []
    for described in list(rdf):
        for name in list(described.attrib):
            if name in replaced or name.startswith(f"{{{OWN}}}"):
                del described.attrib[name]
        for child in list(described):
            if child.tag == _in(MEDIA, "History"):
                events += child.findall(f"{_in(RDF, 'Seq')}/{_in(RDF, 'li')}")
            if (
                child.tag in replaced
                or child.tag == _in(MEDIA, "History")
                or str(child.tag).startswith(f"{{{OWN}}}")
            ):
                described.remove(child)
        if len(described) == 0 and set(described.attrib) <= {_in(RDF, "about")}:
            rdf.remove(described)
    return [
        event for event in events if "colorized by the network" not in "".join(event.itertext())
    ]


def settings_hash(**settings: object) -> str:
    """A short hash of named settings of plain types."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[
        :12
    ]


def is_current(source: str | Path, target: str | Path, label: Label | None) -> bool:
    """Whether an output need not be made again: it is there, is not older than its source, and was
    made by the same network with the same settings.

    label: what the output would carry; None if it would carry none. An output without a label (of a
    format that holds no XMP, or another program's) counts as current by its time alone, so that
    nothing that is not known to be ours is written over.
    """
    try:
        if Path(target).stat().st_mtime_ns < Path(source).stat().st_mtime_ns:
            return False
    except OSError:
        return False
    found = read_label(target) if label is not None else None
    return (
        label is None
        or found is None
        or (found.network, found.settings) == (label.network, label.settings)
    )
