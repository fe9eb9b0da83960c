import numpy as np
import torch

from tintype.lab.data.batches import make_batch
from tintype.lab.data.pages import draw_page
from tintype.lab.data.photographs import load_photographs
from tintype.lab.data.settings import plain_data


def test_pages_are_paper_with_something_on_it():
    rng = np.random.default_rng(0)
    pages = np.stack([draw_page(64, rng) for _ in range(60)])
    assert pages.shape == (60, 64, 64)
    assert pages.min() >= 0 and pages.max() <= 1
    assert np.median(pages) > 0.45
    assert (np.ptp(pages, axis=(1, 2)) > 0.4).mean() > 0.6


def test_a_share_of_the_pictures_has_no_color(photo_folder):
    store = load_photographs([photo_folder], plain_data())
    for share, wanted in ((0.0, 0), (1.0, 16), (0.5, None)):
        crops = store.draw(np.random.default_rng(0), 16, 64, (1.0, 1.0), slice(None))
        batch = make_batch(crops, plain_data(pages=share), np.random.default_rng(1))
        gray = int((batch.ab.norm(dim=1).mean((1, 2)) < 0.5).sum())
        assert gray == wanted if wanted is not None else 3 <= gray <= 13
        assert torch.isfinite(batch.lightness).all()
