import subprocess
import sys

import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.assist import levin
from tintype.engine.assist.exemplar import match_exemplar
from tintype.engine.assist.levin import propagate_hints
from tintype.engine.assist.reinhard import transfer_by_lightness, transfer_statistics
from tintype.errors import UsageError

COFFEE = srgb_to_lab(data.coffee()[::4, ::4].astype(np.float32) / 255)


def halves(height, width):
    lightness = np.full((height, width), 30, np.float32)
    lightness[:, width // 2 :] = 80
    hint = np.zeros((height, width, 3), np.float32)
    hint[28:33, 18:23] = (40, 10, 1)
    hint[28:33, 58:63] = (-20, 30, 1)
    return lightness, hint


@pytest.mark.parametrize("limit", [levin.MAX_SOLVED_PIXELS, 2400])
def test_each_side_of_an_edge_takes_the_color_of_its_own_hint(monkeypatch, limit):
    monkeypatch.setattr(levin, "MAX_SOLVED_PIXELS", limit)
    lightness, hint = halves(60, 80)
    ab = propagate_hints(lightness, hint)
    np.testing.assert_allclose(ab[:, :36], np.broadcast_to([40, 10], (60, 36, 2)), atol=4)
    np.testing.assert_allclose(ab[:, 44:], np.broadcast_to([-20, 30], (60, 36, 2)), atol=4)
    np.testing.assert_array_equal(ab[30, 20], [40, 10])


def test_the_solution_is_that_of_a_direct_solver():
    from scipy.sparse import coo_array, eye_array
    from scipy.sparse.linalg import splu

    lightness = np.ascontiguousarray(COFFEE[..., 0])
    hint = np.zeros_like(COFFEE)
    for y, x in ((20, 20), (50, 75), (90, 120), (30, 110), (80, 20)):
        hint[y : y + 4, x : x + 4, :2], hint[y : y + 4, x : x + 4, 2] = COFFEE[y, x, 1:], 1
    free = hint[..., 2] == 0
    index = np.arange(free.size).reshape(free.shape)
    padded = np.pad(index, 1, mode="edge")
    columns = [
        padded[1 + dy :, 1 + dx :][: free.shape[0], : free.shape[1]][free]
        for dy, dx in levin.NEIGHBORS
    ]
    values = levin._weights(lightness)[:, free].astype(np.float64).ravel()
    links = coo_array(
        (values, (np.tile(index[free], 8), np.concatenate(columns))), shape=(free.size, free.size)
    )
    exact = splu((eye_array(free.size) - links).tocsc()).solve(
        hint[..., :2].reshape(-1, 2).astype(np.float64)
    )
    apart = np.linalg.norm(
        propagate_hints(lightness, hint) - exact.reshape(*free.shape, 2), axis=-1
    )
    assert apart.mean() < 1.5
    assert np.percentile(apart, 95) < 5


def test_many_hints_bring_a_photograph_nearer_to_its_truth():
    rng = np.random.default_rng(0)
    hint = np.zeros_like(COFFEE)
    y, x = rng.integers(0, COFFEE.shape[0], 400), rng.integers(0, COFFEE.shape[1], 400)
    hint[y, x, :2], hint[y, x, 2] = COFFEE[y, x, 1:], 1
    error = np.abs(propagate_hints(COFFEE[..., 0], hint) - COFFEE[..., 1:]).mean()
    assert error < 0.2 * np.abs(COFFEE[..., 1:]).mean()


def test_without_hints_the_picture_stays_gray():
    assert not propagate_hints(COFFEE[..., 0], np.zeros_like(COFFEE)).any()


def test_a_hint_map_of_another_size_is_a_clear_error():
    with pytest.raises(UsageError, match="shapes"):
        propagate_hints(COFFEE[..., 0], np.zeros((5, 5, 3), np.float32))


def test_reinhard_gives_the_mean_and_deviation_of_the_reference():
    other = srgb_to_lab(data.astronaut()[::4, ::4].astype(np.float32) / 255)
    ab = transfer_statistics(COFFEE, other).reshape(-1, 2)
    np.testing.assert_allclose(ab.mean(0), other[..., 1:].reshape(-1, 2).mean(0), atol=0.01)
    np.testing.assert_allclose(ab.std(0), other[..., 1:].reshape(-1, 2).std(0), rtol=0.001)


def test_a_gray_picture_takes_the_mean_color_of_reinhards_reference():
    ab = transfer_statistics(COFFEE * np.float32([1, 0, 0]), COFFEE)
    np.testing.assert_allclose(
        ab.reshape(-1, 2),
        np.tile(COFFEE[..., 1:].reshape(-1, 2).mean(0), (ab[..., 0].size, 1)),
        atol=0.01,
    )


def test_an_exemplar_colors_dark_and_light_as_it_is_itself():
    lightness, _ = halves(40, 40)
    reference = np.dstack(
        [lightness, np.where(lightness < 50, 40, -20), np.where(lightness < 50, 10, 30)]
    ).astype(np.float32)
    ab = match_exemplar(lightness[:, ::-1].copy(), reference)
    np.testing.assert_array_equal(ab[:, 24:], np.broadcast_to([40, 10], (40, 16, 2)))
    np.testing.assert_array_equal(ab[:, :16], np.broadcast_to([-20, 30], (40, 16, 2)))


def test_a_photograph_is_its_own_best_exemplar():
    ab = match_exemplar(COFFEE[..., 0], COFFEE)
    assert (
        np.linalg.norm(ab - COFFEE[..., 1:], axis=-1).mean()
        < 0.5 * np.linalg.norm(COFFEE[..., 1:], axis=-1).mean()
    )


def test_colors_that_follow_lightness_alone_are_found_again_by_their_rank():
    ramp = np.tile(np.linspace(0, 100, 64, dtype=np.float32), (48, 1))
    reference = np.dstack([ramp, ramp * 0.4 - 20, 30 - ramp * 0.5])
    darker = ramp * 0.5 + 10  # the same scene in less light
    ab = transfer_by_lightness(darker[:, ::-1], reference)
    np.testing.assert_allclose(ab, reference[:, ::-1, 1:], atol=1.5)


def test_the_classics_need_neither_pytorch_nor_scipy():
    names = ", ".join(f"tintype.engine.assist.{name}" for name in ("levin", "reinhard", "exemplar"))
    code = f"import sys, {names}; sys.exit(bool({{'torch', 'scipy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
