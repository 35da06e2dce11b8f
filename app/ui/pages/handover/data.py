"""People, machines and conflicts in words; reads the workspace, so not for the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.assessment import slot_name
from app.clock import VIETNAM
from app.errors import MembershipError
from app.model.gradebook import CellChange
from app.model.membership import Membership
from app.model.operation import Operation, as_cell, class_stream, wall_ms
from app.profile.permissions import SchoolRole
from app.replication.incoming import TakenIn, preview_from, take_from
from app.replication.membership import found_school, office_words
from app.replication.outgoing import put_on_stick, seal_for
from app.replication.status import school_status
from app.services import Services
from app.store.sharing.settling import Dispute
from app.ui.text.record_states import moment

ROLES = {
    SchoolRole.TEACHER: "giáo viên bộ môn",
    SchoolRole.HOMEROOM: "giáo viên chủ nhiệm",
    SchoolRole.PRINCIPAL: "hiệu trưởng",
    SchoolRole.DEPUTY: "phó hiệu trưởng",
    SchoolRole.CLERK: "văn thư",
    SchoolRole.ADMIN: "quản trị",
}
EMPTY = "(trống)"


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    roles: str
    has_machine: bool
    """Another machine than this one."""
    last_out: str
    last_in: str


@dataclass(frozen=True, slots=True)
class RivalRow:
    """One value that somebody entered, of a cell that has more than one."""

    section_id: str
    section: str
    pupil: str
    cell: str
    value: str
    who: str
    when: str
    is_conflict: bool
    """False: it does not count, and is shown so that nobody wonders."""
    key: str
    after: str | None


@dataclass(frozen=True, slots=True)
class HandoverReader:
    school: str = ""
    """'' before the school is set up."""
    is_member: bool = False
    words: str = ""
    people: tuple[PersonRow, ...] = ()
    rivals: tuple[RivalRow, ...] = ()

    @property
    def conflicts(self) -> int:
        return len({(each.section_id, each.key) for each in self.rivals if each.is_conflict})


def load(services: Services) -> HandoverReader:
    store = services.workspace.here()
    school, membership = store.people.school(), store.membership.current()
    name = school.name if school else ""
    if membership is None:
        return HandoverReader(name)
    return HandoverReader(
        name,
        True,
        office_words(membership),
        _people(services, membership),
        tuple(
            row
            for section in store.people.sections()
            for dispute in store.settling.disputes(class_stream(section.id))
            if dispute.key.startswith("cell/")
            for row in _rivals(services, section.id, section.name, dispute)
        ),
    )


def _people(services: Services, membership: Membership) -> tuple[PersonRow, ...]:
    status = school_status(services.workspace.here())
    machines = {machine.person: machine for machine in status.machines}
    rows = []
    for person in status.people:
        machine = machines.get(person.name)
        roles = ", ".join(ROLES[role] for role in person.roles) or "không còn vai trò"
        out = machine.last_out if machine else ""
        back = machine.last_in if machine else ""
        rows.append(PersonRow(person.name, roles, machine is not None, _when(out), _when(back)))
    return tuple(rows)


def _when(at: str) -> str:
    return moment(at) if at else "chưa lần nào"


def _rivals(services: Services, section_id: str, section: str, dispute: Dispute) -> list[RivalRow]:
    store = services.workspace.here()
    cell = as_cell(dispute.key)
    pupil = store.people.student(cell.student_id).full_name
    about = store.people.section(section_id)
    subjects = services.profiles.for_grade(about.school_year, about.grade).by_code
    area = subjects[cell.area].name if cell.area in subjects else cell.area
    where = f"{area} · {slot_name(cell.slot)}"

    def row(operation: Operation, *, is_conflict: bool) -> RivalRow:
        at = datetime.fromtimestamp(wall_ms(operation.hlc) // 1000, VIETNAM)
        return RivalRow(
            section_id,
            section,
            pupil,
            where,
            EMPTY if operation.after is None else operation.after,
            operation.person,
            moment(at.isoformat()),
            is_conflict,
            dispute.key,
            operation.after,
        )

    merged = dispute.merged
    return [
        *(row(operation, is_conflict=True) for operation in merged.rivals),
        *(row(operation, is_conflict=False) for operation in merged.passed_over),
    ]


def begin_sharing(services: Services) -> None:
    """This machine becomes the school's office. Raises MembershipError."""
    store = services.workspace.here()
    school = store.people.school()
    if school is None:
        raise MembershipError("no school", reason="chưa khai thông tin trường ở trang Cài đặt")
    found_school(store, school, store.user)


def hand_out(services: Services, person: str, folder: Path) -> str:
    """What lies on the stick now, in words. Raises PersonUnknown, StickError and its kinds."""
    store = services.workspace.here()
    sealed = seal_for(store, person)
    place = put_on_stick(store, sealed, folder)
    operations = sum(each.operations for each in sealed)
    size = sum(len(each.parcel.bytes) for each in sealed)
    return f"{operations} thay đổi, {size} byte, trong thư mục {place.name}."


def preview(services: Services, folder: Path) -> TakenIn:
    return preview_from(services.workspace.here(), [folder])


def take(services: Services, folder: Path) -> TakenIn:
    return take_from(services.workspace.here(), [folder])


def decide(services: Services, row: RivalRow) -> None:
    """Keep this value, instead of all others of the cell. Raises NotEntitled, TranscriptLocked."""
    change = CellChange(as_cell(row.key), None, row.after)
    services.workspace.here().gradebook.save(row.section_id, [change])


def counted(taken: TakenIn) -> str:
    parts: Sequence[tuple[int, str]] = (
        (taken.new, "mới"),
        (taken.changed, "thay đổi"),
        (taken.conflicts, "mâu thuẫn cần chọn"),
        (taken.older, "đã có từ trước"),
        (taken.waiting, "còn chờ gói trước đó"),
    )
    return ", ".join(f"{count} {words}" for count, words in parts if count) or "không có gì mới"
