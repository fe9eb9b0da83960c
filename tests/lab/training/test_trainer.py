import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.lab.training.small import assert_same, small_job
from tintype.errors import ModelError, RecipeError, TintypeError, UsageError
from tintype.lab.nets.classifiers import CLASSIFIERS, MobileNetV2
from tintype.lab.training.checkpoint import claim, load_state
from tintype.lab.training.export import export_run
from tintype.lab.training.systems import build_network
from tintype.lab.training.trainer import StepReport, TrainingJob, train


def job(photos: Path, output: Path, overrides: Sequence[str] = (), **options) -> TrainingJob:
    return small_job(photos, output, *overrides, **options)


def losses_of(given: TrainingJob) -> list[dict[str, float]]:
    reports: list[StepReport] = []
    train(given, reports.append)
    return [report.losses for report in reports]


def test_the_loss_falls_on_a_handful_of_photographs(photo_folder, tmp_path):
    overrides = [
        "stages=[{name: one, steps: 40, size: 32}]",
        "data.worn=0",
        "data.guidance={}",
        "optimizer.warmup=0",
        "optimizer.lr=0.003",
        "losses.bins.power=0.5",
    ]
    losses = losses_of(job(photo_folder, tmp_path / "a", overrides))
    first, last = (np.mean([entry["bins"] for entry in part]) for part in (losses[:5], losses[-5:]))
    assert last < 0.9 * first


def test_resuming_gives_the_losses_of_a_run_that_never_stopped(photo_folder, tmp_path):
    whole = losses_of(job(photo_folder, tmp_path / "a"))
    losses_of(job(photo_folder, tmp_path / "b", steps=2))
    rest = losses_of(job(photo_folder, tmp_path / "b", resume=True))
    assert len(rest) == 4
    assert rest == whole[2:]
    assert_same(load_state(tmp_path / "b"), load_state(tmp_path / "a"))


def test_the_adversarial_stage_is_played_and_resumed(photo_folder, tmp_path):
    torch.manual_seed(0)
    save_file(MobileNetV2().state_dict(), tmp_path / "t.safetensors")
    stage = "stages=[{name: game, steps: 4, size: 64, weights: {gan: 0.1}}]"
    overrides = [
        stage,
        "losses.gan.game.from_step=1",
        f"losses.gan.teacher=mobilenet_v2:{tmp_path / 't.safetensors'}",
    ]
    whole = losses_of(job(photo_folder, tmp_path / "a", overrides))
    assert "gan" not in whole[0]
    assert all({"gan", "gan/opponent"} <= set(entry) for entry in whole[1:])
    losses_of(job(photo_folder, tmp_path / "b", overrides, steps=2))
    rest = losses_of(job(photo_folder, tmp_path / "b", overrides, resume=True))
    assert rest == whole[2:]
    assert_same(load_state(tmp_path / "b"), load_state(tmp_path / "a"))


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_teachers_look_on(kind, photo_folder, tmp_path):
    torch.manual_seed(0)
    net = CLASSIFIERS[kind]()
    for weight in net.features.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_normal_(weight)  # else what is seen dies away on its way up
    save_file(net.state_dict(), tmp_path / "t.safetensors")
    teacher = f"{kind}:{tmp_path / 't.safetensors'}"
    overrides = [
        f"losses.{name}={{weight: 0.5, teacher: {teacher!r}}}"
        for name in ("distillation", "perceptual")
    ]
    first, *_ = losses_of(
        job(
            photo_folder,
            tmp_path / "a",
            [*overrides, f"encoder={teacher}", f"network.encoder={kind}"],
            steps=2,
        )
    )
    assert first["distillation"] > 0
    assert first["perceptual"] > 0


def test_mirror_images_are_learned_from_where_a_stage_asks_for_it(photo_folder, tmp_path):
    stages = (
        "stages=[{name: wide, steps: 2, size: 32}, {name: mirrored, steps: 2, size: 32, weights:"
        " {mirrored: 1}}]"
    )
    losses = losses_of(
        job(photo_folder, tmp_path / "a", [stages, "losses.mirrored={weight: 0, beta: 2}"])
    )
    assert ["mirrored" in entry for entry in losses] == [False, False, True, True]
    assert all(entry["mirrored"] > 0 for entry in losses[2:])


def test_a_run_leaves_sheets_numbers_and_its_recipe(run):
    assert (run / "step-0000006.png").exists()
    assert any(run.glob("events.out.tfevents.*"))
    assert json.loads((run / "recipe.json").read_text())["system"] == "tintype"


def test_the_average_follows_the_network(photo_folder, tmp_path):
    overrides = ["stages=[{name: one, steps: 3, size: 32}]", "optimizer.warmup=0"]
    for name, ema in (("none", 0), ("slow", 0.999)):
        train(job(photo_folder, tmp_path / name, [*overrides, f"ema={ema}"]))
    exact, slow = (load_state(tmp_path / name) for name in ("none", "slow"))
    assert_same(exact["average"], exact["network"])
    # both runs took the same steps; early, the mean is over few of them and not 0.999 of the start
    assert_same(slow["network"], exact["network"])
    weights = [key for key in slow["network"] if key.endswith("weight")]
    behind = [float((slow["average"][key] - slow["network"][key]).abs().max()) for key in weights]
    assert max(behind) > 0


