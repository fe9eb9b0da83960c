"""VGG-16 against a forward pass written out by the names of torchvision's weights."""

import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage import data
from torch import nn
from torch.nn import functional as F

from tintype.errors import ModelError, RecipeError, UsageError
from tintype.lab.evaluation.lenses import Judge
from tintype.lab.nets.vgg16 import load_vgg16
from tintype.lab.training.terms import Teacher

CONVOLUTIONS = {
    **{0: (3, 64), 2: (64, 64)},
    **{5: (64, 128), 7: (128, 128)},
    **{10: (128, 256), 12: (256, 256), 14: (256, 256)},
    **{17: (256, 512), 19: (512, 512), 21: (512, 512)},
    **{24: (512, 512), 26: (512, 512), 28: (512, 512)},
}
POOLED_BEFORE = (5, 10, 17, 24)
LINEAR = {0: (512 * 7 * 7, 4096), 3: (4096, 4096), 6: (4096, 1000)}


@pytest.fixture(scope="module")
def weights():
    """Random, in torchvision's layout: what `vgg16().state_dict()` names, and its shapes."""
    torch.manual_seed(0)
    state = {}
    for number, (c_in, c_out) in CONVOLUTIONS.items():
        state[f"features.{number}.weight"] = torch.randn(c_out, c_in, 3, 3) * (2 / 9 / c_in) ** 0.5
        state[f"features.{number}.bias"] = torch.randn(c_out) * 0.1
    for number, (n_in, n_out) in LINEAR.items():
        state[f"classifier.{number}.weight"] = torch.randn(n_out, n_in) * (2 / n_in) ** 0.5
        state[f"classifier.{number}.bias"] = torch.randn(n_out) * 0.1
    return state


@pytest.fixture(scope="module")
def file(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors"
    save_file(weights, path)
    return path


@pytest.fixture(scope="module")
def picture():
    """224×224 sRGB, 0..1."""
    return data.chelsea()[20:244, 100:324].astype(np.float32) / 255


@pytest.fixture(scope="module")
def expected(weights, picture):
    """conv3_3 before its ReLU, the features before the last layer, and the logits."""
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    standard = ((picture - mean) / deviation).astype(np.float32)
    x = torch.from_numpy(standard.transpose(2, 0, 1)[None].copy())
    with torch.inference_mode():
        for number, (c_in, c_out) in CONVOLUTIONS.items():
            x = nn.MaxPool2d(2, 2)(x) if number in POOLED_BEFORE else x
            layer = nn.Conv2d(c_in, c_out, 3, padding=1)
            layer.weight.data = weights[f"features.{number}.weight"]
            layer.bias.data = weights[f"features.{number}.bias"]
            x = layer(x)
            if number == 14:
                conv3_3 = x
            x = nn.ReLU()(x)
        x = nn.MaxPool2d(2, 2)(x).reshape(1, -1)
        for number in LINEAR:
            features = x
            weight, bias = (weights[f"classifier.{number}.{part}"] for part in ("weight", "bias"))
            x = F.linear(x, weight, bias)
            x = F.relu(x) if number < 6 else x
    return conv3_3, features, x


def test_the_judge_names_the_classes_and_features_of_vgg16(file, picture, expected):
    classes, features = Judge.load(f"vgg16:{file}").top_classes(picture)
    _, known_features, logits = expected
    assert classes.tolist() == logits[0].topk(5).indices.tolist()
    np.testing.assert_allclose(features, known_features[0].numpy(), atol=1e-3)


def test_the_perceptual_loss_compares_conv3_3(file, picture, expected):
    teacher = Teacher("vgg16", str(file), torch.device("cpu"))
    rgb = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())
    (seen,), _ = teacher.classify(rgb)
    np.testing.assert_allclose(seen.numpy(), expected[0].numpy(), atol=1e-3)
    with pytest.raises(RecipeError, match="not VGG-16"):
        teacher.levels(rgb)


def test_torchvision_gives_the_weights_where_it_is_installed(
    weights, picture, expected, monkeypatch
):
    """Stands in for torchvision: its enumeration of weights, whose state dictionary is ours."""

    class Weights:
        @staticmethod
        def get_state_dict(progress):
            return weights

    module = type(sys)("torchvision.models")
    module.VGG16_Weights = type("VGG16_Weights", (), {"IMAGENET1K_V1": Weights})
    monkeypatch.setitem(sys.modules, "torchvision", type(sys)("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", module)
    classes, _ = Judge.load("vgg16").top_classes(picture)
    assert classes.tolist() == expected[2][0].topk(5).indices.tolist()


def test_without_torchvision_and_with_another_networks_file_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(UsageError, match="vgg16:FILE"):
        load_vgg16("")
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="does not hold the weights of vgg16"):
        load_vgg16(str(tmp_path / "other.safetensors"))
