"""One label for one request, however it was made; another for every change that is seen."""

import hashlib
import json
import os
from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from tintype import Colorizer, Guidance, Hint, Photo, Policy, Region, color_files, write_photo
from tintype.engine.assist.classical import ClassicalColorizer
from tintype.engine.published import PublishedColorizer
from tintype.guidance.palettes import named_palette
from tintype.jobs import is_current, label_for
from tintype.photo import Label, read_label

CAT = np.ascontiguousarray(data.chelsea()[:48, :64])
HINT = Guidance().with_hint(1 / 3, 0.25, "crimson")


@pytest.fixture(scope="module")
def colorizer(warm_network):
    return Colorizer(warm_network)


@pytest.fixture
def request_of(colorizer):
    def request_of(guidance=(Guidance(),), policy=None, colorizers=None):
        return label_for(colorizers or [colorizer], guidance, policy or Policy()).request

    return request_of


def test_settings_are_text_that_a_person_reads_and_a_program_parses(colorizer, warm_network):
    def settings(guidance, **policy):
        return label_for([colorizer], [guidance], Policy(**policy)).settings

    assert settings(Guidance()) == "automatic"
    assert json.loads(settings(HINT, quality=95)) == {
        "guidance": {"hints": [{"x": 0.333333, "y": 0.25, "color": "#dc143c"}]},
        "quality": 95,
    }
    assert json.loads(settings(Guidance(saturation=1.2), negative=True)) == {
        "guidance": {"saturation": 1.2},
        "negative": True,
    }
    process = Guidance(palette=named_palette("velvia").colors)
    assert json.loads(settings(process)) == {"guidance": {"palette": "velvia"}}
    small = label_for([Colorizer(warm_network, size=128)], (), Policy())
    assert json.loads(small.settings) == {"sizes": [128]}


def test_a_label_holds_the_hash_of_the_networks_file(colorizer, warm_network):
    digest = hashlib.sha256(warm_network.read_bytes()).hexdigest()
    assert label_for([colorizer], (), Policy()).sha256 == digest


def test_long_settings_are_stated_as_hashes(colorizer):
    mask = np.random.default_rng(0).integers(0, 2, (200, 200), np.uint8)
    dabs = Guidance(hints=[Hint(k / 2000, 0.5, "gold") for k in range(2000)])
    stated = set()
    for guidance in (Guidance().with_region(mask), Guidance().with_region(1 - mask), dabs):
        label = label_for([colorizer], [guidance], Policy())
        stated.add(label.settings)
        assert "sha256" in label.settings
        assert len(label.settings) < 200
    assert len(stated) == 3


def test_what_is_not_asked_for_does_not_count(request_of, colorizer):
    assert request_of(()) == request_of() == request_of([Guidance(saturation=1.0, warmth=0.0)])
    assert request_of([Guidance.from_json(HINT.to_json())]) == request_of([HINT])
    for same in ({"x": 0.333333333}, {"radius": 0.01}, {"color": (220, 20, 60)}):
        hint = replace(HINT.hints[0], **same)
        assert request_of([replace(HINT, hints=(hint,))]) == request_of([HINT])
    palettes = [Guidance(palette=colors) for colors in (("gold", "navy"), ("#000080", "#ffd700"))]
    assert request_of(palettes[:1]) == request_of(palettes[1:])
    assert request_of(colorizers=[colorizer] * 3) == request_of()


def test_a_network_as_published_makes_other_outputs(request_of, warm_network):
    assert request_of(colorizers=[PublishedColorizer(warm_network)]) != request_of()


