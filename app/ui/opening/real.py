"""The way into the school's own workspace: first run, passphrase, damage and backups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import WorkspaceDamaged, WrongPassphrase
from app.ui.dialogs import DialogService, NewWorkspaceDialog, PassphraseDialog
from app.ui.kit.banner import ErrorBanner
from app.ui.opening.first_run import RecoveryCard, Welcome
from app.ui.opening.restoring import SHOWN, BackupList
from app.ui.opening.session import Session
from app.ui.shell.task_runner import Lane
from app.ui.text.messages import explain
from app.work import WorkContext

if TYPE_CHECKING:
    from app.services import Services
    from app.store.integrity.backups import Backup


class RealSession(Session):
    def __init__(self, workspace: Path, restore_first: Path | None = None) -> None:
        """`restore_first`: a copy to put in the workspace's place before it is opened."""
        super().__init__()
        self._restore_first = restore_first
        self._restored = ""
        """Name of the copy that was put back, until the audit log has it."""
        self.path = workspace
        self.dialogs = DialogService(self.opening)
        self.to_restore: Path | None = None
        """The copy that the person chose in the window; taken when everything is closed."""

    def begin(self) -> None:
        if self._restore_first is not None:
            self._restore(self._restore_first)
        else:
            self._look()

    def close(self) -> None:
        super().close()
        if self.services is not None:
            self.services.close()
            self.services = None

    def enter(self, services: Services) -> None:
        from app.ui.pages.settings.backup import BackupPart
        from app.ui.pages.settings.page import SettingsPage

        super().enter(services)
        if self.window is not None:
            page = self.window.page(SettingsPage.key)
            assert isinstance(page, SettingsPage)
            part = page.part(BackupPart)
            assert isinstance(part, BackupPart)
            part.restore_wanted.connect(self._close_to_restore)

    def _close_to_restore(self, copy: Path) -> None:
        """Only when the window really closes now: later would be a surprise."""
        self.to_restore, self.again = copy, True
        if self.window is None or not self.window.close():
            self.to_restore, self.again = None, False

    def _look(self) -> None:
        """A new school is offered only where nothing is left of one; what was broken off at the
        last run is finished or undone first."""

        def work(_: WorkContext) -> bool:
            from app.store.workspace import exists

            return exists(self.path)

        def found(there: bool) -> None:
            if not there:
                self.welcome()
            elif self.path.exists():
                self.ask_passphrase()
            else:
                self._offer_backups(WorkspaceDamaged("the file is gone"))

        self.opening.show_waiting("Đang tìm kho dữ liệu của trường")
        self.runner.run(
            Lane.DATABASE, work, owner=self.opening, done=found, failed=self.say_problem
        )

    # --- first run --------------------------------------------------------------------------

    def welcome(self) -> None:
        page = Welcome()
        page.create_wanted.connect(self._ask_new_passphrase)
        self.opening.show_parts("Chào thầy cô", [page])
        page.name.setFocus()

    def _ask_new_passphrase(self, user: str) -> None:
        dialog = NewWorkspaceDialog()
        self.dialogs.ask(dialog, lambda: self._create(dialog.take_passphrase(), user))

    def _create(self, passphrase: str, user: str) -> None:
        def work(_: WorkContext) -> tuple[Services, str]:
            from app import services
            from app.store import Workspace

            workspace, recovery = Workspace.create(self.path, passphrase, user)
            return services.build(workspace), recovery

        self.opening.show_waiting("Đang tạo kho dữ liệu")
        self.runner.run(
            Lane.DATABASE, work, owner=self.opening, done=self._created, failed=self.say_problem
        )

    def _created(self, made: tuple[Services, str]) -> None:
        self.services, recovery = made
        services = self.services
        card = RecoveryCard(recovery)
        card.noted.connect(lambda: self.enter(services))
        self.opening.show_parts("Khóa khôi phục của trường", [card], "key")

    # --- opening ----------------------------------------------------------------------------

    def ask_passphrase(self, *, was_wrong: bool = False) -> None:
        self.opening.show_parts("Kho dữ liệu đang khóa", [], "lock")
        dialog = PassphraseDialog(str(self.path), was_wrong=was_wrong)
        self.dialogs.ask(dialog, lambda: self._open(dialog.take_passphrase()), rejected=self.leave)

    def _open(self, passphrase: str) -> None:
        def work(_: WorkContext) -> Services:
            from app.services import open_services

            made = open_services(self.path, passphrase)
            if self._restored:
                made.workspace.here().audit.add("restore", self._restored)
                self._restored = ""
            return made

        self.opening.show_waiting("Đang mở kho dữ liệu")
        self.runner.run(
            Lane.DATABASE, work, owner=self.opening, done=self._opened, failed=self._not_opened
        )

    def _opened(self, services: Services) -> None:
        self.services = services
        self.enter(services)

    def _not_opened(self, error: BaseException) -> None:
        if isinstance(error, WrongPassphrase):
            self.ask_passphrase(was_wrong=True)
        elif isinstance(error, WorkspaceDamaged):
            self._offer_backups(error)
        else:
            self.say_problem(error, self.ask_passphrase)

    # --- damage -----------------------------------------------------------------------------

    def _offer_backups(self, error: WorkspaceDamaged) -> None:
        def work(_: WorkContext) -> list[tuple[Backup, bool]]:
            from app.store.integrity.backups import backups

            return [(copy, copy.is_sound()) for copy in backups(self.path)[:SHOWN]]

        self.opening.show_waiting("Đang kiểm các bản sao lưu")
        self.runner.run(
            Lane.DATABASE,
            work,
            owner=self.opening,
            done=lambda found: self._show_backups(error, found),
            failed=self.say_problem,
        )

    def _show_backups(self, error: BaseException, found: list[tuple[Backup, bool]]) -> None:
        banner = ErrorBanner()
        banner.show_message(explain(error), self.ask_passphrase)
        banner.offer("Thử mở lại", self.ask_passphrase)
        choice = BackupList(found)
        choice.restore_wanted.connect(self._restore)
        self.opening.show_parts("Kho dữ liệu không mở được", [banner, 2, choice], "attention")

    def _restore(self, backup: Path) -> None:
        def work(_: WorkContext) -> Path:
            from app.store.integrity.backups import restore

            aside = restore(self.path, backup)
            self._restored = backup.name
            return aside

        again: Callable[[Path], None] = lambda _: self.ask_passphrase()  # noqa: E731
        self.opening.show_waiting("Đang khôi phục bản sao lưu")
        self.runner.run(
            Lane.DATABASE, work, owner=self.opening, done=again, failed=self.say_problem
        )
