import errno
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tests.archive.conftest import tree
from tests.pictures import EXAMPLES
from tintype import Colorizer, Guidance, Policy, color_files
from tintype.archive import local, report
from tintype.archive.ledger import Ledger
from tintype.archive.ledger.database import VERSION
from tintype.archive.plan import plan, target_name
from tintype.archive.run import Archive, make_settings, plan_archive, verify
from tintype.archive.settings import ArchiveSettings
from tintype.archive.sources import SourceListing
from tintype.archive.stores import Folder, Stat, open_store
from tintype.archive.work import ArchiveJob, Budget, Worker
from tintype.errors import ArchiveError, UsageError
from tintype.jobs import plan_files
from tintype.photo import count_pages, read_label, read_photo


def rows(target: Path, query: str) -> list:
    with sqlite3.connect(target / ".tintype" / "ledger.sqlite") as db:
        return db.execute(query).fetchall()


def test_every_photograph_is_colored_and_originals_are_untouched(scans, tmp_path, color):
    before = tree(scans)
    states = color(scans, tmp_path / "out")
    assert states == {"done": 4, "quarantined": 1}
    assert tree(scans) == before
    assert set(tree(tmp_path / "out")) == {
        "README.md",
        "a.jpg",
        "b.png",
        "box/c.webp",
        "box/d.tif",
        "quarantine.csv",
    }
    assert (
        read_photo(tmp_path / "out" / "a.jpg").pixels[..., 0].mean()
        > read_photo(tmp_path / "out" / "a.jpg").pixels[..., 2].mean()
    )
    assert count_pages(tmp_path / "out" / "box" / "d.tif") == 3
    assert read_photo(tmp_path / "out" / "box" / "d.tif", 2).pixels.dtype == np.uint16


def test_a_second_run_does_nothing(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    times = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "out").rglob("*.*")
        if path.suffix in (".jpg", ".png", ".tif")
    }
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert rows(tmp_path / "out", "SELECT count(*) FROM items WHERE run = 2") == [(0,)]


