"""The ZIP that the page writes, read by Python."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import tintype

STATIC = Path(tintype.__file__).parent / "web" / "static"
SCRIPT = """
import {{ open }} from "node:fs/promises";
import {{ Zip }} from "./zip.js";
const file = await open("{target}", "w");
let at = {offset};
const zip = new Zip({{
  async write(part) {{
    const bytes = new Uint8Array(await part.arrayBuffer());
    await file.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  }},
  close: () => file.close(),
}}, at);
for (let i = 0; i < {count}; i++) {{
  await zip.add(i < 2 ? "Äpfel.jpg" : i + ".jpg", new Blob(["color " + i]));
}}
await zip.close();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="the page's modules need Node.js here")
@pytest.mark.parametrize(
    ("offset", "count"),
    [(0, 2), (2**32 - 60, 3), (2**33, 2), (0, 65_535)],
    ids=["small", "across 4 GB", "beyond 4 GB", "many files"],
)
def test_what_the_page_packs_is_unpacked(tmp_path, offset, count):
    """offset: where the ZIP begins in its file, whose first bytes take no room on the disk."""
    target, script = tmp_path / "all.zip", tmp_path / "pack.js"
    for name in ("zip.js", "dom.js", "folders.js"):
        shutil.copy(STATIC / name, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script.write_text(SCRIPT.format(target=target, offset=offset, count=count))
    subprocess.run(["node", script], check=True, timeout=200)
    with zipfile.ZipFile(target) as packed:
        names = packed.namelist()
        assert len(set(names)) == count and names[:2] == ["Äpfel.jpg", "Äpfel 2.jpg"]
        for number in (0, 1, count - 1):
            assert packed.read(names[number]) == f"color {number}".encode()
