"""What has come against what the schools declared: by school, by class, by record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
)

from app import clock
from app.department.store.archive import Archive
from app.department.store.tables import declared, device, look, parcel, record
from app.model.delivery import ReceiptStage
from app.parcel.declaration import Declaration

_STAGES = (ReceiptStage.RECEIVED, ReceiptStage.VERIFIED, ReceiptStage.RETURNED)


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """Counts of newest versions for one school or class; `declared` 0: nothing was declared."""

    code: str
    name: str
    declared: int
    received: int
    """Held, waits for the full check."""
    verified: int
    returned: int

    @property
    def missing(self) -> int:
        """Declared and neither held nor verified; a returned record is missing too."""
        return max(0, self.declared - self.received - self.verified)

    @property
    def percent(self) -> int:
        """Of what was declared, verified; rounded down, so that 100 means all."""
        return min(100, self.verified * 100 // self.declared) if self.declared else 0


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One record in a list: no name, as lists are not for reading about pupils."""

    record_id: str
    version: int
    pupil: str
    school_code: str
    section: str
    school_year: str
    stage: str
    reason: str
    received_at: str
    forwarded: str


class Coverage:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def keep(self, declaration: Declaration, device_id: str) -> None:
        """Replace what the school declared, unless this device already said something newer."""
        code = declaration.school_code
        with self._archive.engine.begin() as db:
            # Two machines of one school may say it at once: the second waits for the first.
            mine = select(device.c.device_id).where(device.c.school_code == code)
            db.execute(mine.order_by(device.c.device_id).with_for_update())
            known = and_(declared.c.school_code == code, declared.c.device_id == device_id)
            newest = db.scalar(select(func.max(declared.c.number)).where(known)) or 0
            if declaration.number <= newest:
                return
            years = {one.school_year for one in declaration.classes}
            old = and_(declared.c.school_code == code, declared.c.school_year.in_(years))
            db.execute(delete(declared).where(old))
            if declaration.classes:
                db.execute(
                    insert(declared),
                    [
                        {
                            "school_code": code,
                            "school_year": one.school_year,
                            "section": one.name,
                            "grade": one.grade,
                            "pupils": one.pupils,
                            "number": declaration.number,
                            "device_id": device_id,
                        }
                        for one in declaration.classes
                    ],
                )

    def years(self) -> list[str]:
        """Newest first."""
        found, latest = set(), ""
        with self._archive.reads.connect() as db:
            found |= set(db.scalars(select(declared.c.school_year).distinct()))
            # From one year to the next: DISTINCT would walk over a million records.
            later = select(func.min(record.c.school_year))
            while one := db.scalar(later.where(record.c.school_year > latest)):
                found.add(latest := one)
        return sorted(found, reverse=True)

    def schools(self, year: str) -> list[CoverageLine]:
        """The least complete first."""
        with self._archive.reads.connect() as db:
            told = select(declared.c.school_code, func.sum(declared.c.pupils))
            told = told.where(declared.c.school_year == year).group_by(declared.c.school_code)
            pupils = {code: int(count) for code, count in db.execute(told)}
            came = _counts(db.execute(_newest((record.c.school_code,), year)).all())
            named = select(device.c.school_code, func.max(device.c.school_name))
            names = dict(map(tuple, db.execute(named.group_by(device.c.school_code))))
        codes = pupils.keys() | came.keys() | names.keys()
        lines = [_line(c, names.get(c, c), pupils.get(c, 0), came) for c in codes]
        return sorted(lines, key=lambda line: (-line.missing, line.name, line.code))

    def name(self, school: str) -> str:
        """As its newest device was enrolled; the code where none was."""
        query = select(func.max(device.c.school_name)).where(device.c.school_code == school)
        with self._archive.reads.connect() as db:
            return db.scalar(query) or school

    def every_section(self, year: str) -> dict[str, list[CoverageLine]]:
        """Classes of all schools, as `sections` gives those of one."""
        told: Select[Any] = select(*declared.c["school_code", "section", "pupils", "grade"])
        came = _newest((record.c.school_code, record.c.section), year)
        grades: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        with self._archive.reads.connect() as db:
            for code, section, pupils, grade in db.execute(told.where(_of_year(year))):
                grades[code][section] = (grade, pupils)
            for code, *row in db.execute(came):
                rows[code].append(tuple(row))
        return {
            code: _sections(grades[code], _counts(rows[code]))
            for code in grades.keys() | rows.keys()
        }

    def sections(self, year: str, school: str) -> list[CoverageLine]:
        """Classes of one school, by grade."""
        with self._archive.reads.connect() as db:
            told = select(declared.c.section, declared.c.pupils, declared.c.grade)
            told = told.where(declared.c.school_year == year, declared.c.school_code == school)
            grades = {row.section: (row.grade, row.pupils) for row in db.execute(told)}
            query = _newest((record.c.section,), year).where(record.c.school_code == school)
            came = _counts(db.execute(query).all())
        return _sections(grades, came)

    def arrivals(self, year: str, school: str = "") -> list[tuple[date, int]]:
        """(day, newest versions that came on it and were not returned), oldest first."""
        day = func.substr(record.c.received_at, 1, 10).label("day")
        held = [stage.value for stage in _STAGES if stage is not ReceiptStage.RETURNED]
        query = select(day, func.count()).where(
            record.c.school_year == year, record.c.stage.in_(held), _is_newest()
        )
        if school:
            query = query.where(record.c.school_code == school)
        with self._archive.reads.connect() as db:
            found = db.execute(query.group_by(day).order_by(day))
            return [(date.fromisoformat(each), count) for each, count in found]

    def returned(self, year: str, limit: int, first: int = 0) -> list[FoundRecord]:
        """Newest versions that schools must correct, the newest first."""
        wanted = and_(record.c.school_year == year, record.c.stage == ReceiptStage.RETURNED.value)
        query = select(record).where(wanted, _is_newest())
        order = (record.c.received_at.desc(), record.c.record_id)
        return self._found(query.order_by(*order).limit(limit).offset(first))

    def records(self, year: str, school: str, section: str) -> list[FoundRecord]:
        wanted = and_(
            record.c.school_year == year,
            record.c.school_code == school,
            record.c.section == section,
        )
        return self._found(select(record).where(wanted, _is_newest()).order_by(record.c.pupil))

    def search(self, pupil: str, limit: int = 100) -> list[FoundRecord]:
        """All record versions of a pupil, by the whole id."""
        query = select(record).where(record.c.pupil == pupil)
        return self._found(query.order_by(record.c.school_year, record.c.version).limit(limit))

    def missing_parcels(self, school: str) -> int:
        """Numbers that a device has used up to its newest parcel and that never came."""
        query = select(func.max(parcel.c.counter), func.count(parcel.c.counter.distinct()))
        query = query.join(device, device.c.device_id == parcel.c.device_id)
        query = query.where(device.c.school_code == school).group_by(parcel.c.device_id)
        with self._archive.reads.connect() as db:
            return sum(max(0, newest - came) for newest, came in db.execute(query))

    # --- who looked -------------------------------------------------------------------------

    def looked(self, who: str, what: str, record_id: str, version: int) -> None:
        """Before anything of the record is shown."""
        with self._archive.engine.begin() as db:
            db.execute(
                insert(look).values(
                    at=clock.now().isoformat(),
                    who=who[:80],
                    what=what,
                    record_id=record_id,
                    version=version,
                )
            )

    def looks(self, record_id: str = "", limit: int = 200, before: int = 0) -> Sequence[Row[Any]]:
        """The newest first. `before`: only what was written before the look of this id."""
        query = select(look).order_by(look.c.id.desc()).limit(limit)
        if before:
            query = query.where(look.c.id < before)
        if record_id:
            query = query.where(look.c.record_id == record_id)
        with self._archive.reads.connect() as db:
            return db.execute(query).all()

    def _found(self, query: Select[Any]) -> list[FoundRecord]:
        names = FoundRecord.__slots__
        columns = [record.c[name] for name in names]
        with self._archive.reads.connect() as db:
            return [FoundRecord(*row) for row in db.execute(query.with_only_columns(*columns))]


