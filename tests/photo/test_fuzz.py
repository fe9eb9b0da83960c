"""Files with changed bytes: they are read, or refused in one sentence; no decoder's own exception
comes through."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.photo.coded import saved, tiff
from tintype.errors import PhotoError
from tintype.photo import Photo, count_pages, read_pages, read_photo

CAT = data.chelsea()[100:148, 100:164]
GRAY = data.camera()[200:248, 200:264]


pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow tells of tags it cannot read
EXIF = Image.Exif()
EXIF[0x0112] = 6
EXIF[0x010F] = "Folding Camera"
DEEP = GRAY.astype(np.uint16) * 257
SOUND = {
    "jpeg": saved(Image.fromarray(CAT), "JPEG", exif=EXIF, dpi=(300, 300), comment=b"box 4"),
    "progressive": saved(Image.fromarray(GRAY), "JPEG", progressive=True),
    "png": saved(Image.fromarray(CAT), "PNG"),
    "png16": saved(Image.fromarray(DEEP), "PNG"),
    "palette": saved(Image.fromarray(CAT).quantize(16), "PNG", transparency=3),
    "tiff": saved(Image.fromarray(CAT), "TIFF", compression="tiff_lzw"),
    "tiff16": tiff(DEEP, compression="zlib", predictor=True),
    "tiff16lzw": tiff(CAT.astype(np.uint16) * 257, compression="lzw", photometric="rgb"),
    "tiffpages": tiff(np.stack([GRAY, GRAY]), photometric="minisblack"),
    "webp": saved(Image.fromarray(CAT), "WEBP"),
    "gif": saved(Image.fromarray(CAT), "GIF"),
    "bmp": saved(Image.fromarray(CAT), "BMP"),
}


@pytest.mark.parametrize("kind", list(SOUND))
def test_changed_bytes_give_a_picture_or_a_sentence(kind):
    rng = np.random.default_rng(1931)
    sound = np.frombuffer(SOUND[kind], np.uint8)
    for trial in range(100):
        damaged = sound.copy()
        # every other file is hurt where headers are, for that is where parsers stumble
        reach = len(damaged) if trial % 2 else min(300, len(damaged))
        places = rng.integers(0, reach, rng.integers(1, 17))
        damaged[places] = rng.integers(0, 256, len(places))
        try:
            photo = read_photo(damaged.tobytes(), damaged="keep" if trial % 3 == 0 else "refuse")
            assert isinstance(photo, Photo)
            assert len(list(read_pages(damaged.tobytes()))) == count_pages(damaged.tobytes())
        except PhotoError as error:
            assert "\n" not in str(error).strip()
    assert isinstance(read_photo(SOUND[kind]), Photo)


@pytest.mark.parametrize("kind", list(SOUND))
def test_every_length_of_a_file_that_was_cut_gives_a_picture_or_a_sentence(kind):
    for length in range(1, len(SOUND[kind]), max(1, len(SOUND[kind]) // 60)):
        for damaged in ("refuse", "keep"):
            try:
                assert isinstance(read_photo(SOUND[kind][:length], damaged=damaged), Photo)
            except PhotoError:
                continue
