"""Pages of text and line drawings, drawn at random: pictures that a colorizer meets and must leave alone."""

import cv2
import numpy as np
from numpy.typing import NDArray

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)


def draw_page(side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A page as a camera or a scanner sees it: text, lines or nothing on paper, unevenly lit. Returns side×side float32, 0..1."""
    large = 2 * side
    page = np.full((large, large), rng.uniform(130, 255), np.uint8)
    ink = float(rng.uniform(0, 90))
    kind = rng.random()
    if kind < 0.6:
        _write(page, ink, rng)
    elif kind < 0.9:
        _draw(page, ink, rng)
    turn = cv2.getRotationMatrix2D((side, side), float(rng.normal(0, 6)), float(rng.uniform(1.0, 1.4)))
    seen = cv2.warpAffine(page, turn, (large, large), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    y, x = np.mgrid[-1 : 1 : complex(side), -1 : 1 : complex(side)]
    angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    light = 1 - fall * (1 + np.cos(angle) * x + np.sin(angle) * y) / 2
    return np.asarray(np.clip(small * light + rng.normal(0, rng.uniform(0, 0.03), small.shape), 0, 1), np.float32)


def _write(page: NDArray[np.uint8], ink: float, rng: np.random.Generator) -> None:
    font, size = FONTS[int(rng.integers(len(FONTS)))], float(rng.uniform(0.3, 1.3))
    step = int(rng.uniform(34, 60) * size)
    left = int(rng.integers(0, page.shape[1] // 6))
    for baseline in range(step, page.shape[0], step):
        words = ("".join(chr(int(rng.integers(97, 123))) for _ in range(int(rng.integers(2, 9)))) for _ in range(14))
        line = " ".join(words)[: int(rng.integers(20, 90))]
        cv2.putText(page, line, (left, baseline), font, size, ink, 1 + int(size > 0.8), cv2.LINE_AA)


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