def test_a_method_is_named_and_its_outputs_are_made_again_for_other_hints(tmp_path):
    levin = ClassicalColorizer("levin")
    label = label_for([levin], [HINT], Policy(format="png"))
    assert (label.network, label.sha256) == ("levin", "")
    assert json.loads(label.settings)["method"] == "levin"
    write_photo(Photo(np.ascontiguousarray(data.camera()[:48, :64])), tmp_path / "a.png")
    states = []
    for guidance in (HINT, HINT, HINT.with_hint(0.8, 0.8, "navy")):
        (made,) = color_files(
            [tmp_path / "a.png"], f"{tmp_path / 'out'}/", guidance, colorizer=levin
        )
        states.append(made.state)
        assert read_label(made.output) == label_for([levin], [guidance], Policy())
    assert states == ["colored", "skipped", "colored"]


def test_later_pages_that_follow_from_the_first_do_not_count(request_of):
    asked = replace(HINT, saturation=0.5)
    plain = Guidance(saturation=0.5)
    assert request_of([asked, plain, plain]) == request_of([asked])
    assert request_of([asked, Guidance()]) != request_of([asked])
    assert request_of([asked, asked]) != request_of([asked])


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
def test_each_guidance_has_a_hash_of_its_own(guidance, request_of):
    assert len({request_of([each]) for each in (Guidance(), HINT, guidance)}) == 2 + (
        guidance != HINT
    )


@pytest.mark.parametrize(
    "change",
    [
        {"policy": Policy(recolor=True)},
        {"policy": Policy(negative=True)},
        {"policy": Policy(damaged="keep")},
        {"policy": Policy(quality=90)},
        {"policy": Policy(tones="keep")},
    ],
    ids=str,
)
def test_the_policy_counts(change, request_of):
    assert request_of(**change) != request_of()


def test_whether_outputs_are_labeled_and_their_format_does_not_count(request_of):
    assert request_of(policy=Policy(label=False)) == request_of()
    assert request_of(policy=Policy(format="jpg")) == request_of()


def test_the_networks_file_and_size_count_and_its_name_does_not(
    request_of, warm_network, tmp_path, colorizer
):
    copy = tmp_path / "other name.onnx"
    copy.write_bytes(warm_network.read_bytes())
    assert request_of(colorizers=[Colorizer(copy)]) == request_of()
    assert request_of(colorizers=[Colorizer(warm_network, size=128)]) != request_of()
    assert request_of(colorizers=[Colorizer("fast")]) != request_of()
    assert request_of(colorizers=[colorizer, Colorizer("fast")]) != request_of()
    orders = [[colorizer, Colorizer("fast"), last] for last in (colorizer, Colorizer("fast"))]
    assert request_of(colorizers=orders[0]) != request_of(colorizers=orders[1])


def test_a_label_names_the_networks_in_the_order_of_the_pages(colorizer):
    label = label_for([Colorizer("fast"), colorizer, colorizer], (), Policy())
    assert label.network == "fast, warm"


def test_an_output_is_current_by_time_and_settings(tmp_path):
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    label = Label("default", "0.1.0", "automatic", "ab" * 32)
    write_photo(Photo(CAT), source)
    assert not is_current(source, target, label)
    write_photo(Photo(CAT), target, label=label)
    os.utime(source, ns=(10**18, 10**18))
    os.utime(target, ns=(10**18, 10**18))
    assert is_current(source, target, label)
    assert is_current(source, target, None)
    assert is_current(source, target, replace(label, network="another name", version="0.2.0"))
    assert not is_current(source, target, replace(label, settings='{"quality": 90}'))
    assert not is_current(source, target, replace(label, sha256="cd" * 32))
    os.utime(source, ns=(10**18 + 1, 10**18 + 1))
    assert not is_current(source, target, label)
    assert not is_current(source, target, None)


def test_what_carries_no_label_is_judged_by_its_time_alone(tmp_path):
    for name in ("a.bmp", "b.bmp"):
        write_photo(Photo(CAT, format="BMP"), tmp_path / name)
    label = Label("default", "0.1.0", "automatic", "ab" * 32)
    assert is_current(tmp_path / "a.bmp", tmp_path / "b.bmp", label)