def test_other_settings_make_everything_due_again_and_the_ledger_says_why(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    gray = tree(tmp_path / "out")["b.png"]
    color(scans, tmp_path / "out", saturation=0.5)
    assert tree(tmp_path / "out")["b.png"] != gray
    assert rows(tmp_path / "out", "SELECT DISTINCT why, state FROM items ORDER BY why") == [
        ("it failed before", "quarantined"),
        ("other settings: saturation 1.0 → 0.5", "done"),
    ]


def test_a_newer_source_is_colored_again_and_a_touched_one_is_not(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    Image.new("L", (50, 50), 90).save(scans / "b.png")
    os.utime(scans / "a.jpg", ns=(1, 1))
    color(scans, tmp_path / "out")
    assert rows(
        tmp_path / "out", "SELECT why FROM items WHERE name IN ('a.jpg', 'b.png') ORDER BY name"
    ) == [
        ("unchanged",),
        ("the source changed",),
    ]
    assert read_photo(tmp_path / "out" / "b.png").pixels.shape == (50, 50, 3)


def test_a_lost_output_is_made_again(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    whole = tree(tmp_path / "out")
    (tmp_path / "out" / "a.jpg").unlink()
    color(scans, tmp_path / "out")
    assert tree(tmp_path / "out") == whole


def test_another_format_replaces_the_outputs_of_the_first(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    color(scans, tmp_path / "out", format="png")
    names = set(tree(tmp_path / "out"))
    assert names == {
        "README.md",
        "a.png",
        "b.png",
        "box/c.png",
        "box/d.1.png",
        "box/d.2.png",
        "box/d.3.png",
        "quarantine.csv",
    }


def test_quarantine_tells_the_reason_and_is_left_alone_until_the_file_changes(
    scans, tmp_path, color
):
    color(scans, tmp_path / "out")
    reason = (tmp_path / "out" / "quarantine.csv").read_text()
    assert "box/broken.jpg,quarantined,not readable,box/broken.jpg " in reason
    Image.new("L", (30, 30), 90).save(scans / "box" / "broken.jpg")
    assert color(scans, tmp_path / "out") == {"done": 5}
    assert not (tmp_path / "out" / "quarantine.csv").exists()


def test_what_may_pass_is_tried_again_with_longer_and_longer_waits(scans, tmp_path, monkeypatch):
    calls, waits = [], []

    class Flaky(Folder):
        def read(self, name):
            calls.append(name)
            if len(calls) < 3:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(name)

    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    worker = Worker(ArchiveJob(Flaky(scans), Folder(tmp_path), tmp_path, None), None)
    assert worker.persist(lambda: worker.job.source.read("a.jpg"))
    assert len(calls) == 3
    assert waits == [1.5 * wait for wait in worker.job.waits[:2]]
    assert 0 < waits[0] < waits[1]


def test_verify_finds_changed_outputs_and_changed_sources(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    place = Archive.of(SourceListing(str(scans)), str(tmp_path / "out"))
    assert verify(place) == []
    output = tmp_path / "out" / "b.png"
    data = bytearray(output.read_bytes())
    data[-20] ^= 1
    output.write_bytes(data)
    Image.new("L", (30, 30), 90).save(scans / "a.jpg")
    sentences = verify(place)
    assert sentences == [
        "a.jpg is not the file that was colored: the source was changed",
        "b.png was changed; the next run makes it again",
    ]
    color(scans, tmp_path / "out")
    assert verify(place) == []


def test_a_file_of_somebody_else_is_not_written_over(scans, tmp_path, color):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jpg").write_bytes(b"mine")
    assert color(scans, tmp_path / "out")["failed"] == 1
    assert (tmp_path / "out" / "a.jpg").read_bytes() == b"mine"
    assert (
        "a.jpg,failed,in the way,a.jpg is already there"
        in (tmp_path / "out" / "quarantine.csv").read_text()
    )
    (tmp_path / "out" / "a.jpg").unlink()
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("page.2.png", {"split": True}),
        ("page.png.xmp", {"sidecar": True}),
        ("page.2.png.xmp", {"sidecar": True, "split": True}),
    ],
)
def test_no_output_is_written_over_a_file_of_somebody_else(
    album_page, tmp_path, color, name, options
):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    assert color(tmp_path / "scans", out, **options) == {"failed": 1}
    assert set(tree(out)) == {name, "README.md", "quarantine.csv"}
    assert (out / name).read_bytes() == b"mine"
    assert (
        f"page.png,failed,in the way,{name} is already there"
        in (out / "quarantine.csv").read_text()
    )
    (out / name).unlink()
    assert color(tmp_path / "scans", out, **options) == {"done": 1}


def test_a_quarantine_of_somebody_else_is_spared(scans, tmp_path, color):
    (tmp_path / "out").mkdir()
    mine = tmp_path / "out" / "quarantine.csv"
    mine.write_text("date,patient")
    color(scans, tmp_path / "out")
    assert mine.read_text() == "date,patient"
    (scans / "box" / "broken.jpg").unlink()
    color(scans, tmp_path / "out")
    assert mine.read_text() == "date,patient"


@pytest.mark.parametrize("late", [False, True], ids=["from the start", "added later"])
def test_a_numbered_output_does_not_take_the_name_of_another_photograph(
    album_page, scans, tmp_path, color, late
):
    out, other = tmp_path / "out", scans / "page.1.png"
    if late:
        color(scans, out, split=True)
    Image.open(scans / "b.png").save(other)
    assert color(scans, out, split=True) == {"done": 5, "failed": 1, "quarantined": 1}
    failed, owner = ("page.1.png", "page.png") if late else ("page.png", "page.1.png")
    sentence = (
        f"{failed} would be written to page.1.png, which belongs to {owner}; rename one of them in"
        " the source"
    )
    assert rows(out, "SELECT name, kind, error FROM items WHERE state = 'failed'") == [
        (failed, "in the way", sentence)
    ]
    assert (out / "page.2.png").exists() == late
    other.rename(scans / "other.png")
    assert color(scans, out, split=True) == {"done": 6, "gone": 1, "quarantined": 1}


def test_pages_do_not_take_the_name_of_another_photograph(scans, tmp_path, color):
    Image.open(scans / "a.jpg").save(scans / "box" / "d.1.jpg")
    assert color(scans, tmp_path / "out", format="jpg") == {
        "done": 4,
        "failed": 1,
        "quarantined": 1,
    }
    assert rows(tmp_path / "out", "SELECT name, kind FROM items WHERE state = 'failed'") == [
        ("box/d.tif", "in the way")
    ]


def test_a_photograph_may_take_the_name_of_one_that_is_gone(scans, tmp_path, color):
    color(scans, tmp_path / "out", format="webp")
    Image.open(scans / "a.jpg").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(scans / "a.png")
    (scans / "a.jpg").unlink()
    assert color(scans, tmp_path / "out", format="webp") == {"done": 4, "gone": 1, "quarantined": 1}
    assert rows(tmp_path / "out", "SELECT item FROM outputs WHERE name = 'a.webp'") == [("a.png",)]


def test_a_color_photograph_is_copied_byte_for_byte_unless_asked(tmp_path, color):
    import skimage.data

    (tmp_path / "scans").mkdir()
    Image.fromarray(skimage.data.coffee()).save(tmp_path / "scans" / "cup.jpg")
    color(tmp_path / "scans", tmp_path / "out")
    assert (tmp_path / "out" / "cup.jpg").read_bytes() == (
        tmp_path / "scans" / "cup.jpg"
    ).read_bytes()
    assert "in color" in rows(tmp_path / "out", "SELECT notices FROM items")[0][0]
    color(tmp_path / "scans", tmp_path / "out", recolor=True)
    assert (tmp_path / "out" / "cup.jpg").read_bytes() != (
        tmp_path / "scans" / "cup.jpg"
    ).read_bytes()


def test_outputs_say_that_their_color_was_computed(scans, tmp_path, color):
    color(scans, tmp_path / "out", sidecar=True)
    for name in ("a.jpg", "b.png", "box/c.webp", "box/d.tif"):
        label = read_label(tmp_path / "out" / name)
        assert label is not None
        assert label.network == "warm"
    assert b"compositeWithTrainedAlgorithmicMedia" in (tmp_path / "out" / "a.jpg.xmp").read_bytes()
    color(scans, tmp_path / "out", label=False)
    assert read_label(tmp_path / "out" / "a.jpg") is None
    assert not (tmp_path / "out" / "a.jpg.xmp").exists()


@pytest.mark.parametrize("format", ["bmp", "gif", "jp2"])
def test_a_format_that_holds_no_label_gets_it_beside(format, tmp_path, color):
    (tmp_path / "scans").mkdir()
    gray = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))
    Image.fromarray(gray).save(tmp_path / "scans" / "a.png")
    color(tmp_path / "scans", tmp_path / "out", format=format)
    beside = tmp_path / "out" / f"a.{format}.xmp"
    if format == "jp2":
        assert read_label(tmp_path / "out" / "a.jp2") is not None and not beside.exists()
    else:
        assert b"compositeWithTrainedAlgorithmicMedia" in beside.read_bytes()
    color(tmp_path / "scans", tmp_path / "out", format=format, label=False)
    assert not beside.exists()


def test_negatives_are_inverted(tmp_path, color):
    (tmp_path / "scans").mkdir()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (64, 1))).save(
        tmp_path / "scans" / "n.png"
    )
    color(tmp_path / "scans", tmp_path / "out", negative=True)
    assert read_photo(tmp_path / "out" / "n.png").pixels.mean() > 150