def _is_newest() -> ColumnElement[bool]:
    newer = record.alias("newer")
    is_later = newer.c.version > literal_column("1")  # the few that `record_later` knows
    return ~exists().where(
        newer.c.record_id == record.c.record_id, newer.c.version > record.c.version, is_later
    )


def _newest(columns: Sequence[ColumnElement[str]], year: str) -> Select[Any]:
    counted: list[ColumnElement[Any]] = [*columns, record.c.stage, func.count()]
    query: Select[Any] = select(*counted)
    query = query.where(record.c.school_year == year, _is_newest())
    return query.group_by(*columns, record.c.stage)


def _of_year(year: str) -> ColumnElement[bool]:
    return declared.c.school_year == year


def _sections(
    grades: Mapping[str, tuple[int, int]], came: dict[str, dict[str, int]]
) -> list[CoverageLine]:
    """`grades`: (grade, pupils) of each declared class."""
    names = sorted(grades.keys() | came.keys(), key=lambda n: (grades.get(n, (99, 0))[0], n))
    return [_line(name, name, grades.get(name, (0, 0))[1], came) for name in names]


def _counts(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = int(row[2])
    return found


def _line(code: str, name: str, pupils: int, came: dict[str, dict[str, int]]) -> CoverageLine:
    counts = came.get(code, {})
    return CoverageLine(code, name, pupils, *(counts.get(stage.value, 0) for stage in _STAGES))
