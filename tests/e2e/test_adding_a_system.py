import re
import subprocess
import sys
from pathlib import Path

from PIL import Image
from skimage import data

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-system.md"


def test_the_page_is_right(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    (tmp_path / "my_net.py").write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1))
    (tmp_path / "my_net.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1))
    for folder in ("photos", "held-out"):
        (tmp_path / folder).mkdir()
        for name in ("astronaut", "chelsea", "coffee", "rocket"):
            Image.fromarray(getattr(data, name)()[::2, ::2]).save(tmp_path / folder / f"{name}.jpg")
    Image.fromarray(data.camera()[::4, ::4]).save(tmp_path / "photo.jpg")
    commands = re.findall(r"^tintype (.*)$", page, re.MULTILINE)
    assert [command.split()[0] for command in commands] == [
        "train",
        "export",
        "colorize",
        "evaluate",
    ]
    for command in commands:
        # as the installed command does, -P keeps Python from looking for modules in the folder
        called = [sys.executable, "-P", "-m", "tintype", *command.split()]
        done = subprocess.run(called, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "photo.color.jpg").mode == "RGB"
    assert (tmp_path / "report.html").exists()
