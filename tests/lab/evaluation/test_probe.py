import csv
import shutil

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tintype.cli import app
from tintype.engine.core.network import models_folder
from tintype.errors import DataError, ModelError, RecipeError, UsageError
from tintype.lab.evaluation.probe import (
    LabeledPictures,
    accuracy,
    features,
    label_of,
    load_pictures,
    open_encoder,
    open_teacher,
    saliency_sheet,
)
from tintype.lab.nets.graynet import GrayNet


def write_textures(folder, count=12, named="{label}/{n}.png"):
    """Pictures whose label is the direction of their stripes; how light they are says nothing."""
    rng = np.random.default_rng(0)
    for label in ("across", "down"):
        for n in range(count):
            stripes = np.sin(
                np.arange(64) * rng.uniform(0.7, 1.2) + rng.uniform(0, 6)
            ) * 60 + rng.uniform(90, 160)
            picture = (
                np.tile(stripes[:, None], (1, 80))
                if label == "across"
                else np.tile(np.resize(stripes, 80), (64, 1))
            )
            path = folder / named.format(label=label, n=n)
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), picture.astype(np.uint8))
    return folder


def test_labels_are_folders_or_what_stands_before_the_dash():
    assert label_of("train/dogs/1-2.jpg") == "dogs"
    assert label_of("flickr8k-00012") == "flickr8k"
    assert label_of("photo") is None


@pytest.mark.parametrize(
    "named", ["{label}/{n}.png", "{label}-{n}.png", "deep/er/{label}/x-{n}.png"]
)
def test_pictures_are_gray_squares_of_all_labels(tmp_path, named):
    pictures = load_pictures([write_textures(tmp_path, named=named)], size=64, per_label=10)
    assert pictures.names == ("across", "down")
    assert pictures.lightness.shape == (20, 1, 64, 64) and 20 < pictures.lightness.mean() < 80
    assert [int(pictures.held_out[pictures.label == label].sum()) for label in (0, 1)] == [2, 2]


def test_too_few_labels_are_told(tmp_path):
    folder = write_textures(tmp_path)
    with pytest.raises(DataError, match="two labels of 8 photographs"):
        load_pictures([folder / "across"])
    shutil.rmtree(folder / "down")
    (folder / "across" / "broken.png").write_bytes(b"none")
    with pytest.raises(DataError, match="two labels"):
        load_pictures([folder])


def test_the_probe_finds_what_the_features_tell_and_nothing_else():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 2], 60)
    pictures = LabeledPictures(
        np.zeros((180, 1, 64, 64), np.float32), label, ("a", "b", "c"), rng.random(180) < 0.25
    )
    noise = rng.normal(size=(180, 5)).astype(np.float32)
    assert accuracy(noise, pictures) < 0.6
    assert accuracy(np.hstack([noise, np.eye(3, dtype=np.float32)[label]]), pictures) == 1


def test_features_are_taken_at_each_stride(tmp_path):
    pictures = load_pictures([write_textures(tmp_path)], size=64)
    encoder = GrayNet(width=4).eval()
    seen = features(encoder, encoder, pictures)
    assert {stride: report.shape for stride, report in seen.items()} == {
        1: (24, 4),
        2: (24, 8),
        4: (24, 16),
        8: (24, 32),
        16: (24, 32),
        32: (24, 32),
    }
    with torch.no_grad():
        deepest = encoder.features(torch.from_numpy(pictures.lightness[:1]) * 0)
    assert deepest.shape[1] == seen[32].shape[1]
    assert not any(module._forward_hooks for module in encoder.modules()), (
        "the encoder is left as it was"
    )


def test_the_default_network_beside_random_weights(tmp_path):
    folder, table = write_textures(tmp_path / "data"), tmp_path / "table.csv"
    run = CliRunner().invoke(
        app, ["probe", "default", "--data", str(folder), "--size", "64", "-o", str(table)]
    )
    assert run.exit_code == 0, run.output
    assert "2 labels, 18 photographs learned, 6 held out" in run.output
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert {row["encoder"] for row in rows} == {"default", "default, random weights"}
    assert {int(row["stride"]) for row in rows} == {2, 4, 8, 16, 32}
    assert max(float(row["accuracy"]) for row in rows if row["encoder"] == "default") > 0.9


def test_what_cannot_be_probed_is_told(tmp_path):
    alone = tmp_path / "alone.onnx"
    shutil.copy(models_folder() / "default.onnx", alone)
    with pytest.raises(ModelError, match="probe its run's folder"):
        open_encoder(str(alone))
    with pytest.raises(RecipeError, match="recipe"):
        open_encoder(str(tmp_path))
    with pytest.raises(RecipeError, match="a teacher is mobilenet_v2:FILE"):
        open_teacher("vgg16")
    run = CliRunner().invoke(app, ["probe", "default", "--data", str(tmp_path), "--size", "100"])
    assert isinstance(run.exception, UsageError)


def test_the_sheet_shows_one_picture_a_label_and_each_networks_saliency(tmp_path):
    pictures = load_pictures([write_textures(tmp_path)], size=64, per_label=10)
    half = torch.zeros(2, 1, 16, 16)
    half[..., 8:] = 1  # the right half alone

    def show(gray):
        assert gray.shape == (2, 1, 64, 64)
        return {"saliency": half}

    sheet = np.asarray(saliency_sheet([("half", torch.nn.Identity(), show)], pictures))
    assert sheet.shape[1] == 8 + 2 * (256 + 8)
    middle = 18 + 8 + 8 + 128  # of the first row of pictures
    shown = sheet[middle, 8 + 256 + 8 :][:256]
    assert shown[20].max() == 0 and shown[-20].min() == 255
    with pytest.raises(ModelError, match="blind predicts no saliency"):
        saliency_sheet([("blind", torch.nn.Identity(), lambda gray: {"ab": gray})], pictures)


def test_the_command_draws_the_saliency_of_the_default_network(tmp_path):
    folder = write_textures(tmp_path / "photos", count=9)
    sheet = tmp_path / "sheet.png"
    words = ["probe", "default", "--data", str(folder), "--size", "64", "--saliency", str(sheet)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(sheet)).shape[1] == 8 + 2 * (256 + 8)
    words[-1] = str(tmp_path / "sheet.gif")
    assert isinstance(CliRunner().invoke(app, words).exception, UsageError)