def test_black_and_white_negatives_are_mentioned_in_the_report(tmp_path, color):
    (tmp_path / "scans").mkdir()
    grace = Image.open(Path(__file__).parents[2] / "examples" / "grace-hopper.jpg").convert("L")
    Image.fromarray(255 - np.asarray(grace)).save(tmp_path / "scans" / "n.png")
    color(tmp_path / "scans", tmp_path / "out", report=tmp_path / "report.html")
    assert "it looks like a black-and-white negative" in (tmp_path / "report.html").read_text()


def test_the_report_shows_pairs_failures_and_reasons(scans, tmp_path, color):
    color(scans, tmp_path / "out", report=tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert text.count("data:image/jpeg") == 8
    assert "box/broken.jpg" in text
    assert "not readable" in text
    assert "files a second" in text
    assert "nothing is left" in text
    assert ".txt" in text


def test_the_report_shows_photographs_from_beginning_to_end(tmp_path, color, monkeypatch):
    (tmp_path / "scans").mkdir()
    for n in range(5):
        Image.new("L", (30, 30), 40 * n).save(tmp_path / "scans" / f"{n}.png")
    monkeypatch.setattr(report, "MAX_PAIRS", 3)
    color(tmp_path / "scans", tmp_path / "out", report=tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert [n for n in range(5) if f"<figcaption>{n}.png" in text] == [0, 2, 4]


def test_a_report_that_cannot_be_written_is_reported_before_the_work(scans, tmp_path, color):
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere; nothing was changed"):
        color(scans, tmp_path / "out", report=tmp_path / "nowhere" / "report.html")
    assert tree(tmp_path / "out") == {}


def test_the_readme_tells_what_was_done_and_spares_one_of_somebody_else(scans, tmp_path, color):
    color(scans, tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text()
    assert "Colored: 4 files" in text
    assert "- Source: `scans`" in text
    assert str(tmp_path) not in text
    assert "1 × .txt" in text
    (tmp_path / "out" / "README.md").write_text("our family")
    color(scans, tmp_path / "out")
    assert (tmp_path / "out" / "README.md").read_text() == "our family"


def test_memory_is_bounded_by_pixels_in_flight():
    budget = Budget(100)
    held = []
    with budget.hold(60):
        import threading

        other = threading.Thread(
            target=lambda: [held.append(1) for _ in [0] if budget.hold(50).__enter__() is None]
        )
        other.start()
        other.join(0.1)
        assert not held
    other.join(5)
    assert held


def test_an_item_larger_than_the_budget_goes_alone():
    with Budget(100).hold(10**9):
        pass


def test_an_item_at_which_the_program_dies_is_quarantined(scans, tmp_path, color, monkeypatch):
    color(scans, tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / ".tintype" / "ledger.sqlite") as db:
        db.execute(
            "UPDATE items SET state = 'running', deaths = 1, run = 1, source_hash = NULL WHERE name"
            " IN ('a.jpg', 'b.png')"
        )
    monkeypatch.setattr(local, "_in_process", die_at_a)
    assert color(scans, tmp_path / "out") == {"done": 3, "quarantined": 2}
    assert rows(tmp_path / "out", "SELECT name, kind FROM items WHERE kind = 'fatal'") == [
        ("a.jpg", "fatal")
    ]


def die_at_a(answer, item, *rest, work=local._in_process):
    if item.name == "a.jpg":
        os.abort()
    work(answer, item, *rest)


def test_a_full_disk_ends_the_run_in_a_sentence_and_loses_nothing(
    scans, tmp_path, color, monkeypatch
):
    put = Folder.put

    def full(self, made, name):
        if name == "b.png":
            raise OSError(errno.ENOSPC, "No space left on device")
        put(self, made, name)

    monkeypatch.setattr(Folder, "put", full)
    with pytest.raises(ArchiveError, match="No space left on device; what is finished is kept"):
        color(scans, tmp_path / "out", workers=1)
    monkeypatch.setattr(Folder, "put", put)
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}


def test_a_full_disk_under_the_ledger_is_reported_with_what_to_do(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.read("PRAGMA max_page_count = 1")
    with (
        pytest.raises(
            ArchiveError, match="is full; make room on its disk, then run the same command again"
        ),
        ledger.write() as db,
    ):
        db.execute("INSERT INTO settings VALUES ('x', ?, 0)", ("x" * 10**6,))


def test_bad_places_are_refused_in_a_sentence(scans, tmp_path, color):
    with pytest.raises(UsageError, match="lies inside the target"):
        color(scans / "box", scans)
    with pytest.raises(UsageError, match="lies inside the target"):
        color(scans, scans)
    with pytest.raises(UsageError, match="is not a folder"):
        color(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(UsageError, match="is not a format"):
        color(scans, tmp_path / "out", format="xyz")
    with pytest.raises(UsageError, match="needs a local folder"):
        color(scans, "s3://bucket/out")


def test_a_target_inside_the_source_is_refused_unless_a_manifest_names_the_files(scans, color):
    with pytest.raises(UsageError, match="lies inside the source"):
        color(scans, scans / "colored")
    assert not (scans / "colored").exists()
    (scans.parent / "elsewhere").mkdir()
    (scans / "link").symlink_to("../elsewhere")
    with pytest.raises(UsageError, match="lies inside the source"):
        color(scans, scans / "link")
    assert not list((scans.parent / "elsewhere").iterdir())
    (scans / "link").unlink()
    (scans / "list.csv").write_text("path\na.jpg\n")
    assert color(scans / "list.csv", scans / "colored") == {"done": 1}


def test_hidden_and_excluded_files_are_counted(scans, tmp_path, color):
    (scans / "._a.jpg").write_bytes(b"what another system keeps")
    (scans / ".cache").mkdir()
    result = color(scans, tmp_path / "out", exclude=["box/", "b*.png"])
    assert result == {"done": 1}
    readme = (tmp_path / "out" / "README.md").read_text()
    for what in ("1 × hidden file", "1 × folder or broken link .cache", "1 × excluded by b*.png"):
        assert what in readme
    assert "3 × excluded by box" in readme
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}


def test_a_plan_writes_nothing(scans, tmp_path, color, warm_network):
    def planned(**options):
        place = Archive.of(SourceListing(str(scans)), str(tmp_path / "out"))
        settings = make_settings(str(warm_network), **options)
        return plan_archive(place, settings).states

    assert planned() == {"due": 5}
    assert not (tmp_path / "out").exists()
    color(scans, tmp_path / "out")
    books = tmp_path / "out" / ".tintype"
    before = {path: path.read_bytes() for path in books.rglob("*") if path.is_file()}
    assert planned() == {"done": 4, "quarantined": 1}
    assert planned(saturation=1.1) == {"due": 5}
    assert {path: path.read_bytes() for path in books.rglob("*") if path.is_file()} == before
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}


def test_only_what_newly_failed_is_news(scans, tmp_path, color):
    assert color(scans, tmp_path / "out", full=True).new_failures == 1
    assert color(scans, tmp_path / "out", full=True).new_failures == 0
    assert color(scans, tmp_path / "out", retry=True, full=True).new_failures == 0
    assert color(scans, tmp_path / "out", saturation=1.1, full=True).new_failures == 0
    assert color(scans, tmp_path / "out", resume=False, full=True).new_failures == 0
    (scans / "another.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photograph")
    result = color(scans, tmp_path / "out", retry=True, full=True)
    assert result.new_failures == 1
    assert result.states == {"done": 4, "quarantined": 2}


def test_a_truncated_photograph_is_colored_on_request(scans, tmp_path, color):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8)
    Image.fromarray(noise).save(scans / "cut.jpg")
    whole = (scans / "cut.jpg").read_bytes()
    (scans / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 2}
    assert "--damaged keep" in (tmp_path / "out" / "quarantine.csv").read_text()
    assert color(scans, tmp_path / "out", damaged="keep") == {"done": 5, "quarantined": 1}


def test_a_negative_is_inverted_on_request_and_left_otherwise(tmp_path, color):
    (tmp_path / "scans").mkdir()
    negative = 255 - np.asarray(Image.fromarray(skimage.data.astronaut()).convert("L"))
    Image.fromarray(negative).save(tmp_path / "scans" / "one.png")
    color(tmp_path / "scans", tmp_path / "out", report=tmp_path / "report.html")
    source = (tmp_path / "scans" / "one.png").read_bytes()
    assert (tmp_path / "out" / "one.png").read_bytes() == source
    assert "--negative" in (tmp_path / "report.html").read_text()
    color(tmp_path / "scans", tmp_path / "out", negative=True)
    gray = np.asarray(Image.open(tmp_path / "out" / "one.png").convert("L")).astype(int)
    assert np.abs(gray - (255 - negative)).mean() < 8


def test_readme_and_report_hold_no_path_of_this_machine(scans, tmp_path, color, warm_network):
    color(scans, tmp_path / "out", report=tmp_path / "report.html")
    for file in (tmp_path / "report.html", tmp_path / "out" / "README.md"):
        text = file.read_text()
        assert str(tmp_path) not in text
        assert str(warm_network.parent) not in text
        assert warm_network.stem in text


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_ledger_of_another_version_is_refused_and_left_alone(scans, tmp_path, color, version):
    color(scans, tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / ".tintype" / "ledger.sqlite") as db:
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(ArchiveError, match="another version of Tintype"):
        color(scans, tmp_path / "out")
    assert rows(tmp_path / "out", "PRAGMA user_version") == [(version,)]


def test_a_file_that_is_no_ledger_is_refused(scans, tmp_path, color):
    (tmp_path / "out" / ".tintype").mkdir(parents=True)
    (tmp_path / "out" / ".tintype" / "ledger.sqlite").write_text("not a ledger at all" * 100)
    with pytest.raises(ArchiveError, match="cannot be used as a ledger"):
        color(scans, tmp_path / "out")


def test_manifests_name_what_is_colored(scans, tmp_path, color):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    (scans / "list.csv").write_text("number,path\n1,a.jpg\n2,box/c.webp\n3,box/lost.jpg\n")
    assert color(scans / "list.csv", tmp_path / "one") == {"done": 2, "failed": 1}
    pq.write_table(pa.table({"file": ["b.png", str(scans / "a.jpg")]}), tmp_path / "list.parquet")
    assert color(tmp_path / "list.parquet", tmp_path / "two", column="file", root=str(scans)) == {
        "done": 2
    }
    with pytest.raises(UsageError, match="has no column 'path'; it has file"):
        color(tmp_path / "list.parquet", tmp_path / "three", root=str(scans))
    with pytest.raises(UsageError, match="does not lie under"):
        color(tmp_path / "list.parquet", tmp_path / "three", column="file", root=str(scans / "box"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    "text",
    [
        "number;path\n1;ä.jpg\n2;box\\c.webp\n",
        "path\tnumber\r\nä.jpg\t1\r\nbox\\c.webp\t2\r\n",
        'number,path\n1,"ä.jpg"\n2,box/c.webp\n',
        "ä.jpg\nbox\\c.webp\n",
        "\r\nsep=;\r\nnumber;path\r\n\r\n1;ä.jpg\r\n2;box\\c.webp\r\n",
        '"sep=,"\rpath,number\rä.jpg,1\rbox/c.webp,2\r',
        f"text;path\n{140_000 * 'x'};ä.jpg\n;box/c.webp\n",
    ],
)
def test_lists_come_from_any_spreadsheet(scans, text, encoding):
    (scans / "a.jpg").rename(scans / "ä.jpg")
    (scans / "list.csv").write_bytes(text.encode(encoding))
    listed = list(SourceListing(str(scans / "list.csv")))
    assert [name for name, _ in listed] == ["ä.jpg", "box/c.webp"]
    assert all(stat.size > 0 for _, stat in listed)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "\nLee, Ann; 1931.jpg\n\na.jpg\n"),
        ("list.txt", '"Lee, Ann; 1931.jpg"\r\n"a.jpg"\r\n'),
        ("list.csv", '"Lee, Ann; 1931.jpg"\n"a.jpg"\n'),
        ("list.txt", "number\tpath\n1\tLee, Ann; 1931.jpg\n2\ta.jpg\n"),
    ],
)
def test_names_in_a_list_may_hold_separators(scans, name, text):
    (scans / name).write_text(text)
    listed = [name for name, _ in SourceListing(str(scans / name))]
    assert listed == ["Lee, Ann; 1931.jpg", "a.jpg"]


