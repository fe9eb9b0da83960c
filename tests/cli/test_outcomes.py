"""What `tintype colorize` says of its outcomes."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tintype.cli.outcomes import Summary, sentence_on
from tintype.guidance import Guidance
from tintype.jobs.plan import FilePlan, PlannedFile
from tintype.jobs.run import Outcome
from tintype.notices import Notice, NoticeCode

COLOR = Notice(NoticeCode.IN_COLOR, "it is in color")
DARK = Notice(NoticeCode.DARK, "it is dark")


def print_outcomes(outcomes, passed_over=(), as_json=False, files=2) -> tuple[str, Summary]:
    text = io.StringIO()
    console = Console(file=text, highlight=False, soft_wrap=True)
    planned = [PlannedFile(Path("a"), Path("b"), Path("c"))] * files
    summary = Summary(console, "mine", FilePlan(planned, list(passed_over)), as_json)
    for outcome in outcomes:
        summary.add(outcome)
    summary.print()
    return text.getvalue(), summary


def left(number: int) -> Outcome:
    return Outcome(Path(f"{number}.jpg"), None, "left", notices=(COLOR,))


@pytest.mark.parametrize(("count", "named", "more"), [(1, 1, 0), (10, 10, 0), (11, 10, 1)])
def test_ten_color_photographs_are_named_and_the_others_counted(count, named, more):
    text, _ = print_outcomes([left(n) for n in range(count)])
    assert text.count("is in color and is left as it is; ") == named
    assert (f"{more} more are already in color and stay unchanged" in text) == bool(more)
    assert "it is in color" not in text, "each is printed once"


def test_states_are_counted_where_there_are_several_or_one_was_there():
    colored = Outcome(Path("a.jpg"), Path("b.jpg"), "colored")
    failed = Outcome(Path("c.jpg"), None, "failed", error="c.jpg is broken")
    skipped = Outcome(Path("d.jpg"), Path("d.color.jpg"), "skipped")
    text, summary = print_outcomes([colored, failed, skipped, left(1), colored])
    assert text.endswith(
        "2 colored, 1 left unchanged, 1 already there (--overwrite colors them again), 1 failed\n"
    )
    assert summary.has_failures
    text, summary = print_outcomes([colored], files=1)
    assert text == "b.jpg\n" and not summary.has_failures
    assert print_outcomes([colored])[0] == ""
    assert (
        print_outcomes([skipped])[0]
        == "0 colored, 1 already there (--overwrite colors them again)\n"
    )


def test_failures_go_to_standard_error(capsys):
    print_outcomes([Outcome(Path("c.jpg"), None, "failed", error="c.jpg is broken")])
    printed = capsys.readouterr()
    assert printed.err == "tintype: c.jpg is broken\n" and printed.out == ""


def test_other_files_are_counted_by_their_endings_and_folders_named(tmp_path):
    (tmp_path / "cache.lrdata").mkdir()
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    apart = [tmp_path / "cache.lrdata", tmp_path / "dead"]
    others = [Path("a.TXT"), Path("b.txt"), Path(".DS_Store"), Path("README")]
    text, _ = print_outcomes([], [*apart, *others])
    assert f"folders of programs and broken links are left out: {apart[0]}, {apart[1]}\n" in text
    assert "no supported format): 2 .txt, 1 hidden, 1 README\n" in text
    many = []
    for number in range(11):
        (tmp_path / f"{number:02}").mkdir()
        many.append(tmp_path / f"{number:02}")
    text, _ = print_outcomes([], many[:10])
    assert text.endswith(f"{many[9]}\n")
    text, _ = print_outcomes([], many)
    assert text.endswith(f"{many[9]}, …\n")


def test_a_line_of_json_holds_the_whole_outcome(capsys):
    outcome = Outcome(
        Path("ä.jpg"),
        Path("b.jpg"),
        "colored",
        1.23456,
        (DARK,),
        Guidance(saturation=0.5),
        (Path("b.1.jpg"),),
    )
    print_outcomes([outcome, Outcome(Path("c"), None, "failed", error="no")], as_json=True)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "input": "ä.jpg",
        "output": "b.jpg",
        "state": "colored",
        "seconds": 1.235,
        "network": "mine",
        "guidance": {"tintype": 1, "saturation": 0.5},
        "notices": [{"code": "dark", "text": "it is dark"}],
        "variations": ["b.1.jpg"],
    }
    assert (second["output"], second["guidance"], second["error"]) == (None, None, "no")
    assert "variations" not in second


def test_a_notice_names_its_file_once_and_the_option_that_it_calls_for():
    assert sentence_on("a.jpg", Notice(NoticeCode.DAMAGED, "a.jpg is cut off")).startswith(
        "a.jpg is cut off"
    )
    plain = sentence_on("a.jpg", Notice(NoticeCode.FIRST_FRAME_ONLY, "it moves"))
    assert plain == "a.jpg: it moves"
    drawn = sentence_on("a.jpg", Notice(NoticeCode.LINE_ART, "it is drawn"))
    assert drawn.startswith("a.jpg: it is drawn (--no-line-art ")
