"""Requests about records (correct, recall, cancel) until a second person decides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from app.errors import CorrectionNotAllowed
from app.model.gradebook import CellChange, CellKey
from app.model.people import Student
from app.model.transcript import RecordRequest, RequestKind, RequestState
from app.store.database import write
from app.store.people import student_from_json, to_json

_COLUMNS = (
    "id, kind, record_id, version, reason, asked_by, asked_at, state, decided_by, decided_at, "
    "made_version"
)


@dataclass(frozen=True, slots=True)
class RequestProposal:
    """What a request would change: cells and pupil, and the record as it would then read."""

    cells: tuple[CellChange, ...] = ()
    student: Student | None = None
    xml: bytes = b""


def _request(row: Sequence[str]) -> RecordRequest:
    name, kind, record, version, reason, asked_by, asked_at, state, by, at, made = row
    return RecordRequest(
        id=name,
        kind=RequestKind(kind),
        record_id=record,
        version=int(version),
        reason=reason,
        asked_by=asked_by,
        asked_at=asked_at,
        state=RequestState(state),
        decided_by=by,
        decided_at=at,
        made_version=int(made),
    )


class RequestStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, request: RecordRequest, proposal: RequestProposal) -> None:
        """Raises CorrectionNotAllowed when the record has an open request already."""
        with write(self._db):
            if self.find(record_id=request.record_id, state=RequestState.OPEN):
                raise CorrectionNotAllowed(
                    "an open request", reason="Học bạ này đang có một đề nghị chờ phê duyệt"
                )
            self._db.execute(
                f"INSERT INTO record_request ({_COLUMNS}, cells, student, xml) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    request.id,
                    str(request.kind),
                    request.record_id,
                    request.version,
                    request.reason,
                    request.asked_by,
                    request.asked_at,
                    str(request.state),
                    request.decided_by,
                    request.decided_at,
                    request.made_version,
                    _cells_to_json(proposal.cells),
                    to_json(proposal.student) if proposal.student else "",
                    proposal.xml,
                ],
            )

    def decide(self, request: RecordRequest) -> None:
        """Keep who decided what; only while it is open. Raises CorrectionNotAllowed."""
        with write(self._db):
            changed = self._db.execute(
                "UPDATE record_request SET state = ?, decided_by = ?, decided_at = ?, "
                "made_version = ? WHERE id = ? AND state = 'open'",
                [
                    str(request.state),
                    request.decided_by,
                    request.decided_at,
                    request.made_version,
                    request.id,
                ],
            ).rowcount
            if changed != 1:
                raise CorrectionNotAllowed(
                    "already decided", reason="Đề nghị này đã được quyết định trước đó"
                )

    def get(self, request_id: str) -> RecordRequest:
        """Raises KeyError."""
        sql = f"SELECT {_COLUMNS} FROM record_request WHERE id = ?"
        row = self._db.execute(sql, [request_id]).fetchone()
        if row is None:
            raise KeyError(request_id)
        return _request(row)

    def proposal(self, request_id: str) -> RequestProposal:
        """Raises KeyError."""
        row = self._db.execute(
            "SELECT cells, student, xml FROM record_request WHERE id = ?", [request_id]
        ).fetchone()
        if row is None:
            raise KeyError(request_id)
        student = student_from_json(row[1]) if row[1] else None
        return RequestProposal(_cells_from_json(row[0]), student, bytes(row[2] or b""))

    def find(
        self, record_id: str | None = None, state: RequestState | None = None
    ) -> list[RecordRequest]:
        """Oldest first."""
        wanted, values = [], []
        for column, value in (("record_id", record_id), ("state", state)):
            if value is not None:
                wanted.append(f"{column} = ?")
                values.append(str(value))
        where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
        sql = f"SELECT {_COLUMNS} FROM record_request {where}ORDER BY asked_at, rowid"
        return [_request(row) for row in self._db.execute(sql, values)]

    def recalled_by(self, record_id: str, version: int) -> int:
        """Number of the version that this one takes back; 0 when it recalls nothing."""
        row = self._db.execute(
            "SELECT version FROM record_request WHERE record_id = ? AND made_version = ? "
            "AND kind = ? AND state = ?",
            [record_id, version, str(RequestKind.RECALL), str(RequestState.APPROVED)],
        ).fetchone()
        return row[0] if row else 0


def _cells_to_json(cells: Sequence[CellChange]) -> str:
    rows = [[c.key.student_id, c.key.area, c.key.slot, c.before, c.after] for c in cells]
    return json.dumps(rows, ensure_ascii=False)


def _cells_from_json(text: str) -> tuple[CellChange, ...]:
    return tuple(
        CellChange(CellKey(student, area, slot), before, after)
        for student, area, slot, before, after in json.loads(text)
    )
