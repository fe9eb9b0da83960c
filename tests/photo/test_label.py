"""Every output may say which network colored it, and with which settings."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from skimage import data

from tests.photo.test_metadata import XMP
from tintype.photo import (
    LABELED,
    Label,
    Metadata,
    Photo,
    read_label,
    read_photo,
    write_photo,
)
from tintype.photo.label import METHOD_SOURCE_TYPE, SOURCE_TYPE, label_of

CAT = np.ascontiguousarray(data.chelsea()[:48, :64])
LABEL = Label("default", "0.1.0", '{"guidance": {"saturation": 1.2}}', "ab" * 32)


@pytest.mark.parametrize("kind", [kind for kind in LABELED if kind != "PDF"])
@pytest.mark.parametrize(
    "pixels",
    [CAT, CAT.astype(np.uint16) * 257, CAT.astype(np.float32) / 255],
    ids=["8", "16", "float"],
)
def test_a_label_is_read_back_from_every_format_that_holds_xmp(kind, pixels, tmp_path):
    write_photo(Photo(pixels, format=kind), tmp_path / "a", label=LABEL)
    assert read_label(tmp_path / "a") == LABEL
    assert SOURCE_TYPE.encode() in read_photo(tmp_path / "a").metadata.xmp
    write_photo(Photo(pixels, format=kind), tmp_path / "b")
    assert read_label(tmp_path / "b") is None


def test_a_label_leaves_other_xmp_alone_and_replaces_an_older_label():
    once = LABEL.into(XMP)
    twice = Label("fast", "0.2.0", "abc").into(once)
    assert label_of(twice) == Label("fast", "0.2.0", "abc")
    assert b"Orientation" in twice
    assert twice.count(b"<stEvt:softwareAgent>Tintype") == 1
    assert twice.count(b"<xmp:CreatorTool>") == 1
    assert b"NetworkSHA256" not in twice
    assert METHOD_SOURCE_TYPE.encode() in twice and SOURCE_TYPE.encode() not in twice
    assert LABEL.into(twice) == LABEL.into(XMP), "a method's label is replaced, too"


def test_the_history_of_other_programs_goes_on():
    history = (
        LABEL.into(None)
        .replace(b"colorized by the network default", b"cropped")
        .replace(b"Tintype 0.1.0", b"Scanner 3")
    )
    twice = LABEL.into(history)
    root = ET.fromstring(twice.split(b"?>", 1)[1].rsplit(b"<?", 1)[0])
    agents = [node.text for node in root.iter() if node.tag.endswith("softwareAgent")]
    assert agents == ["Scanner 3", "Tintype 0.1.0"]


@pytest.mark.parametrize("broken", [b"", b"<x", b"no xml", b"\xff\xfe", b"<a/>"])
def test_damaged_xmp_is_replaced(broken):
    assert label_of(LABEL.into(broken)) == LABEL
    assert label_of(broken) is None


def test_what_is_no_picture_has_no_label(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"hello")
    assert read_label(tmp_path / "a.jpg") is None
    assert read_label(tmp_path / "none.jpg") is None


def test_the_same_photograph_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_photo(
            Photo(CAT, format="JPEG", metadata=Metadata(xmp=XMP)), tmp_path / name, label=LABEL
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
