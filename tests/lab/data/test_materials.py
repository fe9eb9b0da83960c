import tarfile

import cv2
import numpy as np
import pytest
from skimage import data
from typer.testing import CliRunner

from tintype.cli import app
from tintype.errors import DataError
from tintype.lab.data.materials import (
    PICTURE_SIDE,
    compose,
    find_cutouts,
    find_textures,
    lay_ground,
    outdoors,
    paste,
    view_texture,
)
from tintype.lab.data.materials import _wall as wall
from tintype.lab.data.samples import decode, read_samples

GREEN, RED, BLUE = (70, 120, 50), (150, 70, 55), (60, 70, 160)


def texture(color, seed=0, side=256):
    """Noise of one hue, uint8 sRGB."""
    light = np.random.default_rng(seed).uniform(0.5, 1.3, (side // 4, side // 4))
    light = cv2.resize(light, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(light[..., None] * np.array(color), 0, 255).astype(np.uint8)


def write(path, rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    order = [2, 1, 0, 3][: rgb.shape[2]]
    assert cv2.imwrite(str(path), rgb[..., order])


def thing():
    """A cup, roughly, as a photograph with alpha."""
    picture = cv2.resize(data.coffee()[:, :400], (160, 120))
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    return np.dstack([picture, np.where(x**2 + y**2 < 0.7, 255, 0).astype(np.uint8)])


def landscape():
    sky = np.full((90, 200, 3), (150, 180, 220), np.uint8)
    return np.concatenate([sky, texture((90, 80, 70), 5, 200)[:110]])


@pytest.fixture
def folders(tmp_path):
    textures = tmp_path / "textures"
    write(textures / "grass_01.png", texture(GREEN))
    write(textures / "walls" / "Brick3.png", texture(RED, 1))
    write(tmp_path / "cutouts" / "cup.png", thing())
    write(tmp_path / "photos" / "mountain-1.png", landscape())
    return tmp_path


def test_a_texture_counts_by_its_name_and_by_its_color(folders):
    textures = folders / "textures"
    write(textures / "grass_blue.png", texture(BLUE, 2))
    write(textures / "grass_01_norm.png", texture(GREEN, 3))
    write(textures / "thing.png", texture(GREEN, 4))
    write(textures / "grass_small.png", texture(GREEN, 5, 128))
    write(textures / "grass_holes.png", np.dstack([texture(GREEN, 6), texture(GREEN, 7)[..., :1]]))
    write(textures / "lawn_in_another_tint.png", texture((100, 110, 40)))
    (textures / "moss.png").write_bytes(b"no picture")
    found = find_textures([textures])
    assert {name: len(pictures) for name, pictures in found.items()} == {"grass": 1, "brick": 1}


def test_what_is_no_folder_is_told(folders):
    with pytest.raises(DataError, match="not a folder of textures"):
        find_textures([folders / "nowhere"])
    with pytest.raises(DataError, match="not a folder of cut-outs"):
        list(find_cutouts(folders / "nowhere"))
    with pytest.raises(DataError, match="no texture"):
        list(compose([folders / "photos"], [], [], 0))


def test_drawn_things_are_no_cutouts(folders):
    flat = np.full((120, 160, 4), 200, np.uint8)
    flat[:30, :, 3] = 0
    write(folders / "cutouts" / "flat.png", flat)
    write(
        folders / "cutouts" / "opaque.png",
        np.dstack([data.coffee(), np.full((400, 600), 255, np.uint8)]),
    )
    assert len(list(find_cutouts(folders / "cutouts"))) == 1


def test_only_what_has_a_sky_is_outdoors(folders):
    write(folders / "photos" / "indoors.png", data.coffee())
    assert len(list(outdoors([folders / "photos"]))) == 1


@pytest.mark.parametrize("turn", range(4))
def test_a_texture_keeps_its_color_from_every_side(turn):
    rng = np.random.default_rng(turn)
    seen = view_texture(texture(GREEN), turn, rng)
    assert seen.shape == (PICTURE_SIDE, PICTURE_SIDE, 3)
    assert np.abs(seen.mean((0, 1)) - texture(GREEN).mean((0, 1))).max() < 12


def test_the_ground_covers_the_lower_part_alone():
    photograph = np.full((PICTURE_SIDE, PICTURE_SIDE, 3), (150, 180, 220), np.uint8)
    seen = lay_ground(photograph, texture(RED), np.random.default_rng(0)).astype(int)
    assert np.abs(seen[:50] - (150, 180, 220)).max() <= 1
    assert (seen[-50:, :, 0] > seen[-50:, :, 2]).all()


def test_a_thing_is_where_its_mask_says():
    behind = np.zeros((PICTURE_SIDE, PICTURE_SIDE, 3), np.uint8)
    picture, alpha = paste(thing(), behind, np.random.default_rng(1))
    assert picture[alpha == 0].max() == 0
    assert picture[alpha > 0.9].mean() > 30
    assert 0.05 < alpha.mean() < 0.9


def test_the_same_seed_writes_the_same_shard_which_is_then_read(folders):
    arguments = [
        "data",
        "materials",
        str(folders / "textures"),
        "--cutouts",
        str(folders / "cutouts"),
    ]
    arguments += ["--photos", str(folders / "photos")]
    for name in ("one.tar", "two.tar"):
        result = CliRunner().invoke(app, [*arguments, "-o", str(folders / name)])
        assert result.exit_code == 0, result.output
    assert (folders / "one.tar").read_bytes() == (folders / "two.tar").read_bytes()
    assert not list(folders.glob(".*"))
    samples = [decode(encoded) for encoded in read_samples(folders / "one.tar")]
    assert {sample.key.split("-")[0] for sample in samples} == {
        "grass",
        "brick",
        "ground",
        "cutout",
    }
    assert all(sample.pixels.shape == (PICTURE_SIDE, PICTURE_SIDE, 3) for sample in samples)
    salient = {sample.key.split("-")[0]: sample.saliency for sample in samples}
    assert (
        salient["ground"] is None and salient["grass"].max() == 0 and salient["cutout"].max() > 200
    )


def test_what_lies_there_is_not_overwritten_unasked(folders):
    (folders / "one.tar").write_text("mine")
    result = CliRunner().invoke(
        app, ["data", "materials", str(folders / "textures"), "-o", str(folders / "one.tar")]
    )
    assert result.exit_code != 0
    assert (folders / "one.tar").read_text() == "mine"
    command = [
        "data",
        "materials",
        str(folders / "textures"),
        "-o",
        str(folders / "one.tar"),
        "--overwrite",
    ]
    forced = CliRunner().invoke(app, command)
    assert forced.exit_code == 0
    assert tarfile.is_tarfile(folders / "one.tar")


def test_a_failure_leaves_nothing_behind(folders):
    result = CliRunner().invoke(
        app, ["data", "materials", str(folders / "photos"), "-o", str(folders / "one.tar")]
    )
    assert result.exit_code != 0
    assert not (folders / "one.tar").exists() and not list(folders.glob(".*"))


def test_what_is_made_of_textures_and_things(recorded):
    def drawn():
        return np.random.default_rng(11)

    brick = texture(RED, 1, 300)
    photograph = cv2.resize(landscape(), (PICTURE_SIDE, PICTURE_SIDE))
    behind = photograph.astype(np.float32)
    made = {f"turn {turn}": view_texture(brick, turn, drawn()) for turn in range(4)}
    made["ground"] = lay_ground(photograph, brick, drawn())
    made["pasted"], made["alpha"] = paste(thing(), behind, drawn())
    made["mirrored"], _ = paste(thing(), behind, np.random.default_rng(3))
    made |= {f"wall {seed}": wall(np.random.default_rng(seed)) for seed in (1, 2, 3)}
    recorded.check(made, 3e-3)


def test_all_that_is_composed(folders, recorded):
    composites = list(
        compose([folders / "textures"], [folders / "cutouts"], [folders / "photos"], 5)
    )
    kinds = [each.key.partition("-")[0] for each in composites]
    assert kinds == ["grass"] * 5 + ["brick"] * 12 + ["ground"] + ["cutout"] * 5
    recorded.check({each.key: each.picture for each in composites}, 5e-3)
    known = {each.key: each.saliency for each in composites if each.saliency is not None}
    assert "ground-00000" not in known and not known["brick-00003"].any()
    recorded.check({f"{key} saliency": value for key, value in known.items()}, 5e-3)


@pytest.mark.parametrize(
    ("side", "color", "name", "is_taken"),
    [
        (240, GREEN, "grass.png", True),
        (239, GREEN, "grass.png", False),
        (240, RED, "grass.png", False),
        (240, GREEN, "grass_norm.png", False),
        (240, GREEN, "carpet.png", False),
        (240, (9, 14, 6), "grass.png", False),
    ],
)
def test_a_texture_is_large_light_and_of_its_color(tmp_path, side, color, name, is_taken):
    write(tmp_path / name, texture(color, 0, 400)[:side, :side])
    assert bool(find_textures([tmp_path])) == is_taken


def test_a_texture_that_is_too_long_flat_or_transparent_is_left_out(tmp_path):
    green = texture(GREEN, 0, 520)
    write(tmp_path / "a" / "grass.png", green[:240, :504])
    write(tmp_path / "b" / "grass.png", green[:240, :505])
    write(tmp_path / "c" / "grass.png", np.full((250, 250, 3), GREEN, np.uint8))
    clear = np.dstack([green[:250, :250], np.full((250, 250), 255, np.uint8)])
    clear[:20, :100, 3] = 0
    write(tmp_path / "d" / "grass.png", clear)
    assert [bool(find_textures([tmp_path / each])) for each in "abcd"] == [
        True,
        False,
        False,
        False,
    ]