@pytest.mark.parametrize("is_full", [False, True])
def test_books_may_lie_on_another_file_system(scans, tmp_path, color, monkeypatch, is_full):
    books, out, moved = tmp_path / "books", tmp_path / "out", Path.replace

    def replace(made, target):
        if books in made.parents and books not in Path(target).parents:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        if is_full and ".tintype-" in made.name and str(target).endswith("b.png"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return moved(made, target)

    monkeypatch.setattr(Path, "replace", replace)
    if is_full:
        with pytest.raises(ArchiveError, match="No space left"):
            color(scans, out, books=books, workers=1)
    else:
        assert color(scans, out, books=books) == {"done": 4, "quarantined": 1}
        assert {"a.jpg", "b.png", "box/c.webp", "box/d.tif"} < set(tree(out))
    left = [path for path in (*books.rglob("*"), *out.rglob("*")) if path.is_file()]
    assert not [path for path in left if path.name.startswith(".tintype-")]
    assert not list((books / "scratch").iterdir())


def test_pipes_and_folders_in_a_list_are_failed_lines(scans, tmp_path, color):
    os.mkfifo(scans / "pipe.jpg")
    (scans / "list.txt").write_text("a.jpg\npipe.jpg\nbox\na.jpg\n./a.jpg\n")
    assert color(scans / "list.txt", tmp_path / "out") == {"done": 1, "failed": 2}
    reasons = (tmp_path / "out" / "quarantine.csv").read_text()
    assert reasons.count("it is no file") == 2


def test_a_plain_list_may_begin_with_a_document(scans):
    (scans / "list.txt").write_text("letters.pdf\na.jpg\n")
    listed = [name for name, _ in SourceListing(str(scans / "list.txt"))]
    assert listed == ["letters.pdf", "a.jpg"]


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("box/a.JPG", None, "box/a.JPG"),
        ("box/a.pgm", None, "box/a.ppm"),
        ("box/a.jpx", None, "box/a.jp2"),
        ("a.b.psd", None, "a.b.png"),
        ("letters.PDF", None, "letters.PDF"),
        ("letters.pdf", "jpg", "letters.jpg"),
        ("a.b.tif", ".WebP", "a.b.webp"),
    ],
)
def test_an_output_is_called_after_its_source(name, format, expected):
    assert target_name(name, ArchiveSettings("default", "0", Policy(format=format))) == expected


