"""Earlier years of a pupil, from the records that are at hand: ours and other schools'."""

from __future__ import annotations

from app.model.record import EarlierYear, RecordContent
from app.model.transcript import IN_FORCE
from app.store import Store
from app.transcript import safe_xml, xml_record


def earlier_years(store: Store, student_id: str, before: str) -> tuple[EarlierYear, ...]:
    """One line a school year before `before`, oldest first; none for a pupil without records."""
    ours = [
        store.transcripts.get(head.record_id, head.version).xml
        for head in store.transcripts.versions(student_id)
        if head.school_year < before and head.state in IN_FORCE
    ]
    foreign = [r.xml for r in store.foreign.records(student_id) if r.school_year < before]
    found: dict[str, EarlierYear] = {}
    for xml in (*foreign, *ours):
        content = xml_record.read(safe_xml.parse_tree(xml))
        for year in content.earlier_years:
            found.setdefault(year.school_year, year)
        found[content.common.school_year] = _year(content)
    return tuple(found[year] for year in sorted(found) if year < before)


def _year(content: RecordContent) -> EarlierYear:
    return EarlierYear(
        content.common.school_year,
        content.section.name,
        content.school.name,
        content.school.province,
    )
