"""One hash for one request, however it was made; another for every change that is seen."""

import os
from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from tintype import Colorizer, Guidance, Photo, Policy, Region, write_photo
from tintype.engine.published import PublishedColorizer
from tintype.jobs import is_current, label_for
from tintype.jobs.label import settings_hash
from tintype.photo import Label

CAT = np.ascontiguousarray(data.chelsea()[:48, :64])
HINT = Guidance().with_hint(1 / 3, 0.25, "crimson")


@pytest.fixture(scope="module")
def colorizer(warm_network):
    return Colorizer(warm_network)


@pytest.fixture
def hashed(colorizer):
    def hashed(guidance=(Guidance(),), policy=None, kind="JPEG", colorizers=None):
        return settings_hash(colorizers or [colorizer], guidance, policy or Policy(), kind)

    return hashed


def test_a_hash_is_12_hexadecimal_digits(hashed):
    assert len(hashed()) == 12
    int(hashed(), 16)


def test_what_is_not_asked_for_does_not_count(hashed, colorizer):
    assert hashed(()) == hashed() == hashed([Guidance(saturation=1.0, warmth=0.0)])
    assert hashed([Guidance.from_json(HINT.to_json())]) == hashed([HINT])
    assert hashed([replace(HINT, hints=(replace(HINT.hints[0], x=0.333333333),))]) == hashed([HINT])
    assert hashed(colorizers=[colorizer] * 3) == hashed()


def test_a_network_as_published_makes_other_outputs(hashed, warm_network):
    assert hashed(colorizers=[PublishedColorizer(warm_network)]) != hashed()


def test_later_pages_that_follow_from_the_first_do_not_count(hashed):
    asked = replace(HINT, saturation=0.5)
    plain = Guidance(saturation=0.5)
    assert hashed([asked, plain, plain]) == hashed([asked])
    assert hashed([asked, Guidance()]) != hashed([asked])
    assert hashed([asked, asked]) != hashed([asked])


@pytest.mark.parametrize(
    "guidance",
    [
        HINT,
        replace(HINT, hints=(replace(HINT.hints[0], x=0.25, y=1 / 3),)),
        Guidance(saturation=0.5),
        Guidance(warmth=0.5),
        Guidance(seed=0),
        Guidance(bold=True),
        Guidance(line_art=False),
        Guidance(line_art=True),
        Guidance(keep_color=True),
        Guidance(palette=("gold",)),
        Guidance(region=Region("subject")),
        Guidance(region=Region("background")),
    ],
    ids=lambda guidance: guidance.to_json().replace("\n", "")[:60],
)
def test_every_wish_has_a_hash_of_its_own(guidance, hashed):
    assert len({hashed([each]) for each in (Guidance(), HINT, guidance)}) == 2 + (guidance != HINT)


@pytest.mark.parametrize(
    "change",
    [
        {"policy": Policy(recolor=True)},
        {"policy": Policy(negative=True)},
        {"policy": Policy(damaged="keep")},
        {"policy": Policy(quality=90)},
        {"kind": "PNG"},
    ],
    ids=str,
)
def test_policy_and_format_count(change, hashed):
    assert hashed(**change) != hashed()


def test_whether_outputs_are_labeled_and_where_the_format_was_named_does_not_count(hashed):
    assert hashed(policy=Policy(label=False)) == hashed()
    assert hashed(policy=Policy(format="jpg")) == hashed()


def test_the_networks_file_and_size_count_and_its_name_does_not(
    hashed, warm_network, tmp_path, colorizer
):
    copy = tmp_path / "other name.onnx"
    copy.write_bytes(warm_network.read_bytes())
    assert hashed(colorizers=[Colorizer(copy)]) == hashed()
    assert hashed(colorizers=[Colorizer(warm_network, size=128)]) != hashed()
    assert hashed(colorizers=[Colorizer("fast")]) != hashed()
    assert hashed(colorizers=[colorizer, Colorizer("fast")]) != hashed()


def test_a_label_names_the_networks_in_the_order_of_the_pages(colorizer):
    label = label_for([Colorizer("fast"), colorizer, colorizer], (), Policy(), "TIFF")
    assert label.network == "fast, warm"


def test_an_output_is_current_by_time_and_settings(tmp_path):
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    label = Label("default", "0.1.0", "0123456789ab")
    write_photo(Photo(CAT), source)
    assert not is_current(source, target, label)
    write_photo(Photo(CAT), target, label=label)
    os.utime(source, ns=(10**18, 10**18))
    os.utime(target, ns=(10**18, 10**18))
    assert is_current(source, target, label)
    assert is_current(source, target, None)
    assert is_current(source, target, Label("another name", "0.2.0", label.settings))
    assert not is_current(source, target, Label("default", "0.1.0", "ba9876543210"))
    os.utime(source, ns=(10**18 + 1, 10**18 + 1))
    assert not is_current(source, target, label)
    assert not is_current(source, target, None)


def test_what_carries_no_label_is_judged_by_its_time_alone(tmp_path):
    for name in ("a.bmp", "b.bmp"):
        write_photo(Photo(CAT, format="BMP"), tmp_path / name)
    label = Label("default", "0.1.0", "0123456789ab")
    assert is_current(tmp_path / "a.bmp", tmp_path / "b.bmp", label)
