"""An honest label in a photograph's XMP: that a program colored it, which network of which version,
with which settings."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tintype.photo import jxl, pdf, png, tiff
from tintype.photo.file import File
from tintype.photo.metadata import XMP_TAG, xmp_of
from tintype.photo.peek import open_image
from tintype.photo.xmp import (
    EVENT,
    IPTC_EXTENSION,
    MEDIA,
    OWN,
    RDF,
    XMP,
    name_in,
    packet,
    parsed,
)

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type: a recorded picture with elements that a trained network made."""
METHOD_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""A recorded picture that an algorithm without training changed."""


@dataclass(frozen=True)
class Label:
    """network: its name, or that of a method without one. version: of Tintype. settings: everything
    else that decides how the output looks, as text. sha256: of the network's file, 64 hexadecimal
    digits; "" for a method. Several networks are parted by commas."""

    network: str
    version: str
    settings: str
    sha256: str = ""

    @property
    def request(self) -> tuple[str, str]:
        """What two outputs of the same request share, whatever the network's file is called."""
        return self.sha256, self.settings

    def into(self, xmp: bytes | None) -> bytes:
        """An XMP packet with this label; what was there stays, except an older label and another
        creator tool or source type.

        A packet that is no XML is replaced. No time is written, so that the same photograph always
        gives the same file.
        """
        root, rdf = parsed(xmp)
        history = _without_label(rdf)
        kind, source_type = (
            ("network", SOURCE_TYPE) if self.sha256 else ("method", METHOD_SOURCE_TYPE)
        )
        described = ET.SubElement(rdf, name_in(RDF, "Description"), {name_in(RDF, "about"): ""})
        for name, value in (
            (name_in(XMP, "CreatorTool"), f"Tintype {self.version}"),
            (name_in(IPTC_EXTENSION, "DigitalSourceType"), source_type),
            (name_in(OWN, "Network"), self.network),
            (name_in(OWN, "Version"), self.version),
            (name_in(OWN, "Settings"), self.settings),
            (name_in(OWN, "NetworkSHA256"), self.sha256),
        ):
            if value:
                ET.SubElement(described, name).text = value
        events = ET.SubElement(
            ET.SubElement(described, name_in(MEDIA, "History")), name_in(RDF, "Seq")
        )
        events.extend(history)
        event = ET.SubElement(events, name_in(RDF, "li"), {name_in(RDF, "parseType"): "Resource"})
        for name, value in (
            ("action", "edited"),
            ("softwareAgent", f"Tintype {self.version}"),
            ("parameters", f"colorized by the {kind} {self.network}, settings {self.settings}"),
        ):
            ET.SubElement(event, name_in(EVENT, name)).text = value
        return packet(root)


def read_label(path: str | Path | bytes | BinaryIO) -> Label | None:
    """The label of a JPEG, PNG, TIFF, WebP, HEIC, AVIF, JPEG 2000 or PDF file; of a TIFF, that of
    its first page that has one. None if it has none or cannot be read."""
    try:
        with File(path) as file:
            if file.head.startswith(tiff.MAGIC):
                blocks = (page.directory.block(XMP_TAG) for page in tiff.pages_of(file))
                return next(filter(None, (label_of(xmp) for xmp in blocks if xmp)), None)
            elif pdf.is_pdf(file.head):
                xmp = pdf.xmp_in(file)
            elif file.head.startswith(jxl.SIGNATURES):
                _, xmp = jxl.metadata_in(file.data)
            elif file.head.startswith(png.SIGNATURE):
                xmp = png.xmp_in(list(png.read_chunks(file.data)))
            else:
                xmp = xmp_of(open_image(file))
    except Exception:  # a file that is no picture has no label, whatever its decoder raises
        return None
    return None if xmp is None else label_of(xmp)


def label_of(xmp: bytes) -> Label | None:
    """The label in an XMP packet, or None."""
    _, rdf = parsed(xmp)
    network, version, settings, sha256 = (
        rdf.findtext(f".//{name_in(OWN, name)}")
        for name in ("Network", "Version", "Settings", "NetworkSHA256")
    )
    return (
        None
        if network is None or version is None or settings is None
        else Label(network, version, settings, sha256 or "")
    )


def _without_label(rdf: ET.Element) -> list[ET.Element]:
    """Remove what a new label says; returns the events of the history so far, without those of
    older labels."""
    replaced = {name_in(XMP, "CreatorTool"), name_in(IPTC_EXTENSION, "DigitalSourceType")}
    events: list[ET.Element] = []
    for described in list(rdf):
        for name in list(described.attrib):
            if name in replaced or name.startswith(f"{{{OWN}}}"):
                del described.attrib[name]
        for child in list(described):
            if child.tag == name_in(MEDIA, "History"):
                events += child.findall(f"{name_in(RDF, 'Seq')}/{name_in(RDF, 'li')}")
            if (
                child.tag in replaced
                or child.tag == name_in(MEDIA, "History")
                or str(child.tag).startswith(f"{{{OWN}}}")
            ):
                described.remove(child)
        if len(described) == 0 and set(described.attrib) <= {name_in(RDF, "about")}:
            rdf.remove(described)
    return [
        event
        for event in events
        if not re.search("colorized by the (network|method)", "".join(event.itertext()))
    ]
