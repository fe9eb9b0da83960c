"""What Schemathesis cannot guess of the service: files that are pictures, pictures in base64, and
colors that are not gray.

Its command line takes this too: SCHEMATHESIS_HOOKS=tests.web.schema_hooks schemathesis run
http://127.0.0.1:8000/api/v1/openapi.json
"""

import base64
import io

import numpy as np
import schemathesis
from hypothesis import strategies as st
from PIL import Image


def picture(kind: str, shape: tuple[int, ...]) -> bytes:
    """A file of random pixels."""
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, shape, np.uint8)).save(whole, kind)
    return whole.getvalue()


FILES = st.sampled_from(
    [picture("png", (30, 40)), picture("jpeg", (40, 30, 3)), picture("tiff", (20, 30))]
)
for media_type in ("image/*", "application/octet-stream", "application/x-www-form-urlencoded"):
    schemathesis.openapi.media_type(media_type, FILES)
schemathesis.openapi.format("binary", FILES)
schemathesis.openapi.format("byte", st.just(base64.b64encode(picture("png", (12, 16, 3))).decode()))
schemathesis.openapi.format(
    "color", st.sampled_from(["#b03060", "crimson", "#06c", "darkolivegreen"])
)