def test_a_kind_that_is_only_read_gets_the_ending_that_is_written(tmp_path, color):
    (tmp_path / "scans").mkdir()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))).save(
        tmp_path / "scans" / "a.pgm"
    )
    assert color(tmp_path / "scans", tmp_path / "out") == {"done": 1}
    assert set(tree(tmp_path / "out")) == {"README.md", "a.ppm", "a.ppm.xmp"}
    assert Image.open(tmp_path / "out" / "a.ppm").size == (64, 48)


def test_an_output_of_the_command_is_taken_over_and_one_of_other_settings_is_not(
    scans, tmp_path, color, warm_network
):
    policy = Policy()
    made = color_files(
        [scans / "a.jpg"], f"{tmp_path}/out/", colorizer=Colorizer(warm_network), policy=policy
    )
    assert [outcome.state for outcome in made] == ["colored"]
    before = (tmp_path / "out" / "a.jpg").stat()
    assert color(scans, tmp_path / "out") == {"done": 4, "quarantined": 1}
    after = (tmp_path / "out" / "a.jpg").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert color(scans, tmp_path / "out", saturation=0.5) == {"done": 4, "quarantined": 1}
    assert (tmp_path / "out" / "a.jpg").stat().st_mtime_ns != before.st_mtime_ns


