import subprocess
import sys


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tintype", *arguments], capture_output=True, text=True
    )


def test_quiet_leaves_notes_out_and_tells_errors_all_the_same(tmp_path, warm_network):
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    loud, quiet = (
        run(*options, "colorize", str(tmp_path / "broken.jpg"), "--model", str(warm_network))
        for options in ((), ("--quiet",))
    )
    assert loud.returncode == quiet.returncode == 1
    assert "broken.jpg" in loud.stderr
    assert "broken.jpg" in quiet.stderr


def test_verbose_tells_where_an_error_arose():
    plain, verbose = (run(*options, "colorize", "nowhere.jpg") for options in ((), ("--verbose",)))
    assert plain.returncode == verbose.returncode == 2
    assert "Traceback" not in plain.stderr
    assert "Traceback" in verbose.stderr
    assert plain.stderr.strip().splitlines()[-1] in verbose.stderr


def test_both_at_once_are_refused():
    found = run("--quiet", "--verbose", "models")
    assert found.returncode == 2
    assert "exclude" in found.stderr


def test_what_the_system_refuses_is_one_sentence(tmp_path):
    name = str(tmp_path / ("x" * 300 + ".jpg"))
    refused = run("pack", name, "-o", name)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "".join(refused.stderr.split()).endswith("xxx.jpg:Filenametoolong")
