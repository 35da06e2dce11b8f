"""The program's icon for Windows; `python installer/icon.py` draws resources/icons/hocba.ico,
`… FILE.png` the same as a picture.

The glyph and the colour are those of the window (`app/ui`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
BOOK = "\ueada"
ACCENT, ON_ACCENT = "#0f766e", "#ffffff"
SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
_DRAWN = 1024


def draw() -> Image.Image:
    picture = Image.new("RGBA", (_DRAWN, _DRAWN))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, _DRAWN - 1, _DRAWN - 1), radius=_DRAWN // 5, fill=ACCENT)
    font = ImageFont.truetype(str(ICONS / "remixicon.ttf"), int(_DRAWN * 0.72))
    pen.text((_DRAWN / 2, _DRAWN / 2), BOOK, font=font, fill=ON_ACCENT, anchor="mm")
    return picture


if __name__ == "__main__":
    if len(sys.argv) > 1:
        draw().resize((256, 256)).save(sys.argv[1])
    else:
        draw().save(ICONS / "hocba.ico", sizes=[(size, size) for size in SIZES])
