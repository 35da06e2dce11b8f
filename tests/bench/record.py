"""How fast a record is written, checked and shown."""

from __future__ import annotations

import resource
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import typst
from lxml import etree

from app.model.record import RecordContent
from app.transcript import safe_xml, view, xml_record
from tests.bench import Measure
from tests.fixtures.schools.transcripts import STUDENT, content_of

_BUILD_GOAL, _VIEW_GOAL, _BOOKLET_GOAL = 5.0, 40.0, 150.0
_RECORDS = 40
_SCHOOL = 1200
_MEMORY_GOAL = "≤ 40 MB more than after the first 300"
Item = TypeVar("Item")


def measures() -> list[Measure]:
    contents = [_content(number) for number in range(_RECORDS)]
    return [_build_validate(contents), _view(contents), _booklet(), *_school()]


def _school() -> list[Measure]:
    """Views of a whole school, and what memory the later ones took beyond the first 300.

    The floor is as many views by one core, reckoned from the first 40.
    """
    contents = [_content(number) for number in range(_SCHOOL)]
    xmls = [xml_record.build(content) for content in contents]
    view.render(xmls[0])
    start = time.perf_counter()
    for xml in xmls[:_RECORDS]:
        view.render(xml)
    alone = (time.perf_counter() - start) / _RECORDS * _SCHOOL
    early = late = 0
    start = time.perf_counter()
    for number, _ in enumerate(view.render_many((xml, (), ()) for xml in xmls), 1):
        if number == _SCHOOL // 4:
            early = _resident()
    seconds, late = time.perf_counter() - start, _resident()
    grown = (late - early) / 1e6
    goal = f"≤ {_SCHOOL} x {_VIEW_GOAL:g} ms"
    holds = seconds <= _SCHOOL * _VIEW_GOAL / 1000
    return [
        Measure("record.views_1200_s", seconds, "s", alone, goal, holds),
        Measure(
            "record.views_memory_mb",
            grown,
            "MB",
            None,
            "≤ 40 MB more after the first 300",
            grown <= 40,
        ),
    ]


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _booklet() -> Measure:
    def years(number: int) -> list[view.Signed]:
        student = replace(STUDENT, full_name=f"Vàng Thị Sáy {number}", id=f"hs-{number}")
        contents = [content_of(grade, student, seed=number) for grade in range(1, 6)]
        # One record id a year, as the register gives them.
        return [
            (xml_record.build(replace(c, common=replace(c.common, record_id=_id(number, n)))), ())
            for n, c in enumerate(contents)
        ]

    value = _milliseconds(view.booklet, [years(number) for number in range(9)])
    goal = f"≤ {_BOOKLET_GOAL:g} ms for 5 years"
    return Measure("record.booklet_ms", value, "ms", None, goal, value <= _BOOKLET_GOAL)


def _id(number: int, year: int) -> str:
    return str(uuid.UUID(int=number * 10 + year))


def _content(number: int) -> RecordContent:
    """Different marks for each, so that no cache can answer for the work."""
    student = replace(STUDENT, full_name=f"Vàng Thị Sáy {number}", id=f"hs-{number}")
    return content_of(4 + 4 * (number % 2), student, seed=number)


def _milliseconds(work: Callable[[Item], object], items: list[Item]) -> float:
    """Lower quartile of one item, after one to warm up: other work disturbs the slower ones."""
    work(items[0])
    times = []
    for item in items[1:]:
        start = time.perf_counter()
        work(item)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[len(times) // 4]


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