def test_an_output_of_other_settings_is_in_the_way(scans, tmp_path, color, warm_network):
    list(
        color_files(
            [scans / "a.jpg"],
            f"{tmp_path}/out/",
            Guidance(warmth=0.5),
            colorizer=Colorizer(warm_network),
        )
    )
    assert color(scans, tmp_path / "out") == {"done": 3, "failed": 1, "quarantined": 1}


def test_what_the_archive_finished_the_command_skips(scans, tmp_path, color, warm_network):
    color(scans, tmp_path / "out", quality=95)
    (scans / "box" / "broken.jpg").unlink()
    made = color_files(
        [scans], tmp_path / "out", colorizer=Colorizer(warm_network), policy=Policy(quality=95)
    )
    assert [outcome.state for outcome in made] == ["skipped"] * 4


def test_names_that_are_no_utf_8_and_masters_of_one_stem_are_colored(tmp_path, color):
    scans = tmp_path / "scans"
    (scans / "@eaDir").mkdir(parents=True)
    gray = Image.open(EXAMPLES / "cat.jpg").convert("L").resize((64, 48))
    for name in ("p.jpg", "p.tif", "@eaDir/p.jpg"):
        gray.save(scans / name)
    (scans / os.fsdecode(b"caf\xe9.jpg")).write_bytes((scans / "p.jpg").read_bytes())
    assert color(scans, tmp_path / "out", format="jpg") == {"done": 3}
    written = {os.fsencode(path.name) for path in (tmp_path / "out").iterdir()}
    assert {name for name in written if b".jpg" in name} == {
        b"caf\xe9.jpg",
        b"p.jpg",
        b"p.tif.jpg",
    }
    assert "folder or broken link @eaDir" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_masters_of_one_stem_are_called_as_by_the_command(tmp_path):
    names = ["p.jpg", "p.pgm", "p.ppm", "p.psd", "q.psd", "r/a.jpg"]
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    for format in (None, "jpg"):
        book = Ledger(tmp_path / f"{format}.sqlite")
        settings = ArchiveSettings("default", "0", Policy(format=format))
        entries = [(name, Stat(0, "1")) for name in names]
        plan(book, entries, settings, open_store(str(tmp_path / "none")))
        files = plan_files([str(tmp_path / "in")], f"{tmp_path}/out/", format).files
        by_command = {
            str(file.source.relative_to(tmp_path / "in")): str(
                file.target.relative_to(tmp_path / "out")
            )
            for file in files
        }
        assert {item.name: item.target for item in book.items("due")} == by_command
        book.close()
    assert by_command["p.psd"] == "p.psd.jpg"


