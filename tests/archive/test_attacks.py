"""A file whose decoder hangs or crashes costs an archive one line of its quarantine."""

import pytest

from tests.test_isolation import crash, hang, picture
from tintype.isolation import Allowance
from tintype.photo import isolated as isolated_module


@pytest.mark.parametrize(
    ("attack", "reason"),
    [(crash, "makes its decoder crash (SIGSEGV)"), (hang, "took longer than 2 s")],
    ids=["crash", "hang"],
)
def test_an_archive_quarantines_what_attacks_its_decoder(
    tmp_path,
    color,
    monkeypatch,
    attack,
    reason,
):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "one.jpg").write_bytes(picture())
    monkeypatch.setattr(isolated_module, "HEADER_ALLOWANCE", Allowance(2, 2**30))
    monkeypatch.setattr(isolated_module._File, "read", attack)
    assert color(tmp_path / "scans", tmp_path / "out", workers=1) == {"quarantined": 1}
    assert reason in (tmp_path / "out" / "quarantine.csv").read_text()
