import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tintype.errors import ModelError, RecipeError
from tintype.lab.nets.classifiers import load_classifier
from tintype.lab.nets.reading import read_tensors


class Bomb:
    """A pickle that writes a file when it is loaded by plain `pickle`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["bomb.pth", "bomb.pt", "bomb.bin"])
def test_a_pickle_is_never_run(tmp_path, name):
    torch.save({"weight": Bomb(tmp_path / "ran")}, tmp_path / name)
    with pytest.raises(ModelError, match="could run code"):
        read_tensors(tmp_path / name)
    with pytest.raises(ModelError, match="could run code"):
        load_classifier("mobilenet_v2", tmp_path / name)
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(tmp_path / "ran"), protocol=2))
    with pytest.raises(RecipeError, match=name):
        read_tensors(tmp_path / name, RecipeError)
    assert not (tmp_path / "ran").exists()


def test_tensors_numbers_and_containers_come_back(tmp_path):
    state = {"weight": torch.rand(2, 3), "step": 7, "names": ["a"], "done": True}
    torch.save(state, tmp_path / "a.pt")
    found = read_tensors(tmp_path / "a.pt")
    assert torch.equal(found.pop("weight"), state.pop("weight"))
    assert found == state
    save_file({"weight": torch.ones(2)}, tmp_path / "a.safetensors")
    assert torch.equal(read_tensors(tmp_path / "a.safetensors")["weight"], torch.ones(2))


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_what_is_missing_or_damaged_is_named(tmp_path, name):
    with pytest.raises(ModelError, match=f"{name} cannot be read|{name} is not a"):
        read_tensors(tmp_path / name)
    (tmp_path / name).write_bytes(b"<html>")
    with pytest.raises(ModelError, match=f"{name} is not a .*, or a damaged one"):
        read_tensors(tmp_path / name)