def test_names_that_differ_in_case_alone_are_kept_apart_under_one_format(tmp_path):
    book = Ledger(tmp_path / "ledger.sqlite")
    settings = ArchiveSettings("default", "0", Policy(format="jpg"))
    entries = [(name, Stat(0, "1")) for name in ("p.JPG", "p.jpg")]
    plan(book, entries, settings, open_store(str(tmp_path / "none")))
    assert {item.name: item.target for item in book.items("due")} == {
        "p.JPG": "p.jpg",
        "p.jpg": "p.jpg.jpg",
    }
    book.close()


def test_an_archive_keeps_color_that_is_there(tmp_path, color):
    (tmp_path / "scans").mkdir()
    Image.open(EXAMPLES / "cat.jpg").convert("L").resize((64, 48)).save(tmp_path / "scans/a.png")
    tinted = np.repeat(np.asarray(Image.open(tmp_path / "scans/a.png"))[..., None], 3, axis=2)
    tinted[10:30, 10:40] = (200, 40, 40)
    Image.fromarray(tinted).save(tmp_path / "scans/b.png")
    color(tmp_path / "scans", tmp_path / "out", keep_color=True)
    made = np.asarray(Image.open(tmp_path / "out/b.png"), np.int16)
    assert np.abs(made[14:26, 14:36] - (200, 40, 40)).max() <= 3
    assert np.ptp(made[35:], axis=-1).mean() > 3


