"""Records, signing and outbox on a practice workspace, to look at.

`python -m installer.pictures.screens_delivery FOLDER` writes PNG files; needs a display (or
QT_QPA_PLATFORM=offscreen). QT_SCALE_FACTOR=1.5 shows them as on a small screen at 150 %.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtTest import QTest

from app.model.delivery import Receipt, ReceiptStage
from app.model.gradebook import ATTENDANCE, CellChange
from app.model.signing import SignerRole
from app.practice.school import CLASSES, PIN
from app.practice.setup import PracticePlace, enrol_roster, enter_marks, prepare, start_station
from app.practice.station import PracticeStation
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.dialogs.pin import PinDialog
from app.ui.pages.outbox.page import OutboxPage
from app.ui.pages.records.page import RecordsPage
from app.ui.pages.signing.page import SigningPage
from app.ui.shell.app import build_application
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme import apply_theme, theme
from app.work import WorkContext
from tests.ui.practice_school import sign_all


class Gallery:
    def __init__(self, made: Services, place: PracticePlace, folder: Path) -> None:
        self.made, self.place, self.folder = made, place, folder
        self.runner = TaskRunner()
        made.workspace.forbid_this_thread()
        self.dialogs = DialogService()
        self.records = RecordsPage(made, self.runner, self.dialogs)
        self.signing = SigningPage(made, self.runner, self.dialogs)
        self.outbox = OutboxPage(made, self.runner, self.dialogs)
        self.window = MainWindow(
            [self.records, self.signing, self.outbox],
            self.runner,
            school="Trường PTDTBT TH&THCS Pa Vệ Sử",
            practice=True,
        )
        self.dialogs.attach(self.window)
        scale = float(os.environ.get("QT_SCALE_FACTOR", "1"))
        self.window.resize(round(1366 / scale), round(768 / scale))
        self.window.show()

    def open(self, key: str, item: object = None) -> None:
        self.window.open_page(key, item)
        self.rest()

    def rest(self) -> None:
        for _ in range(600):
            QTest.qWait(50)
            if not self.runner.busy():
                break
        QTest.qWait(300)

    def shot(self, name: str) -> None:
        self.window.grab().save(str(self.folder / f"{name}.png"))


def away(work: Callable[[], object]) -> None:
    """SQL is refused on this thread."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    app = build_application([])
    apply_theme.apply(app, theme.LIGHT)
    with tempfile.TemporaryDirectory() as place:
        practice = PracticePlace(Path(place) / "p")
        made = prepare(practice, WorkContext())
        gallery = Gallery(made, practice, folder)
        try:
            walk(gallery)
        finally:
            gallery.runner.shutdown()
            made.close()


def fill(made: Services) -> None:
    for each in CLASSES:
        enrol_roster(made, each)
        enter_marks(made, each)
    opened = made.book.open("4A")
    blanked = []
    for at in (3, 9, 20):
        victim = opened.students[at].id
        cells = [(k, v) for k, v in opened.cells.items() if k.student_id == victim]
        blanked += [CellChange(k, v, None) for k, v in cells[: 1 + at % 3]]
    made.book.save("4A", blanked)


def restore(made: Services) -> None:
    for each in CLASSES:
        enter_marks(made, each)
        if each.section.id == "8B":
            unusual(made)
        made.records.lock(each.section.id)


def unusual(made: Services) -> None:
    """One pupil of 8B without a personal id, one who missed much."""
    opened = made.book.open("8B")
    store = made.workspace.here()
    with store.write():
        store.people.save_students([replace(opened.students[6], personal_id="")])
    victim = opened.students[12].id
    made.book.save(
        "8B",
        [
            CellChange(k, v, "25")
            for k, v in opened.cells.items()
            if k.student_id == victim and k.area == ATTENDANCE
        ],
    )


def walk(g: Gallery) -> None:
    for key in ("records", "signing", "outbox"):
        g.open(key)
        g.shot(f"{key}-empty")
    away(lambda: fill(g.made))
    g.open("records")
    g.shot("records-missing")
    g.records.lock()
    g.rest()
    g.shot("records-refused")
    g.records.banner.hide()
    away(lambda: restore(g.made))
    g.open("records")
    g.shot("records-locked")
    g.open("signing")
    g.shot("signing-teacher")
    g.signing.ask_pin()
    QTest.qWait(400)
    dialog = g.dialogs.current
    assert isinstance(dialog, PinDialog)
    dialog.grab().save(str(g.folder / "signing-pin.png"))
    dialog.field.setText("87654321")
    dialog.accept()
    g.rest()
    g.shot("signing-wrong-pin")
    g.signing.face.banner.hide()
    away(lambda: sign_all(g.made, SignerRole.SUBJECT_TEACHER))
    g.open("signing")
    g.signing.show_item(SignerRole.HOMEROOM)
    g.rest()
    g.signing.ask_pin()
    QTest.qWait(200)
    assert isinstance(g.dialogs.current, PinDialog)
    g.dialogs.current.field.setText(PIN)
    g.dialogs.current.accept()
    QTest.qWait(100)
    while g.signing.signing and g.signing.face.run.at.done < 9:
        QTest.qWait(20)
    g.shot("signing-running")
    g.rest()
    g.shot("signing-done")
    away(lambda: sign_all(g.made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL))
    g.open("records")
    g.shot("records-issued")
    g.open("outbox")
    g.shot("outbox-not-enrolled")
    stations: list[PracticeStation] = []
    away(lambda: stations.append(start_station(g.made, g.place)))
    g.open("outbox")
    g.shot("outbox-ready")
    stations.pop().stop()
    g.outbox.send()
    g.rest()
    g.shot("outbox-down")
    g.outbox.banner.hide()
    away(lambda: send_back(g.made))
    away(lambda: stations.append(start_station(g.made, g.place)))
    try:
        g.outbox.send()
        QTest.qWait(500)
        g.shot("outbox-sending")
        g.rest()
        g.shot("outbox-done")
        g.outbox.show_receipts(g.outbox.look.rows[-1])
        QTest.qWait(400)
        g.shot("outbox-receipts")
    finally:
        stations.pop().stop()


def send_back(made: Services) -> None:
    """One record comes back."""
    key = made.delivery.outbox.items()[1].key
    word, when = "Ngày sinh khác giấy khai sinh. Đề nghị kiểm tra.", made.now().isoformat()
    made.delivery.outbox.acknowledge([Receipt(key, ReceiptStage.RETURNED, "Sở", when, "", word)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
