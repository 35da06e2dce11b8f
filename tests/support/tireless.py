"""A school that signs, queues and sends for as long as it lives; made to be killed.

`python -m tests.support.tireless DIR` reads lines: "work" forks a child that works without end,
"finish" forks one that ends when nothing waits any more. Each answer is the child's pid; the next
line "wait" answers when that child is gone. The parent only forks, so a child starts at once.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from app import services
from app.model.gradebook import CellChange
from app.model.people import ClassSection, Enrollment
from app.model.signing import SignerRole
from app.practice.keys import key_files
from app.practice.marks import invent
from app.practice.school import PIN
from app.services import Services
from app.signing.key_choice import KeySources, fitting
from app.store import Workspace
from app.work import WorkContext

PUPILS = 12


def school(folder: Path) -> Services:
    key = bytes.fromhex((folder / "key.txt").read_text())
    return services.build(
        Workspace(folder / "school.hocba", key, "thử"),
        keys=KeySources(files=key_files(folder)),
        trust_folders=(folder / "trust",),
    )


def add_class(made: Services) -> None:
    """One more locked class of the pupils of the first."""
    store = made.workspace.here()
    sections = store.people.sections()
    model = store.people.enrollments(sections[0].id)[:PUPILS]
    name = f"4-{len(sections)}"
    section = ClassSection(name, sections[0].school_year, 4, name, sections[0].homeroom_teacher_id)
    students = [
        replace(
            s, id=f"{s.id}-{name}", moet_id="", personal_id=_other(s.personal_id, len(sections))
        )
        for _, s in model
    ]
    with store.write():
        store.people.save_section(section)
        store.people.save_students(students)
        store.people.save_enrollments(
            Enrollment(section.id, s.id, n + 1) for n, s in enumerate(students)
        )
        profile = made.profiles.for_grade(section.school_year, 4)
        cells = invent(profile, students, seed=len(sections))
        made.book.save(section.id, [CellChange(k, None, v) for k, v in cells.items()])
        made.records.lock(section.id)


def _other(personal_id: str, number: int) -> str:
    return f"{personal_id[:6]}{(int(personal_id[6:]) + number * 1000) % 1_000_000:06}"


def work(made: Services, endless: bool) -> None:
    choices, _ = made.keys.find()
    while True:
        for role in (SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL):
            for one in made.signing.waiting(role):
                with fitting(choices, one.signer, made.now())[0].open(PIN) as key:
                    report = made.signing.sign(one.heads, role, key)
                assert not report.failed
                assert report.stopped_by is None
        if ready := made.delivery.ready():
            made.delivery.enqueue(ready)
        made.delivery.outbox.hurry()
        report = made.delivery.sync(WorkContext(), patience=0.5 if endless else 60)
        assert report.set_aside == 0
        if not endless:
            assert report.stopped_by is None, report.stopped_by
            return
        add_class(made)


def main() -> None:
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        if line.strip() in ("work", "finish"):
            child = os.fork()
            if child == 0:
                try:
                    work(school(folder), line.strip() == "work")
                except BaseException as error:  # noqa: BLE001 - told to the test
                    (folder / "errors.txt").open("a").write(f"{type(error).__name__}: {error}\n")
                    os._exit(1)
                os._exit(0)
            print(child, flush=True)
        else:
            _, status = os.waitpid(child, 0)
            print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    main()
