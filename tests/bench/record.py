"""How fast a record is written, checked and shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import typst
from lxml import etree

from app.model.record import RecordContent
from app.transcript import safe_xml, view, xml_record
from tests.bench import Measure
from tests.support.transcripts import STUDENT, content_of

_BUILD_GOAL, _VIEW_GOAL = 5.0, 40.0
_RECORDS = 40


def measures() -> list[Measure]:
    contents = [_content(number) for number in range(_RECORDS)]
    return [_build_validate(contents), _view(contents)]


def _content(number: int) -> RecordContent:
    """Different marks for each, so that no cache can answer for the work."""
    student = replace(STUDENT, full_name=f"Vàng Thị Sáy {number}", id=f"hs-{number}")
    return content_of(4 + 4 * (number % 2), student, seed=number)


def _milliseconds(work: Callable[[RecordContent], object], items: list[RecordContent]) -> float:
    """Median of one item, after one item to warm up."""
    work(items[0])
    times = []
    for item in items[1:]:
        start = time.perf_counter()
        work(item)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[len(times) // 2]


def _build_validate(contents: list[RecordContent]) -> Measure:
    value = _milliseconds(lambda content: xml_record.parse(xml_record.build(content)), contents)
    floor = _milliseconds(
        lambda content: etree.fromstring(etree.tostring(_tree(content))), contents
    )
    return Measure(
        "record.build_validate_ms",
        value,
        "ms",
        floor,
        f"≤ {_BUILD_GOAL:g} ms a record",
        value <= _BUILD_GOAL,
    )


def _tree(content: RecordContent) -> etree._Element:
    return safe_xml.parse_tree(xml_record.build(content))


def _view(contents: list[RecordContent]) -> Measure:
    value = _milliseconds(lambda content: view.render(xml_record.build(content)), contents)
    compiler = typst.Compiler()
    empty = "#sys.inputs.n\n#pagebreak()\n" * 3 + "."

    def blank(content: RecordContent) -> object:
        return compiler.compile(
            input=empty.encode(), sys_inputs={"n": content.pupil.full_name}, format="pdf"
        )

    floor = _milliseconds(blank, contents)
    return Measure(
        "record.view_ms",
        value,
        "ms",
        floor,
        f"≤ {_VIEW_GOAL:g} ms for 4 pages, warm",
        value <= _VIEW_GOAL,
    )
