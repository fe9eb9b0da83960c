"""Pages of text and line drawings, drawn at random: pictures that a colorizer meets and must leave
alone."""

import cv2
import numpy as np
from numpy.typing import NDArray

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)


def draw_page(side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A page as a camera or a scanner sees it: print, handwriting, lines or nothing on paper.
    Returns side×side float32, 0..1.

    Half are seen flat and whole, as from a scanner; the others from near and aslant, in blotchy
    light and a little out of focus.
    """
    large = 2 * side
    page = np.full((large, large), rng.uniform(115, 255), np.uint8)
    ink = float(rng.uniform(0, 90))
    if rng.random() < 0.3:
        _rule(page, rng)
    kind = rng.random()
    if kind < 0.4:
        _print(page, ink, rng)
    elif kind < 0.65:
        _write(page, ink, rng)
    elif kind < 0.9:
        _draw(page, ink, rng)
    from_near = rng.random() < 0.5
    seen = cv2.warpPerspective(
        page, _view(large, rng, from_near), (large, large), borderMode=cv2.BORDER_REPLICATE
    )
    y, x = np.mgrid[-1 : 1 : complex(side), -1 : 1 : complex(side)]
    angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    light = 1 - fall * (1 + np.cos(angle) * x + np.sin(angle) * y) / 2
    if from_near:
        blotches = rng.normal(
            0, rng.uniform(0, 0.1), (int(rng.integers(3, 9)), int(rng.integers(3, 9)))
        )
        light = light * (1 + cv2.resize(blotches, (side, side), interpolation=cv2.INTER_CUBIC))
        seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.2, side / 50)))
    small = cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA) / 255.0
    return np.asarray(
        np.clip(small * light + rng.normal(0, rng.uniform(0, 0.03), small.shape), 0, 1), np.float32
    )


def _view(side: int, rng: np.random.Generator, from_near: bool) -> NDArray[np.float64]:
    """From the page to what is seen of it: turned a little, and from near also enlarged and
    foreshortened."""
    angle = np.radians(rng.normal(0, 20 if from_near else 6))
    half = 1 / rng.uniform(1.2, 4) if from_near else 1 / rng.uniform(1.0, 1.4)
    corners = half * np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    if from_near:
        corners[:2] *= rng.uniform(1, 2)  # what is farther off looks smaller
        corners[:, 1] *= rng.uniform(1, 2.5)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = rng.uniform(-1, 1, 2) * max(0, 1 - 1.5 * half)
    source = (corners @ turn.T + middle + 1) * side / 2
    target = np.array([(0, 0), (side, 0), (side, side), (0, side)])
    return np.asarray(
        cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)),
        np.float64,
    )


def _rule(page: NDArray[np.uint8], rng: np.random.Generator) -> None:
    step, tone = int(rng.integers(16, 60)), int(page[0, 0] * rng.uniform(0.4, 0.95))
    page[step::step] = tone
    if rng.random() < 0.3:
        page[:, step::step] = tone


def _print(page: NDArray[np.uint8], ink: float, rng: np.random.Generator) -> None:
    font, size = FONTS[int(rng.integers(len(FONTS)))], float(rng.uniform(0.3, 1.3))
    step = int(rng.uniform(34, 60) * size)
    left = int(rng.integers(0, page.shape[1] // 6))
    for baseline in range(step, page.shape[0], step):
        words = (
            "".join(chr(int(rng.integers(97, 123))) for _ in range(int(rng.integers(2, 9))))
            for _ in range(14)
        )
        line = " ".join(words)[: int(rng.integers(20, 90))]
        cv2.putText(page, line, (left, baseline), font, size, ink, 1 + int(size > 0.8), cv2.LINE_AA)


def _write(page: NDArray[np.uint8], ink: float, rng: np.random.Generator) -> None:
    """Handwriting: strokes that bend at random, beside each other in lines."""
    height, thick = float(rng.uniform(10, 36)), int(rng.integers(1, 4))
    for baseline in np.arange(height, page.shape[0], height * rng.uniform(1.5, 3)):
        left = float(rng.uniform(0, page.shape[1] / 3))
        while left < page.shape[1] * 0.95:
            bends = np.cumsum(rng.normal(0.3, 0.6, 12)) + rng.uniform(0, 2 * np.pi)
            stroke = np.cumsum(np.stack([np.cos(bends), np.sin(bends)], 1) * height / 6, axis=0)
            stroke += (left, baseline) - stroke.mean(0)
            cv2.polylines(page, [np.rint(stroke).astype(np.int32)], False, ink, thick, cv2.LINE_AA)
            left += height * float(rng.choice([0.5, 0.8, 1.6], p=[0.4, 0.4, 0.2]))


def _draw(page: NDArray[np.uint8], ink: float, rng: np.random.Generator) -> None:
    side = page.shape[0]
    for _ in range(int(rng.integers(4, 40))):
        thick = int(rng.integers(1, 4))
        if rng.random() < 0.5:
            center, axes = rng.integers(0, side, 2).tolist(), rng.integers(3, side // 3, 2).tolist()
            turn, start, sweep = (float(v) for v in rng.uniform((0, 0, 40), (180, 360, 360)))
            cv2.ellipse(page, center, axes, turn, start, start + sweep, ink, thick, cv2.LINE_AA)
        else:
            corners = rng.integers(0, side, (int(rng.integers(2, 6)), 2), np.int32)
            cv2.polylines(page, [corners], rng.random() < 0.3, ink, thick, cv2.LINE_AA)
