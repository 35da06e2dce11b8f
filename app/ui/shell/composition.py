"""Which pages there are, in the sidebar's order, and what joins them to the frame."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog

from app.practice.school import PIN
from app.services import Services
from app.ui.dialogs import DialogService, PinDialog
from app.ui.pages.classes.page import ClassesPage
from app.ui.pages.doctor.page import DoctorPage
from app.ui.pages.gradebook.page import GradebookPage
from app.ui.pages.handover.page import HandoverPage
from app.ui.pages.help.page import HelpPage
from app.ui.pages.home.page import HomePage
from app.ui.pages.news.page import NewsPage
from app.ui.pages.outbox.page import OutboxPage
from app.ui.pages.practice.page import PracticePage
from app.ui.pages.records.page import RecordsPage
from app.ui.pages.settings.keys import KeysPart
from app.ui.pages.settings.page import SettingsPage
from app.ui.pages.signing.page import SigningPage
from app.ui.pages.verify.page import VerifyPage
from app.ui.shell.main_window import MainWindow
from app.ui.shell.page import Page
from app.ui.shell.status_bar_updater import StatusBarUpdater
from app.ui.shell.task_runner import TaskRunner
from app.ui.shell.token_watch import TokenNotice
from app.ui.shell.unsaved_changes_guard import UnsavedChangesGuard
from app.ui.shell.workspace_upkeep import WorkspaceUpkeep

PageMaker = Callable[[Services, TaskRunner, DialogService], Page]
PAGES: tuple[PageMaker, ...] = (
    HomePage,
    ClassesPage,
    GradebookPage,
    RecordsPage,
    SigningPage,
    HandoverPage,
    OutboxPage,
    NewsPage,
    VerifyPage,
    DoctorPage,
    PracticePage,
    HelpPage,
    SettingsPage,
)
AFTER_FIRST_PAINT_MS = 250
CONTACTS_MS = 5_000


class PracticeDialogs(DialogService):
    """In practice mode alone the PIN stands in its field, for everybody to see."""

    def ask(
        self,
        dialog: QDialog,
        accepted: Callable[[], None],
        rejected: Callable[[], None] | None = None,
    ) -> None:
        if isinstance(dialog, PinDialog):
            dialog.field.setPlaceholderText(f"Thực hành: nhập {PIN}")
        super().ask(dialog, accepted, rejected)


def compose(
    services: Services,
    runner: TaskRunner,
    *,
    before_close: Callable[[], None] | None = None,
) -> MainWindow:
    """The main window of open services. SQL on this thread is an error from now on."""
    services.workspace.forbid_this_thread()
    dialogs = PracticeDialogs() if services.practice else DialogService()
    pages = [page(services, runner, dialogs) for page in PAGES]

    def closing() -> None:
        tokens.stop()
        if before_close is not None:
            before_close()

    window = MainWindow(pages, runner, practice=services.practice, before_close=closing)
    tokens = TokenNotice(services, runner, window)
    dialogs.attach(window)
    UnsavedChangesGuard(window, runner, dialogs)
    watch = StatusBarUpdater(window, services, runner)
    upkeep = WorkspaceUpkeep(window, services, runner)
    upkeep.finished.connect(watch.look)
    upkeep.failed.connect(watch.say_no_backup)
    _follow_tokens(tokens, watch, pages)
    _shortcuts(window)
    QTimer.singleShot(AFTER_FIRST_PAINT_MS, window, lambda: _no_focus_ring(window))
    window.searched.connect(lambda words: window.open_page("classes", words))
    QTimer.singleShot(AFTER_FIRST_PAINT_MS, window, watch.start)
    QTimer.singleShot(AFTER_FIRST_PAINT_MS, window, upkeep.start)
    QTimer.singleShot(AFTER_FIRST_PAINT_MS, window, tokens.start)
    if not services.practice:  # there each step is the pupil's own
        QTimer.singleShot(
            CONTACTS_MS, window, lambda: _contact_by_itself(pages, services, runner, watch)
        )
    for place, key in enumerate(k for k in ("signing", "outbox") if k in _keys(pages)):
        QTimer.singleShot(AFTER_FIRST_PAINT_MS * (place + 2), window, window.page(key).refresh)
    return window


def _follow_tokens(tokens: TokenNotice, watch: StatusBarUpdater, pages: list[Page]) -> None:
    """A token that comes or goes is seen in the strip and on the pages that show it."""
    tokens.changed.connect(watch.look_for_token)
    tokens.failed.connect(watch.say_token_unread)
    for page in pages:
        if isinstance(page, SigningPage):
            tokens.changed.connect(page.look_for_keys)
        elif isinstance(page, DoctorPage):
            tokens.changed.connect(page.look_again)
        elif isinstance(page, SettingsPage):
            page.part(KeysPart).kept.connect(tokens.renew)


def _contact_by_itself(
    pages: list[Page], services: Services, runner: TaskRunner, watch: StatusBarUpdater
) -> None:
    from app.ui.shell.automatic_contact import AutomaticContact  # Qt's network comes with it

    for page in pages:
        if isinstance(page, OutboxPage):
            contact = AutomaticContact(page, services, runner)
            contact.failed.connect(watch.say_unread)
            contact.start()


def _keys(pages: list[Page]) -> set[str]:
    return {page.key for page in pages}


def _no_focus_ring(window: MainWindow) -> None:
    """Nobody has pressed a key yet: the first Tab shows where the focus is."""
    here = window.focusWidget()
    if here is not None:
        here.clearFocus()


def _shortcuts(window: MainWindow) -> None:
    ask = QShortcut(QKeySequence("F1"), window)
    ask.activated.connect(lambda: window.open_page(HelpPage.key))
    again = QShortcut(QKeySequence("F5"), window)
    again.activated.connect(window.refresh_current)
