import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: the extra `train`")

import torch
from benchmarks.measures import (
    checkerboard_energy,
    choose_segments,
    color_of,
    contrast_kept,
    face_parts,
    hint_error,
    leakage,
    measure_spread,
    opposite,
    part_errors,
    sector_ranks,
    worst_over_best,
)
from skimage import data

from tintype.color import srgb_to_lab

LABELS = np.zeros((100, 100), np.uint8)
LABELS[10:31, 20:61] = 1  # 8.6 %
LABELS[90:92, 0:50] = 2  # 1 %: too small
REQUESTED = np.float32([0, 40])


@pytest.fixture
def segment():
    (found,) = choose_segments(LABELS, 5, np.random.default_rng(0))
    return found


def recolored(where: np.ndarray, share: float = 1.0) -> np.ndarray:
    ab = np.zeros((100, 100, 2), np.float32)
    ab[where] = share * REQUESTED
    return ab


def test_only_segments_of_3_to_25_percent_are_taken_and_the_dab_is_innermost(segment):
    assert np.array_equal(segment.mask, LABELS == 1)
    assert segment.row == 20
    assert 30 <= segment.column <= 50


def test_parts_that_do_not_touch_are_apart():
    labels = np.zeros((100, 100), np.uint8)
    labels[10:30, 10:30] = labels[60:80, 60:80] = 3
    assert [s.mask.sum() for s in choose_segments(labels, 5, np.random.default_rng(0))] == [
        400,
        400,
    ]


def test_the_border_of_the_picture_is_a_border():
    labels = np.zeros((100, 100), np.uint8)
    labels[:, :20] = 1
    (edge,) = choose_segments(labels, 5, np.random.default_rng(0))
    assert edge.column in (9, 10)


def test_the_draw_is_the_seeds():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 10)[:, None].repeat(100, 1)
    rows = [
        [s.row for s in choose_segments(labels, 3, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    ]
    assert rows[0] == rows[1] != rows[2]


def test_a_dab_that_fills_its_segment_and_nothing_else_is_perfect(segment):
    found = measure_spread(recolored(segment.mask), recolored(segment.mask, 0), REQUESTED, segment)
    assert (found.inside, found.spill, found.iou) == (1, 0, 1)


def test_a_dab_that_colors_everything_spills_all_that_is_outside(segment):
    everywhere = np.ones((100, 100), bool)
    found = measure_spread(recolored(everywhere), recolored(everywhere, 0), REQUESTED, segment)
    assert found.inside == 1
    assert found.spill == pytest.approx(1 - segment.mask.mean())
    assert found.iou == pytest.approx(segment.mask.mean())


def test_less_than_half_of_the_way_is_no_change_for_iou_but_counts_inside(segment):
    found = measure_spread(
        recolored(segment.mask, 0.4), recolored(segment.mask, 0), REQUESTED, segment
    )
    assert found.inside == pytest.approx(0.4)
    assert (found.spill, found.iou) == (0, 0)


def test_steps_aside_and_away_from_the_wish_are_no_change(segment):
    plain = recolored(segment.mask, 0)
    aside = plain + np.float32([30, 0])
    assert measure_spread(aside, plain, REQUESTED, segment).inside == 0
    assert measure_spread(plain - REQUESTED, plain, REQUESTED, segment).inside == 0


def test_the_opposite_hue_has_chroma_40():
    assert np.allclose(opposite(np.float32([3, 4])), [-24, -32])
    assert np.hypot(*opposite(np.zeros(2))) == 40


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_a_dab_of_any_hue_is_a_color_of_srgb(degrees):
    ab = 40 * np.float32([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    lab = srgb_to_lab(np.float32([color_of(ab)]) / 255)
    assert np.abs(lab[0, 1:] - ab).max() < 1


def test_a_color_that_is_there_is_met_and_so_is_the_nearest_where_the_gamut_ends():
    assert hint_error(np.float32([60, 10, 20]), np.float32([10, 20])) == 0
    assert hint_error(np.float32([60, 0, 0]), np.float32([10, 20])) > 5
    # white has no chroma to give
    assert hint_error(np.float32([100, 0, 0]), np.float32([10, 20])) < 0.5


FACE = srgb_to_lab(data.astronaut()[20:200, 130:310].astype(np.float32) / 255)


def test_parts_lie_where_a_centered_face_has_them_and_never_overlap():
    parts = face_parts(200, 160)
    assert parts["skin"][100, 80]
    assert parts["hair"][4, 10]
    assert parts["background"][190, 6]
    assert sum(mask.astype(int) for mask in parts.values()).max() == 1
    for mask in parts.values():
        assert np.array_equal(mask, mask[:, ::-1])


def test_an_error_in_one_part_is_told_of_that_part_alone():
    for part, mask in face_parts(*FACE.shape[:2]).items():
        made = FACE.copy()
        made[mask, 1:] *= 0
        errors = part_errors(made, FACE)
        assert errors.pop(part) > 2
        assert set(errors.values()) == {0.0}


def test_equal_treatment_is_1():
    assert worst_over_best([4, 4]) == 1
    assert worst_over_best([4, 8, 5]) == 2


def test_color_outside_of_the_mask_leaks_and_color_inside_does_not():
    region = np.zeros((10, 10), np.float32)
    region[:, :4] = 1
    lab = np.zeros((10, 10, 3), np.float32)
    lab[:, :4, 1] = 50
    assert leakage(lab, region) == 0
    lab[:, 4:7, 1:] = (3, 4)
    assert leakage(lab, region) == pytest.approx(2.5)
    assert leakage(lab, np.ones((10, 10))) == 0


def test_a_checkerboard_is_seen_in_the_spectrum():
    y, x = np.mgrid[:32, :32]
    smooth = (
        torch.from_numpy(np.sin(y / 5) + np.cos(x / 7)).float()[None, None].expand(1, 2, -1, -1)
    )
    board = torch.from_numpy(np.where((x + y) % 2, 1.0, -1.0)).float()
    assert float(checkerboard_energy(smooth + 0.5 * board)) > 20 * float(
        checkerboard_energy(smooth)
    )


def test_the_contrast_of_reds_is_one_in_the_truth_and_nothing_in_a_cast():
    true = torch.zeros(1, 2, 4, 4)
    true[:, :, :2] = torch.tensor([80.0, 67.0])[:, None, None]
    assert contrast_kept(true, true, (80, 67)) == pytest.approx(1)
    assert contrast_kept(0.25 * true + 10, true, (80, 67)) == pytest.approx(0.25)
    assert contrast_kept(torch.full_like(true, 40), true, (80, 67)) == pytest.approx(0, abs=1e-6)


def test_a_true_hue_is_ranked_among_the_sectors_of_a_distribution():
    centers = np.array([[40, 2], [30, 3], [-40, 2], [2, -40], [5, 5]], np.float32)
    chances = np.array([0.2, 0.15, 0.3, 0.1, 0.25])
    logits = np.log(chances).astype(np.float32)[None, None].repeat(4, 1)
    truth = np.array([[[50, 1], [-20, 1], [1, -20], [5, 0]]], np.float32)
    # red has 0.35 of two bins; the last place is too gray, as is the last bin
    assert sector_ranks(logits, truth, centers).tolist() == [0, 1, 2]
