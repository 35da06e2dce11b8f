"""The signing page in each of its states, to look at.

`python -m installer.pictures.screens_signing FOLDER` writes PNG files; needs a display. With
QT_SCALE_FACTOR=1.5 the window is that of a small screen at 150 %. LONG gives the school a long
name.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PySide6.QtTest import QTest

from app.model.signing import SignerRole
from app.practice.school import CLASSES, PIN
from app.practice.setup import PracticePlace, enrol_roster, enter_marks, prepare
from app.services import Services
from app.signing.batch.external_signing import ReturnedSignatures
from app.ui.dialogs import PinDialog
from app.ui.dialogs.pin import PinTries
from app.ui.pages.signing.key import facts_of
from app.ui.shell.app import build_application
from app.ui.theme import apply_theme, theme
from app.work import WorkContext
from installer.pictures.screens_delivery import Gallery, away, unusual
from tests.ui.practice_school import sign_all

LONG_NAME = "Trường Phổ thông Dân tộc Nội trú Trung học cơ sở và Trung học phổ thông huyện Mường Tè"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    app = build_application(["hocba"])
    apply_theme.apply(app, theme.LIGHT)
    with tempfile.TemporaryDirectory() as name:
        place = PracticePlace(Path(name))
        made = prepare(place, WorkContext())
        fill(made)
        gallery = Gallery(made, place, folder)
        try:
            walk(gallery, Path(name))
        finally:
            gallery.window.close()
            gallery.runner.shutdown()
            made.close()


def fill(made: Services) -> None:
    store = made.workspace.here()
    school = store.people.school()
    if os.environ.get("LONG") and school is not None:
        with store.write():
            store.people.save_school(replace(school, name=LONG_NAME))
    for each in CLASSES:
        enrol_roster(made, each)
        enter_marks(made, each)
        if each.section.id == "8B":
            unusual(made)
        made.records.lock(each.section.id)


def type_pin(g: Gallery, pin: str) -> None:
    QTest.qWait(300)
    assert isinstance(g.dialogs.current, PinDialog)
    g.dialogs.current.field.setText(pin)
    g.dialogs.current.accept()


def walk(g: Gallery, folder: Path) -> None:
    g.open("signing")
    g.shot("01-teacher")
    g.signing.show_list()
    g.rest()
    g.shot("02-list")
    g.window.panel.dismiss()
    first = g.signing.choice
    assert first is not None
    g.signing.away.save(first.heads, first.work.signer, folder / "stick")
    g.rest()
    g.shot("03-saved-elsewhere")
    found: list[ReturnedSignatures] = []
    (folder / "stick" / "other.xml").write_text("<HOC_BA/>")
    g.signing.away.take_back([folder / "stick"])
    g.rest()
    g.shot("04-taken-back")
    g.window.panel.dismiss()
    g.signing.face.told.hide()
    away(lambda: sign_all(g.made, SignerRole.SUBJECT_TEACHER))
    g.open("signing")
    g.signing.show_item(SignerRole.HOMEROOM)
    g.rest()
    g.shot("05-homeroom")
    g.signing.ask_pin()
    type_pin(g, "87654321")
    g.rest()
    g.shot("06-wrong-pin")
    g.signing.face.banner.hide()
    key = g.signing.face.keys.chosen
    choice = g.signing.choice
    assert key is not None
    assert choice is not None
    facts = facts_of(key, choice.work.signer, g.signing.work.organization, g.made.now())
    last = PinDialog(facts, "Ký 32 học bạ", tries=PinTries(1), was_wrong=True)
    last.show()
    QTest.qWait(200)
    last.grab().save(str(g.folder / "07-last-try.png"))
    last.close()
    g.signing.ask_pin()
    type_pin(g, PIN)
    while g.signing.session.active and g.signing.face.run.at.done < 5:
        QTest.qWait(10)
    g.signing.face.run.pause.click()
    QTest.qWait(1500)
    g.shot("08-paused")
    g.signing.face.run.pause.click()
    QTest.qWait(60)
    g.shot("09-running")
    g.signing.face.run.stop.click()
    g.rest()
    g.shot("10-stopped")
    g.signing.face.result.hide()
    away(lambda: interrupt(g.made))
    g.open("signing")
    g.rest()
    g.shot("11-interrupted")
    away(lambda: sign_all(g.made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL))
    g.open("signing")
    g.signing.show_item(SignerRole.SCHOOL)
    g.rest()
    g.shot("12-school")
    away(lambda: lose(g.made))
    g.open("signing")
    g.rest()
    g.shot("13-lost")
    g.signing.show_item("registers")
    g.rest()
    g.shot("14-lost-list")
    g.window.panel.dismiss()
    g.open("records")
    shutil.rmtree(folder / "stick")
    assert found == []


def interrupt(made: Services) -> None:
    """As a kill leaves it: a batch without an end."""
    store = made.workspace.here()
    waiting = made.signing.waiting(SignerRole.HOMEROOM)[0]
    listed = [(h.record_id, h.version) for h in made.records.heads(waiting.section_id)]
    done = store.db.execute("SELECT id FROM signing_batch ORDER BY started_at DESC LIMIT 1")
    (batch_id,) = done.fetchone()
    store.signing.begin_batch("f" * 32, "homeroom", waiting.signer.full_name, "", listed, "2026")
    with store.write():
        store.db.execute(
            "UPDATE signature SET batch_id = ? WHERE batch_id = ?", ["f" * 32, batch_id]
        )
        store.db.execute(
            "UPDATE signing_batch SET started_at = ? WHERE id = ?",
            [made.now().isoformat(), "f" * 32],
        )


def lose(made: Services) -> None:
    store = made.workspace.here()
    gone = made.records.heads("8B")[:2]
    with store.write():
        store.db.execute("DELETE FROM transcript WHERE record_id = ?", [gone[0].record_id])
        store.db.execute(
            "DELETE FROM signature WHERE record_id = ? AND role = 'homeroom'", [gone[1].record_id]
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
