"""Build the edition that runs in a browser alone: a folder of static files, for any web server.

python browser/build.py [-o site/try] [--runtime]

The page is the service's own (src/tintype/web/static); an import map gives it an api.js that
answers on the device. ONNX Runtime Web comes from npm, pinned by version and hash.
"""

import argparse
import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tintype import __version__
from tintype.color.bins import HISTOGRAM_GRID, ab_bins
from tintype.contract import SEGMENT_OUTPUTS
from tintype.engine.core.header import Header
from tintype.engine.core.network import find_model
from tintype.engine.core.onnx_bytes import only_for_outputs, without_defaults, without_outputs
from tintype.files import sha256_of
from tintype.guidance import Guidance
from tintype.guidance.colors import named_colors
from tintype.guidance.palettes import named_palettes
from tintype.guidance.schema import adapter
from tintype.web.networks import people_of

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE = ROOT / "src" / "tintype" / "web" / "static"
VENDOR = ROOT / "build" / "vendor"
RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
NODE_FILE = "ort-wasm-simd-threaded.mjs"
"""What the runtime needs in Node.js beside these, for tests."""
SERVICE_ONLY = {"api.js", "docs.html", "docs.css", "docs.js", "manifest.json"}
UNLOADED = SERVICE_ONLY | {"offline.js"}
MEGABYTE = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "site" / "try")
    parser.add_argument("--runtime", action="store_true", help="only fetch ONNX Runtime Web")
    args = parser.parse_args()
    target = args.output
    fetch_runtime()
    if args.runtime:
        return
    build(target)
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / MEGABYTE
    print(f"{target}: {len(files)} files, {size:.1f} MB")


def fetch_runtime() -> None:
    """Put ONNX Runtime Web into `VENDOR`, if it is not there."""
    wanted = (*RUNTIME_FILES, NODE_FILE)
    if all((VENDOR / name).exists() for name in wanted):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(f"{RUNTIME} comes from npm, which is not installed")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", RUNTIME], cwd=folder, check=True)
        package = next(Path(folder).glob("*.tgz")).read_bytes()
    if hashlib.sha256(package).hexdigest() != RUNTIME_SHA256:
        raise SystemExit(f"{RUNTIME} is not the file that was pinned")
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for name in wanted:
            member = archive.extractfile(f"package/dist/{name}")
            assert member is not None
            (VENDOR / name).write_bytes(member.read())


def build(target: Path) -> None:
    """Write the edition into a folder, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "vendor").mkdir(parents=True)
    for path in PAGE.rglob("*"):
        name = path.relative_to(PAGE)
        if path.is_file() and str(name) not in SERVICE_ONLY:
            (target / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target / name)
    for name in ("edition.js", "edition.css", "manifest.json"):
        shutil.copyfile(HERE / name, target / name)
    for name in RUNTIME_FILES:
        shutil.copyfile(VENDOR / name, target / "vendor" / name)
    network = find_model("default")
    all_fed = without_defaults(network.read_bytes())
    for name, part in (("default", without_outputs), ("segments", only_for_outputs)):
        (target / "vendor" / f"{name}.onnx").write_bytes(part(all_fed, SEGMENT_OUTPUTS))
    (target / "edition.json").write_text(json.dumps(about(network)))
    (target / "page.json").write_text(json.dumps({"version": __version__}))
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    (target / "index.html").write_text(edition_of(page), encoding="utf-8")
    write_service_worker(target)


def about(network: Path) -> dict[str, object]:
    """What the edition knows of the network, and the palettes."""
    header = Header.read(network)
    model = {
        "name": "default",
        "system": header.metadata.system,
        "size": header.sizes[0],
        "listens_to": sorted(header.inputs - {"lightness"}),
        "people": people_of(header.metadata.parts),
    }
    return {
        "network": "default",
        "sha256": sha256_of(network),
        "version": __version__,
        "sizes": header.sizes,
        "vividness": header.metadata.vividness,
        "parts": list(header.metadata.parts),
        "bins": ab_bins().tolist(),
        "cells": ab_bins(HISTOGRAM_GRID).tolist(),
        "models": [model],
        "guidance": adapter(Guidance).json_schema(),
        "colors": named_colors(),
        "palettes": [
            {"name": name} | {key: getattr(palette, key) for key in ("title", "colors", "table")}
            for name, palette in named_palettes().items()
        ],
    }


def edition_of(page: str) -> str:
    """The page's HTML with the edition's own head and words. Fails where the page has changed."""
    imports = json.dumps({"imports": {"./api.js": "./engine/api.js"}})
    digest = base64.b64encode(hashlib.sha256(imports.encode()).digest()).decode()
    policy = (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}' blob:;"
        " style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; worker-src 'self' blob:;"
        " connect-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
    modules = (path.name for path in sorted(PAGE.glob("*.js")) if path.name not in UNLOADED)
    preloads = "\n  ".join(f'<link rel="modulepreload" href="{name}">' for name in modules)
    head = f"""<meta http-equiv="Content-Security-Policy" content="{policy}">
  <meta name="theme-color" content="#262626">
  <link rel="stylesheet" href="edition.css">
  <script type="importmap">{imports}</script>
  <script type="module" src="engine/start.js" async></script>
  {preloads}
  <script type="module" src="edition.js"></script>
  """
    changes = (
        (r'(?=<script type="module" src="main.js">)', head),
        (
            r'(<section id="welcome">.*?<p class="help">).*?(</p>)',
            r"\1They are colored on this device and never leave it.\2",
        ),
        (r'\n *<a href="/docs">.*?</a>', ""),
        (r'(?<=id="phone-open")', " hidden"),
        (r'(?<=id="phone-welcome")', " hidden"),
        (
            r'(?<=name="description" content=")[^"]*',
            "Color black-and-white photographs in the browser. They never leave the device.",
        ),
    )
    for pattern, text in changes:
        page, count = re.subn(pattern, text.replace("\\'", "'"), page, count=1, flags=re.DOTALL)
        if not count:
            raise SystemExit(f"index.html has changed: {pattern} is not found")
    return page


def write_service_worker(target: Path) -> None:
    """The service worker with the list of all files and a name that changes with them."""
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode() + (target / name).read_bytes())
    listed = json.dumps(["./", *(name for name in files if name != "index.html")])
    script = (HERE / "offline.js").read_text(encoding="utf-8")
    script = script.replace('"CACHE"', json.dumps(f"tintype-{digest.hexdigest()[:12]}"))
    (target / "offline.js").write_text(script.replace('["FILES"]', listed), encoding="utf-8")


if __name__ == "__main__":
    main()