def test_two_runs_do_not_share_a_folder_and_a_recipe_does_not_change_midway(run, photo_folder):
    with pytest.raises(RecipeError, match="already holds a run"):
        train(job(photo_folder, run))
    with pytest.raises(RecipeError, match="another recipe"):
        train(job(photo_folder, run, ["seed=7"], resume=True))


def test_two_processes_do_not_train_into_one_folder_at_once(photo_folder, tmp_path):
    with claim(tmp_path / "a"), pytest.raises(RecipeError, match="another run works on"):
        train(job(photo_folder, tmp_path / "a"))


def test_a_stream_trains_and_resumes_as_it_would_have_gone_on(shard, tmp_path):
    overrides = ["data.loader=stream"]
    whole = losses_of(job(shard, tmp_path / "a", overrides))
    losses_of(job(shard, tmp_path / "b", overrides, steps=2))
    rest = losses_of(job(shard, tmp_path / "b", overrides, resume=True))
    for expected, found in zip(whole[2:], rest, strict=True):
        assert found == pytest.approx(expected, rel=1e-4)


def test_what_is_missing_is_told(photo_folder, tmp_path):
    with pytest.raises(RecipeError, match="no run to resume"):
        train(job(photo_folder, tmp_path / "none", resume=True))
    with pytest.raises(RecipeError, match="needs a teacher"):
        train(job(photo_folder, tmp_path / "a", ["losses.distillation.weight=0.5"]))
    with pytest.raises(RecipeError, match="a classifier: --teacher KIND:FILE"):
        train(job(photo_folder, tmp_path / "g", ["losses.gan.weight=1"]))
    with pytest.raises(UsageError, match="cannot train as requested"):
        train(job(photo_folder, tmp_path / "e", strategy="teleport"))
    with pytest.raises(RecipeError, match="there is no loss 'smoth'"):
        train(job(photo_folder, tmp_path / "b", ["losses.smoth={weight: 1}"]))
    with pytest.raises(RecipeError, match="does not take"):
        train(job(photo_folder, tmp_path / "c", ["network={breadth: 3}"]))
    with pytest.raises(ModelError, match="weights of mobilenet_v2"):
        train(
            job(
                photo_folder,
                tmp_path / "d",
                [f"encoder=mobilenet_v2:{tmp_path / 'none.safetensors'}"],
            )
        )
    with pytest.raises(
        RecipeError, match="no encoder 'vgg'; known are mobilenet_v2, efficientnet_lite1"
    ):
        train(job(photo_folder, tmp_path / "h", ["network.encoder=vgg"]))
    with pytest.raises(RecipeError, match="no system 'unett'"):
        train(job(photo_folder, tmp_path / "e", ["system=unett"]))
    with pytest.raises(RecipeError, match="cannot be imported"):
        train(job(photo_folder, tmp_path / "f", ["system=nowhere:Net"]))
    with pytest.raises(RecipeError, match="holds no saved run"):
        export_run(tmp_path, tmp_path / "x.onnx")


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_photographs(photo_folder, tmp_path):
    with pytest.raises(TintypeError, match="no longer finite at step 0"):
        train(job(photo_folder, tmp_path / "a", ["losses.bins.weight=1e39"]))
    assert (
        "cat" in (tmp_path / "a" / "not-finite.txt").read_text()
        or "step 0" in (tmp_path / "a" / "not-finite.txt").read_text()
    )


def test_the_head_of_things_learns_and_goes_on_as_if_it_had_not_been_stopped(
    photo_folder, tmp_path
):
    labels = tmp_path / "labels"
    for photograph in photo_folder.glob("*.*"):
        maps = np.arange(64, dtype=np.uint8).reshape(8, 8) // 16
        for kind in ("things", "people"):
            target = labels / f"{photograph.stem}.{kind}.png"
            target.parent.mkdir(exist_ok=True)
            Image.fromarray(maps.repeat(16, 0).repeat(16, 1)).save(target)
    settings = (
        "network.things=true",
        "losses.things={weight: 0.25}",
        "losses.parts={weight: 0.2}",
        "stages=[{name: one, steps: 3, size: 64}]",
    )
    whole = small_job(photo_folder, tmp_path / "whole", *settings, labels=[labels])
    losses = []
    train(whole, lambda report: losses.append(report.losses))
    assert all(each["things"] > 0 and each["parts"] > 0 for each in losses)
    parts = small_job(photo_folder, tmp_path / "parts", *settings, labels=[labels])
    train(replace(parts, steps=2))
    train(replace(parts, resume=True))
    states = [load_state(job.output)["network"] for job in (whole, parts)]
    assert_same(states[0], states[1])
    fresh = build_network(whole.recipe).state_dict()
    assert not torch.equal(states[0]["things.out.weight"], fresh["things.out.weight"])
