"""Files of several pages, films and guidance files on the page: what is wished reaches just what it
was wished for."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.e2e.pages import needs_chromium, open_files, seen, settle, until, use
from tests.pictures import EXAMPLES
from tintype.color import srgb_to_lab
from tintype.photo import read_pages

pytestmark = needs_chromium
NAMES = ("cat", "rocket", "coffee")


def lab(pixels):
    return srgb_to_lab(pixels.astype(np.float32) / 255)


def chroma(pixels):
    return np.linalg.norm(lab(pixels)[..., 1:], axis=-1).mean()


@pytest.fixture
def scan(tmp_path):
    """A TIFF of three pages."""
    with tifffile.TiffWriter(tmp_path / "scan.tif") as tiff:
        for name in NAMES:
            tiff.write(
                np.asarray(Image.open(EXAMPLES / f"{name}.jpg").resize((300, 200)).convert("L")),
                photometric="minisblack",
            )
    return tmp_path / "scan.tif"


@pytest.fixture
def film(tmp_path):
    """A film of three shots of six frames."""
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for name in NAMES:
            gray = np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("L").resize((160, 96)))
            for _ in range(6):
                container.mux(
                    stream.encode(av.VideoFrame.from_ndarray(np.dstack([gray] * 3), format="rgb24"))
                )
        container.mux(stream.encode())
    return tmp_path / "film.mp4"


def choose(page, number: int) -> None:
    page.click(f"#strip button:nth-child({number})")
    settle(page)


def remove(page) -> None:
    page.click("#more")
    page.click("#remove")
    if page.locator("#ask").is_visible():
        page.click("#ask-yes")
    settle(page)


def pages_saved(page, path) -> list[np.ndarray]:
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(path)
    return [photo.pixels for photo in read_pages(path)]


def shots_saved(page, path) -> list[np.ndarray]:
    """The middle frame of each shot."""
    import av

    with page.expect_download(timeout=60_000) as download:
        page.click("#save")
    download.value.save_as(path)
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][3::6]


def guidance_saved(page, path) -> dict:
    page.click("#more")
    with page.expect_download() as download:
        page.click("#save-guidance")
    download.value.save_as(path)
    return json.loads(path.read_text())


def open_guidance(page, path, **guidance) -> None:
    path.write_text(json.dumps({"tintype": 1, **guidance}))
    page.set_input_files("#files", str(path))


def test_a_page_that_is_removed_is_asked_about_and_not_saved(page, scan, tmp_path):
    open_files(page, scan)
    choose(page, 3)
    page.locator("#saturation").fill("0")
    settle(page)
    choose(page, 1)
    page.click("#more")
    page.click("#remove")
    assert "saved without it" in page.inner_text("#ask")
    page.click("#ask button[value=no]")
    assert len(pages_saved(page, tmp_path / "saved.tif")) == 3
    remove(page)
    strength = [chroma(each) for each in pages_saved(page, tmp_path / "saved.tif")]
    assert len(strength) == 2 and strength[1] < 1 < strength[0]
    choose(page, 1)
    remove(page)  # page 3 is the only one left
    strength = [chroma(each) for each in pages_saved(page, tmp_path / "saved.tif")]
    assert len(strength) == 1 and strength[0] < 1


def test_a_last_page_that_is_removed_does_not_take_the_wishes_of_the_one_before(
    page, scan, tmp_path
):
    open_files(page, scan)
    choose(page, 2)
    page.locator("#saturation").fill("0")
    choose(page, 3)
    remove(page)
    strength = [chroma(each) for each in pages_saved(page, tmp_path / "saved.tif")]
    assert len(strength) == 2 and strength[1] < 1 < strength[0]


def test_a_shot_that_is_removed_stays_gray(page, film, tmp_path):
    open_files(page, film)
    choose(page, 3)
    remove(page)
    strength = [chroma(each) for each in shots_saved(page, tmp_path / "colored.mp4")]
    assert min(strength[:2]) > 2 * strength[2]


def test_each_page_is_saved_with_its_own_network(page, scan, tmp_path):
    open_files(page, scan)
    page.select_option("#model", "default")
    choose(page, 2)
    page.select_option("#model", "default")
    settle(page)
    careful = seen(page)
    page.select_option("#model", "fast")
    settle(page)
    quick = seen(page)
    choose(page, 1)
    assert page.input_value("#model") == "default"
    second = lab(pages_saved(page, tmp_path / "saved.tif")[1])
    assert np.abs(second - quick)[..., 1:].mean() < 1 < 2 * np.abs(second - careful)[..., 1:].mean()
    assert page.locator("#strip [data-state=saved]").count() == 3


def test_the_shots_of_a_film_share_one_network(page, film, tmp_path):
    open_files(page, film)
    page.select_option("#model", "default")
    choose(page, 2)
    careful = seen(page)
    page.select_option("#model", "fast")
    settle(page)
    choose(page, 1)
    assert page.input_value("#model") == "fast"
    assert page.is_disabled("#undo")  # the step is the other shot's
    choose(page, 2)
    page.click("#undo")
    settle(page)
    assert np.abs(seen(page) - careful).max() < 0.5
    choose(page, 3)
    assert page.input_value("#model") == "default"


def test_guidance_that_the_page_has_no_tools_for_is_used_kept_and_told(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    plain = seen(page)
    stroke = {
        "points": [[0.2, 0.5], [0.8, 0.5]],
        "color": "#2040c0",
        "width": 0.2,
        "confidence": 0.9,
        "reach": "place",
    }
    asked = {
        "strokes": [stroke],
        "mean_chroma": 30,
        "line_art": False,
        "keep_color": True,
        "saturation": 0.9,
    }
    open_guidance(page, tmp_path / "p.tintype.json", **asked)
    settle(page)
    h, w = plain.shape[:2]
    along = np.s_[int(0.48 * h) : int(0.52 * h), int(0.3 * w) : int(0.7 * w), 2]
    assert seen(page)[along].mean() < plain[along].mean() - 15
    assert "mean_chroma and line_art" in page.inner_text("#carried")
    assert guidance_saved(page, tmp_path / "again.json") == {"tintype": 1, **asked}
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.jpg")
    assert (
        lab(np.asarray(Image.open(tmp_path / "saved.jpg")))[along].mean() < plain[along].mean() - 15
    )
    page.click("#remove-carried")
    settle(page)
    assert page.locator("#carried").is_hidden()
    assert guidance_saved(page, tmp_path / "again.json") == {
        **{"tintype": 1, "keep_color": True, "saturation": 0.9},
        "strokes": [stroke],
    }


@pytest.mark.parametrize(
    ("guidance", "sentence"),
    [
        (
            {"saturations": 0},
            "the guidance: unknown key 'saturations'; did you mean 'saturation'?",
        ),
        (
            {"hints": [{"x": 0.5, "y": 0.5, "color": "red", "size": 1}]},
            "hint 1 of the guidance: unknown key 'size'",
        ),
        (
            {"strokes": [{"points": [[0, 0]], "color": "red", "radius": 1}]},
            "stroke 1 of the guidance: unknown key 'radius'",
        ),
        (
            {"region": {"kind": "subject", "mask": ""}},
            "mask of region of the guidance: not a PNG picture",
        ),
        (
            {"region": {"kind": "circle"}},
            "kind of region of the guidance must be 'mask', 'polygons', 'objects', 'subject',"
            " 'background', 'person', 'hair', 'skin', 'lips', 'clothes' or 'sky', not 'circle'",
        ),
        ({"hints": {}}, "hints of the guidance must be a list, not {}"),
    ],
)
def test_guidance_with_what_is_unknown_is_refused_in_a_sentence(page, tmp_path, guidance, sentence):
    open_files(page, EXAMPLES / "cat.jpg")
    steps = page.is_disabled("#undo")
    open_guidance(page, tmp_path / "p.tintype.json", **guidance)
    until(page, "!document.querySelector('#close-message').hidden")
    assert page.locator("#message span").inner_text() == f"p.tintype.json: {sentence}"
    assert page.is_disabled("#undo") == steps


def test_a_region_of_polygons_is_shown_told_and_replaced(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "region")
    region = {"kind": "polygons", "polygons": [[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]]}
    open_guidance(page, tmp_path / "p.tintype.json", region=region)
    settle(page)
    colored = np.linalg.norm(seen(page)[..., 1:], axis=-1)
    w = colored.shape[1]
    assert colored[:, : w // 3].mean() < 1.5 < colored[:, 2 * w // 3 :].mean()
    assert page.inner_text("#where-help").startswith("The area comes from the guidance file")
    assert page.locator("#erase").is_hidden()
    inked = page.locator(".mask").evaluate("""canvas => [0.25, 0.75].map((x) => {
          const context = canvas.getContext('2d');
          const pixel = context.getImageData(x * canvas.width, canvas.height / 2, 1, 1);
          return pixel.data[3];
        })""")
    assert inked == [0, 255]
    assert guidance_saved(page, tmp_path / "again.json")["region"] == region
    page.check("input[name=where][value=subject]", force=True)
    settle(page)
    assert guidance_saved(page, tmp_path / "again.json")["region"] == {"kind": "subject"}
    page.click("#undo")
    settle(page)
    assert page.locator("#where input:checked").count() == 0
    page.click("#clear-region")
    assert page.is_checked("input[name=where][value=painted]")


def test_a_region_of_things_that_leaves_nothing_out_is_opened(page, tmp_path):
    open_files(page, EXAMPLES / "coffee.jpg")
    use(page, "region")
    open_guidance(
        page, tmp_path / "p.tintype.json", region={"kind": "objects", "keep": [[0.45, 0.45]]}
    )
    settle(page)
    assert page.locator(".points i.keep").count() == 1


def test_a_photograph_and_its_guidance_are_opened_together(page, tmp_path):
    guidance = tmp_path / "rocket.tintype.json"
    guidance.write_text('{"tintype": 1, "saturation": 0.3}')
    open_files(page, guidance, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    assert page.inner_text("#file-name") == "cat.jpg"
    assert page.inner_text("#saturation-value") == "1"
    choose(page, 2)
    assert page.inner_text("#saturation-value") == "0.3"
    choose(page, 1)
    other = tmp_path / "other.tintype.json"
    other.write_text('{"tintype": 1, "saturation": 0.6}')
    open_files(page, other)  # bears no name that is open
    assert page.inner_text("#saturation-value") == "0.6"
    open_files(page, guidance)
    assert page.inner_text("#file-name") == "rocket.jpg"


def test_guidance_of_a_photograph_that_cannot_be_read_reaches_no_other(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    (tmp_path / "rocket.jpg").write_text("no picture")
    (tmp_path / "rocket.tintype.json").write_text('{"tintype": 1, "saturation": 0.3}')
    open_files(page, tmp_path / "rocket.tintype.json", tmp_path / "rocket.jpg")
    until(
        page,
        "document.querySelector('#message').textContent.includes('rocket.jpg: the file is not a"
        " picture')",
    )
    assert page.inner_text("#saturation-value") == "1"
