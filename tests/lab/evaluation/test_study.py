import json
import shutil

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.e2e.test_command import tintype
from tintype.errors import DataError
from tintype.lab.evaluation.protocol import Protocol, SystemPainter, find_pictures
from tintype.lab.evaluation.study import rates, scores, write_study

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def make_study(tmp_path_factory, question):
    photos = tmp_path_factory.mktemp("truth")
    for name in ("astronaut", "chelsea", "coffee"):
        Image.fromarray(getattr(data, name)()[:200, :200]).save(photos / f"{name}.png")
    protocol = Protocol(str(photos), size=96)
    pictures = find_pictures(protocol)
    folder = tmp_path_factory.mktemp("study")
    painter = SystemPainter(protocol, pictures)
    write_study(folder, ["default", "gray"], pictures, painter, 1, question)
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory, "real")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return make_study(tmp_path_factory, "scores")


def answers(folder, choose):
    key = json.loads((folder / "key.json").read_text())["pictures"]
    pairs = {}
    for code, entry in key.items():
        pairs.setdefault((entry["against"], entry["picture"]), {})[entry["system"] == "truth"] = (
            code
        )
    return [
        {"chosen": pair[choose(*who)], "other": pair[not choose(*who)]}
        for who, pair in pairs.items()
    ]


def save(path, lines):
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def test_names_and_places_tell_nothing(study):
    page = (study / "index.html").read_text()
    assert "default" not in page
    assert "astronaut" not in page
    assert len(list((study / "pictures").iterdir())) == 2 * 2 * 3
    key = json.loads((study / "key.json").read_text())["pictures"]
    trials = json.loads(page.split("const trials = ")[1].split(", scales =")[0])
    sides = [key[left]["system"] == "truth" for left, _ in trials]
    assert 0 < sum(sides) < len(sides)


def test_rates_are_those_of_the_answers(study, tmp_path):
    lines = answers(study, lambda system, picture: system == "gray" or picture == "coffee.png")
    found = {
        row["system"]: row for row in rates(study / "key.json", [save(tmp_path / "a.jsonl", lines)])
    }
    assert found["gray"]["rate"] == 0
    assert found["default"]["rate"] == pytest.approx(2 / 3)
    assert found["default"]["trials"] == 3
    done = tintype("study", tmp_path / "a.jsonl", "--key", study / "key.json")
    assert b"66.7%" in done.stdout


def test_scores_are_means_by_system_with_intervals(scored, tmp_path):
    key = json.loads((scored / "key.json").read_text())["pictures"]
    assert len(key) == 2 * 3 + 3  # the truth is shown once
    values = {"default": 7, "gray": 2, "truth": 10}
    lines = [
        {
            "shown": code,
            "naturalness": values[entry["system"]],
            "bleeding": values[entry["system"]] - n % 2,
            "colorfulness": 0,
        }
        for n, (code, entry) in enumerate(sorted(key.items(), key=lambda item: str(item[1])))
    ]
    rows = {
        row["system"]: row
        for row in scores(scored / "key.json", [save(tmp_path / "a.jsonl", lines)])
    }
    assert rows["truth"]["naturalness"] == (10, 0)
    assert rows["gray"]["trials"] == 3
    spread = np.std([7, 6, 7], ddof=1)
    offset = [line["bleeding"] for line in lines if line["naturalness"] == 7]
    assert rows["default"]["bleeding"] == pytest.approx((np.mean(offset), 1.96 * spread / 3**0.5))
    done = tintype("study", tmp_path / "a.jsonl", "--key", scored / "key.json")
    assert b"2.00" in done.stdout
    lines[0]["bleeding"] = 11
    with pytest.raises(DataError, match="a score that is not 0 to 10"):
        scores(scored / "key.json", [save(tmp_path / "b.jsonl", lines)])


def test_a_study_of_nothing_and_an_unknown_question_are_told_before_work(tmp_path):
    photo = Image.fromarray(data.astronaut()[:64, :64])
    photo.save(tmp_path / "a.png")
    for words, sentence in (
        (["truth"], b"a study needs a system to be judged"),
        (["default", "--question", "taste"], b"--question is real or prefer or scores"),
    ):
        done = tintype("evaluate", *words, "--data", tmp_path, "--study", tmp_path / "study")
        assert done.returncode
        assert sentence in done.stderr
        assert not (tmp_path / "study").exists()


def test_other_answers_are_refused(study, tmp_path):
    with pytest.raises(DataError, match="does not belong to the study"):
        rates(study / "key.json", [save(tmp_path / "a.jsonl", [{"chosen": "x", "other": "y"}])])
    with pytest.raises(DataError, match="cannot be read"):
        rates(study / "key.json", [tmp_path / "none.jsonl"])
    (tmp_path / "b.jsonl").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        rates(study / "key.json", [tmp_path / "b.jsonl"])


def wait_for_answers(page, n):
    """Until n answers are kept and the next one may be given."""
    page.wait_for_function(f"!busy && progress.max === trials.length && progress.value === {n}")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_asks_keeps_its_place_and_gives_the_answers(play, study, tmp_path):
    browser = play.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path=CHROMIUM, args=["--no-sandbox"]
    )
    page = browser.new_page()
    page.goto((study / "index.html").as_uri())
    wait_for_answers(page, 0)
    sides = page.evaluate("[...document.querySelectorAll('.pair img')].map(i => i.src)")
    page.keyboard.press("ArrowRight")
    wait_for_answers(page, 1)
    page.click("#left")
    wait_for_answers(page, 2)
    page.reload()
    for n in range(2, 6):
        wait_for_answers(page, n)
        page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#done:not([hidden])")
    assert page.is_hidden("#unkept")
    lines = [json.loads(line) for line in page.input_value("#answers").splitlines()]
    browser.close()
    assert [line["side"] for line in lines] == ["right", "left", "left", "left", "left", "left"]
    assert sides[1].endswith(f"{lines[0]['chosen']}.png")
    assert (
        sum(row["trials"] for row in rates(study / "key.json", [save(tmp_path / "a.jsonl", lines)]))
        == 6
    )
    assert np.isfinite([line["seconds"] for line in lines]).all()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_works_and_says_so_where_nothing_is_kept(play, study):
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page()
    page.add_init_script("indexedDB.open = () => { throw new Error('refused') }")
    page.goto((study / "index.html").as_uri())
    wait_for_answers(page, 0)
    assert page.is_visible("#unkept")
    page.keyboard.press("ArrowLeft")
    wait_for_answers(page, 1)
    browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_of_scores_asks_for_each_and_gives_whole_numbers(play, scored, tmp_path):
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page()
    page.goto((scored / "index.html").as_uri())
    wait_for_answers(page, 0)
    assert page.is_hidden("#left")
    for n in range(9):
        wait_for_answers(page, n)
        page.click("#next")  # not all is answered: nothing happens
        wait_for_answers(page, n)
        for scale, value in (("naturalness", n), ("bleeding", 10), ("colorfulness", 0)):
            page.check(f"input[name={scale}][value='{value}']")
        page.click("#next")
    page.wait_for_selector("#done:not([hidden])")
    lines = [json.loads(line) for line in page.input_value("#answers").splitlines()]
    browser.close()
    assert [line["naturalness"] for line in lines] == list(range(9))
    rows = scores(scored / "key.json", [save(tmp_path / "a.jsonl", lines)])
    assert [row["trials"] for row in rows] == [3, 3, 3]
    assert rows[0]["bleeding"] == (10, 0)
