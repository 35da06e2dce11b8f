"""Contacts that nobody asks for, against the real station."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from app import clock
from app.model.delivery import OutboxState
from app.practice.setup import PracticePlace
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.pages.outbox.page import OutboxPage
from app.ui.shell.automatic_contact import Addresses, AutomaticContact, network_addresses
from app.ui.shell.task_runner import Lane, TaskRunner
from tests.fixtures.outcomes import must_not_fail
from tests.ui.practice_school import Copier
from tests.ui.test_pages_outbox import open_page, settle, station_of

pytest_plugins = ["tests.ui.practice_services"]


@pytest.fixture
def made(copy_of: Copier, issued_base: PracticePlace) -> Services:
    return copy_of(issued_base)


@pytest.fixture(autouse=True)
def on_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "since_boot", lambda: timedelta(hours=1))


def counts(qtbot: QtBot, runner: TaskRunner, made: Services) -> dict[OutboxState, int]:
    found: list[dict[OutboxState, int]] = []
    runner.run(
        Lane.DATABASE,
        lambda _: made.delivery.outbox.counts(),
        owner=runner,
        failed=must_not_fail,
        done=found.append,
    )
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def pack(qtbot: QtBot, runner: TaskRunner, made: Services) -> int:
    packed: list[int] = []

    def work(_: object) -> int:
        ready = made.delivery.ready()
        made.delivery.enqueue(ready)
        return len(ready)

    runner.run(Lane.DATABASE, work, owner=runner, failed=must_not_fail, done=packed.append)
    qtbot.waitUntil(lambda: bool(packed), timeout=20_000)
    return packed[0]


def contact_of(
    page: OutboxPage,
    made: Services,
    runner: TaskRunner,
    addresses: Addresses = network_addresses,
) -> AutomaticContact:
    return AutomaticContact(page, made, runner, addresses)


def test_what_is_packed_goes_by_itself_and_what_is_not_stays(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    made: Services,
) -> None:
    with station_of(made):
        page, _ = open_page(qtbot, made, runner, dialogs)
        contact = contact_of(page, made, runner)
        with qtbot.waitSignal(page.contacted, timeout=60_000) as first:
            contact.start()
        assert first.args == [True]
        settle(qtbot, runner)
        assert not any(counts(qtbot, runner, made).values())
        packed = pack(qtbot, runner, made)
        with qtbot.waitSignal(page.contacted, timeout=60_000):
            contact.look()
        settle(qtbot, runner)
        assert counts(qtbot, runner, made)[OutboxState.VERIFIED] == packed


def test_after_a_failure_it_is_silent_until_the_network_comes_back(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    made: Services,
) -> None:
    with station_of(made):
        pass  # enrolled; the station is gone again
    page, _ = open_page(qtbot, made, runner, dialogs)
    pack(qtbot, runner, made)
    addresses = {"fd00::7"}
    contact = contact_of(page, made, runner, lambda: frozenset(addresses))
    with qtbot.waitSignal(page.contacted, timeout=60_000) as ended:
        contact.look()
    assert ended.args == [False]
    assert not page.banner.isVisible()
    settle(qtbot, runner)
    contact._not_before = time.monotonic() + 60
    contact.look()
    assert not page.sending
    addresses.clear()  # the cable is out
    contact.look()
    settle(qtbot, runner)
    assert not page.sending
    addresses.add("192.168.43.7")  # a telephone lends its connection
    with qtbot.waitSignal(page.contacted, timeout=60_000):
        contact.look()
    settle(qtbot, runner)


def test_a_machine_that_is_not_enrolled_contacts_nobody(
    qtbot: QtBot, runner: TaskRunner, dialogs: DialogService, made: Services
) -> None:
    page, _ = open_page(qtbot, made, runner, dialogs)
    addresses: set[str] = set()
    contact = contact_of(page, made, runner, lambda: frozenset(addresses))
    contact.look()
    settle(qtbot, runner)
    assert not page.sending
    addresses.add("192.168.43.7")
    contact.look()
    settle(qtbot, runner)
    assert not page.sending


def test_just_switched_on_it_waits_for_its_moment(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    made: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "since_boot", lambda: timedelta(0))
    page, _ = open_page(qtbot, made, runner, dialogs)
    contact = contact_of(page, made, runner)
    contact._chance.random = lambda: 0.5  # type: ignore[method-assign]
    contact.start()
    settle(qtbot, runner)
    assert not contact._timer.isActive()
