"""Pictures side by side with labels: rows are photographs, columns what was made of them."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

GAP = 8
LABEL_SIZE = 18
INK, PAPER = (40, 40, 40), (255, 255, 255)


def contact_sheet(
    rows: Sequence[Sequence[Image.Image]], labels: Sequence[str] = (), cell: int = 256
) -> Image.Image:
    """Lay pictures out in rows, each shrunk to fit a square of `cell` pixels; labels stand above
    the columns.

    Rows are only as high as their highest picture. Raises ValueError if there is no picture.
    """
    if not rows or not any(rows):
        raise ValueError("a sheet needs at least one picture")
    small = [
        [
            ImageOps.contain(picture.convert("RGB"), (cell, cell), Image.Resampling.LANCZOS)
            for picture in row
        ]
        for row in rows
    ]
    heights = [max(picture.height for picture in row) for row in small]
    columns = max(len(row) for row in small)
    head = LABEL_SIZE + GAP if labels else 0
    sheet = Image.new(
        "RGB", (columns * (cell + GAP) + GAP, sum(heights) + GAP * (len(rows) + 1) + head), PAPER
    )
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(labels):
        wide = ImageFont.load_default(LABEL_SIZE).getlength(label)
        font = ImageFont.load_default(LABEL_SIZE * min(1, cell / wide if wide else 1))
        middle = GAP + column * (cell + GAP) + cell // 2
        draw.text((middle, GAP // 2), label, INK, font, anchor="ma")
    top = head + GAP
    for row, height in zip(small, heights, strict=True):
        for column, picture in enumerate(row):
            left = GAP + column * (cell + GAP) + (cell - picture.width) // 2
            sheet.paste(picture, (left, top + (height - picture.height) // 2))
        top += height + GAP
    return sheet
