"""The visible stamp of a sealed view, drawn once per batch by typst."""

from __future__ import annotations

import json
from datetime import datetime

import typst

from app.clock import VIETNAM

STAMP_SIZE = (215, 40)
"""Width and height in points."""

_FORM = """
#set page(width: 215pt, height: 40pt, margin: 3pt, fill: none)
#set text(font: "Libertinus Serif", size: 7.5pt, lang: "vi", fill: rgb("#a01414"))
#set par(leading: 0.35em, spacing: 0.35em)
#set document(date: none)
#let d = json(bytes(sys.inputs.data))
#rect(width: 100%, height: 100%, stroke: 0.8pt + rgb("#a01414"), inset: 3pt)[
  #align(horizon)[
    #text(weight: "bold", d.heading) \\
    Ký bởi: #d.holder \\
    Ngày ký: #d.moment
  ]
]
"""


def draw_stamp(name: str, holder: str, now: datetime, *, practice: bool) -> bytes:
    """A one-page PDF of STAMP_SIZE. A practice stamp says so."""
    title = "THỰC HÀNH, không có giá trị pháp lý" if practice else name
    data = {
        "heading": title,
        "holder": holder,
        "moment": now.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M"),
    }
    drawn: bytes = typst.compile(
        _FORM.encode(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
        pdf_tags=False,
    )
    return drawn