def test_outputs_take_the_times_of_their_source_on_request(tmp_path, color):
    (tmp_path / "scans").mkdir()
    gray = Image.fromarray(skimage.data.camera()).resize((64, 48))
    for name, seconds in (("a.jpg", 10**9), ("b.bmp", 2 * 10**8)):
        gray.save(tmp_path / "scans" / name)
        os.utime(tmp_path / "scans" / name, (seconds - 5, seconds))
    target = tmp_path / "color"
    assert color(tmp_path / "scans", target, keep_dates=True) == {"done": 2}
    times = {path.name: path.stat() for path in target.iterdir() if path.is_file()}
    assert times["a.jpg"].st_mtime == 10**9
    assert times["b.bmp"].st_mtime == times["b.bmp.xmp"].st_mtime == 2 * 10**8
    assert color(tmp_path / "scans", tmp_path / "now") == {"done": 2}
    assert (tmp_path / "now" / "a.jpg").stat().st_mtime > 10**9
    assert tree(tmp_path / "now")["a.jpg"] == tree(target)["a.jpg"]


def test_times_are_kept_between_folders_only(scans, tmp_path, color):
    with pytest.raises(UsageError, match="--keep-dates needs folders of this machine"):
        color(scans, "memory://color", books=tmp_path / "books", keep_dates=True)
