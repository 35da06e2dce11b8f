"""Contacts with the department that nobody asks for: after the start, when it is time, when the
network comes back. They send what is packed; only a person packs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QNetworkInterface

from app import clock
from app.model.delivery import OutboxState
from app.outbox import RetryPolicy, wait_after_boot
from app.services import Services
from app.ui.pages.outbox.page import OutboxPage
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import WorkContext

LOOK_EVERY_MS = 20_000
NEWS_EVERY_SECONDS = 30 * 60
Addresses = Callable[[], frozenset[str]]


def network_addresses() -> frozenset[str]:
    """Addresses of this machine by which others can be reached.

    Qt's own word about the network (QNetworkInformation) asks a service of Windows and waits for
    it, in the window's thread; a list of addresses is at hand everywhere.
    """
    every = QNetworkInterface.allAddresses()
    return frozenset(a.toString() for a in every if not a.isLoopback() and not a.isLinkLocal())


class AutomaticContact(QObject):
    """The page carries each contact out, so that it shows it like any other."""

    failed = Signal(object)
    """What kept it from seeing whether something is due; it looks again later."""

    def __init__(
        self,
        page: OutboxPage,
        services: Services,
        runner: TaskRunner,
        addresses: Addresses = network_addresses,
    ) -> None:
        super().__init__(page)
        self._addresses, self._known = addresses, addresses()
        self._page, self._services, self._runner = page, services, runner
        self._policy, self._chance = RetryPolicy(), random.SystemRandom()
        self._failures = 0
        self._not_before = self._news_due = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        page.contacted.connect(self._ended)

    def start(self) -> None:
        wait = wait_after_boot(clock.since_boot(), self._chance)
        QTimer.singleShot(int(wait.total_seconds() * 1000), self, self._begin)

    def look(self) -> None:
        """Contact the department if something is due and the last failure is long enough ago, or
        there is a way that was not there at the last look.
        """
        before, self._known = self._known, self._addresses()
        if self._known - before:
            self._network_came()
        elif not self._page.sending and time.monotonic() >= self._not_before:
            self._ask(self._is_due)

    def _network_came(self) -> None:
        """Nothing waits any longer. Whether there is a way, only trying tells."""
        if self._page.sending:
            return
        self._ask(self._hurry)

    def _begin(self) -> None:
        self._timer.start()
        self.look()

    def _ask(self, work: Callable[[WorkContext], bool]) -> None:
        self._runner.run(
            Lane.DATABASE, work, owner=self, done=self._contact, failed=self.failed.emit
        )

    def _is_due(self, _: WorkContext) -> bool:
        delivery = self._services.delivery
        if not delivery.enrolled:
            return False
        return bool(delivery.outbox.due()) or time.monotonic() >= self._news_due

    def _hurry(self, _: WorkContext) -> bool:
        delivery = self._services.delivery
        delivery.outbox.hurry()
        counts = delivery.outbox.counts()
        return delivery.enrolled and bool(
            counts[OutboxState.QUEUED] + counts[OutboxState.RECEIVED] or self._failures
        )

    def _contact(self, wanted: bool) -> None:
        if wanted:
            self._page.contact()

    def _ended(self, has_answered: bool) -> None:
        now = clock.now()
        if has_answered:
            self._failures, self._not_before = 0, 0.0
            self._news_due = time.monotonic() + NEWS_EVERY_SECONDS
            return
        self._failures += 1
        wait = self._policy.next_attempt(now, self._failures, self._chance) - now
        self._not_before = time.monotonic() + wait.total_seconds()
