"""How many times the pages of a PDF draw its forms: forms within forms multiply."""

import re
from typing import Any

DRAWING = re.compile(rb"/([^\s/<>\[\]()%{}]+)\s+Do\b")
"""A content stream's call of a form or an image by its name (ISO 32000, 8.8)."""


def count_drawn_forms(document: Any) -> int:
    """How many forms the pages of a pikepdf document draw in all, each time that they do. A form
    that draws itself counts once; code that cannot be decoded draws nothing."""
    known: dict[tuple[int, int], int] = {}
    return sum(
        _count(page.obj.get("/Contents", []), page.resources, known) for page in document.pages
    )


def _count(content: Any, resources: Any, known: dict[tuple[int, int], int]) -> int:
    """content: a stream of code, or several. resources: what its names stand for. known: counts by
    object."""
    named = resources.get("/XObject", {})
    forms = {
        key[1:].encode(): each for key, each in named.items() if each.get("/Subtype") == "/Form"
    }
    total = 0
    for name in DRAWING.findall(_code(content)) if forms else ():
        form = forms.get(name)
        if form is not None:
            if form.objgen not in known:
                known[form.objgen] = 0
                known[form.objgen] = _count(form, form.get("/Resources", resources), known)
            total += 1 + known[form.objgen]
    return total


def _code(content: Any) -> bytes:
    from pikepdf import Array, PdfError

    streams = list(content) if isinstance(content, (Array, list)) else [content]
    try:
        return b"\n".join(each.read_bytes() for each in streams)
    except PdfError:
        return b""
