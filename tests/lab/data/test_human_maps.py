import numpy as np
import pytest

from tests.lab.data.test_label_maps import png
from tintype.errors import DataError
from tintype.lab.data.human_maps import Naming, convert, label_maps
from tintype.lab.data.label_maps import NOBODY, PERSON, read_labels, write_labels

FACE = "0 background\n1 skin\n2 nose\n3 eyeglasses\n4 left-brow\n5 right-brow\n6 mouth-inside\n"
FACE += "7 upper-lip\n8 hair\n9 cloth\n"
ROOM = "0 rest\n1 person\n2 chair\n"


def naming(tmp_path, text: str) -> Naming:
    (tmp_path / "labels.txt").write_text(text)
    return Naming.read(tmp_path / "labels.txt")


def row(*values: int):
    return np.array([values], np.uint8).repeat(40, 0)


def test_a_face_falls_into_things_and_parts(tmp_path):
    maps = label_maps(row(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255), naming(tmp_path, FACE))
    assert maps["things"][0].tolist() == [0, 1, 1, 3, 4, 4, 6, 7, 8, 9, 255]
    assert maps["kinds"] is maps["things"]
    assert maps["people"][0].tolist() == [NOBODY, 1, 1, 255, 5, 5, 4, 2, 5, 6, 255]


def test_what_is_no_hair_may_be_clothes_where_none_are_drawn(tmp_path):
    names = naming(tmp_path, "0 background-and-clothes\n1 hair-and-brows\n2 skin-and-neck\n")
    assert label_maps(row(0, 1, 2), names)["people"][0].tolist() == [255, 5, 1]


def test_things_of_a_kind_are_told_apart_where_they_do_not_touch(tmp_path):
    segments = row(2, 0, 2, 1, 255)
    segments[:20, 2] = 0
    segments[25:, 2] = 0
    maps = label_maps(segments, naming(tmp_path, ROOM))
    assert maps["things"][22].tolist() == [2, 0, 255, 1, 255]
    assert maps["kinds"][22].tolist() == [2, 0, 2, 1, 255]
    assert maps["people"][22].tolist() == [NOBODY, NOBODY, NOBODY, PERSON, 255]


def test_instances_are_things_and_tell_nothing_of_people(tmp_path):
    maps = label_maps(row(1, 2, 0), naming(tmp_path, "instances: 1.. one thing each\n"))
    assert maps.keys() == {"things"}


def test_each_source_of_a_folder_has_its_own_names(tmp_path):
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "labels-face.txt").write_text(FACE)
    (folder / "labels.txt").write_text(ROOM)
    for key in ("face-1", "room-1"):
        (folder / f"{key}.parts.png").write_bytes(png(row(0, 1, 2)))
    assert sorted(write_labels(convert([folder]), tmp_path / "a.tar")) == ["face-1", "room-1"]
    maps = read_labels([tmp_path / "a.tar"])
    assert maps["face-1"]["people"] == png(row(NOBODY, 1, 1))
    assert maps["room-1"]["people"] == png(row(NOBODY, PERSON, NOBODY))
    (folder / "labels.txt").unlink()
    with pytest.raises(DataError, match=r"labels\.txt cannot be read"):
        list(convert([folder]))
