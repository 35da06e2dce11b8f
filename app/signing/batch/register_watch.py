"""Whether everything that a batch register lists is still in the workspace.

A record that is gone, or its last signature, leaves every other record valid; so does a workspace
that was put back to an older state. Registers that were kept apart notice the latter too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app import clock
from app.errors import RegisterInvalid
from app.files import write_whole
from app.model.signing import ExpectedSigner, SignerRole
from app.signing.batch.register import (
    LARGEST,
    SUFFIX,
    BatchRegister,
    OpenRegister,
    RegisterEntry,
    open_register,
)
from app.signing.trust.certificates import personal_ids
from app.signing.trust.identity import OPEN, WRONG, identity_problems
from app.signing.trust.trust_store import TrustStore
from app.store import Store, Workspace
from app.store.registers import RegisterStatus
from app.work import WorkContext

_SAVED_AT = "registers.saved_at"


class LossKind(StrEnum):
    """What became of a record that a register lists, the gravest first."""

    MISSING = "missing"
    """The record version is not there any more."""
    UNSIGNED = "unsigned"
    """It is there, but never had this signature."""
    CHANGED = "changed"
    """Its bytes are not those after the last signature in the journal."""


_GRAVITY = {kind: place for place, kind in enumerate(LossKind)}


@dataclass(frozen=True, slots=True)
class RegisterLoss:
    """One entry of a register that does not hold."""

    entry: RegisterEntry
    kind: LossKind
    role: SignerRole
    signed_at: datetime
    """Of the register."""
    name: str = ""
    """Pupil and class, where the workspace still knows them."""


@dataclass(frozen=True, slots=True)
class RegisterCheck:
    """What holding registers against the workspace found; `registers`: how many there were."""

    registers: int
    records: int
    """Record versions that were held against the registers."""
    losses: tuple[RegisterLoss, ...]
    refused: tuple[tuple[str, str], ...] = ()
    """Names of files that say nothing, each with a code: 'register_invalid', 'issuer_unknown' …"""

    @property
    def ok(self) -> bool:
        """Whether every register could be read and everything on them is there."""
        return not self.losses and not self.refused


class RegisterWatch:
    """SQL on the calling thread."""

    def __init__(
        self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now
    ) -> None:
        self._workspace = workspace
        self._trust = trust
        self._now = now

    def save(self, folder: Path) -> list[Path]:
        """Write the signed registers of all batches into a folder, to be kept apart.

        Raises DiskFull, DiskTrouble.
        """
        store, files = self._workspace.here(), []
        for batch_id, content in store.registers.all():
            files.append(folder / f"{batch_id}{SUFFIX}")
            write_whole(files[-1], content)
        if files:
            store.settings.set(_SAVED_AT, self._now().isoformat())
            store.audit.add("save_registers", "", f"{len(files)} registers")
        return files

    def kept(self) -> tuple[int, str]:
        """How many registers there are, and when they were last saved (ISO 8601; '': never)."""
        store = self._workspace.here()
        return store.registers.count(), str(store.settings.get(_SAVED_AT, ""))

    def losses(self) -> tuple[RegisterLoss, ...]:
        """By the workspace's own registers and journal alone: quick, for every start."""
        store = self._workspace.here()
        return self._check(_own(store), (), store.registers.standing()).losses

    def compare(
        self, paths: Sequence[Path] = (), context: WorkContext | None = None
    ) -> RegisterCheck:
        """The workspace's registers, and those of files and folders; every record is read.

        Raises Cancelled.
        """
        context, store = context or WorkContext(), self._workspace.here()
        standing = dict(store.registers.standing())
        for number, (record_id, version) in enumerate(list(standing)):
            context.step(number, len(standing))
            kept = store.transcripts.get(record_id, version)
            if hashlib.sha256(kept.xml).hexdigest() != kept.head.sha256:
                was = standing[record_id, version]
                standing[record_id, version] = RegisterStatus(was.name, was.signed, False)
        context.report_done(len(standing))
        return self._check(_own(store), _beside(paths), standing)

    def own(self) -> RegisterCheck:
        """The workspace's own registers against its journal, whoever issued their certificates.

        They lie encrypted beside the records: what one lists and its signature covers was there.
        """
        store = self._workspace.here()
        registers = [(name, _unaltered(data)) for name, data in _own(store)]
        return _compared(registers, store.registers.standing())

    def _check(
        self,
        own: Iterable[tuple[str, bytes | None]],
        beside: Iterable[tuple[str, bytes | None]],
        standing: Mapping[tuple[str, int], RegisterStatus],
    ) -> RegisterCheck:
        believed = [(name, self._believed(data, OPEN)) for name, data in own]
        believed += [(name, self._believed(data)) for name, data in beside]
        return _compared(believed, standing)

    def _believed(
        self, data: bytes | None, passed: frozenset[str] = frozenset()
    ) -> BatchRegister | str:
        """The register, or the code of why it says nothing. `passed`: codes that do not matter:
        what the workspace keeps was signed here, also with certificates that name no number."""
        try:
            opened = open_register(data or b"")
        except RegisterInvalid:
            return "register_invalid"
        verdict = opened.judged(self._trust, self._now(), self._of_others(opened))
        if passed.issuperset(verdict.problems):
            return opened.register
        unknown = "issuer_unknown"
        return unknown if unknown in verdict.problems else verdict.problems[0]

    def _of_others(self, opened: OpenRegister) -> tuple[str, ...]:
        """What speaks against its signer's being this school, or one of its people."""
        people, role = self._workspace.here().people, opened.register.role
        if role is not SignerRole.SCHOOL:
            known = {staff.personal_id for staff in people.staff()} - {""}
            ids = set(personal_ids(opened.certificate))
            return () if ids & known or not ids else (WRONG,)
        school = people.school()
        if school is None:
            return ()
        expected = ExpectedSigner(role, school.name, tax_code=school.tax_code)
        return identity_problems(opened.certificate, expected)


def _compared(
    registers: Iterable[tuple[str, BatchRegister | str]],
    standing: Mapping[tuple[str, int], RegisterStatus],
) -> RegisterCheck:
    found: dict[tuple[str, int], RegisterLoss] = {}
    seen: set[tuple[str, int]] = set()
    batches: set[str] = set()
    refused = []
    for name, register in registers:
        if isinstance(register, str):
            refused.append((name, register))
            continue
        batches.add(register.batch_id)
        seen |= {(e.record_id, e.version) for e in register.entries}
        for loss in _losses(register, standing):
            key = loss.entry.record_id, loss.entry.version
            found[key] = min(found.get(key, loss), loss, key=lambda each: _GRAVITY[each.kind])
    return RegisterCheck(len(batches), len(seen), tuple(found.values()), tuple(refused))


def _unaltered(data: bytes | None) -> BatchRegister | str:
    """The register, or the code of why it says nothing."""
    try:
        return open_register(data or b"").register
    except RegisterInvalid:
        return "register_invalid"


def _own(store: Store) -> list[tuple[str, bytes | None]]:
    return [(batch_id, content) for batch_id, content in store.registers.all()]


def _beside(paths: Sequence[Path]) -> Iterator[tuple[str, bytes | None]]:
    for path in paths:
        for file in sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]:
            try:
                data = file.read_bytes() if file.stat().st_size <= LARGEST else None
            except OSError:
                data = None
            yield file.name, data


def _losses(
    register: BatchRegister, standing: Mapping[tuple[str, int], RegisterStatus]
) -> Iterator[RegisterLoss]:
    for entry in register.entries:
        kept = standing.get((entry.record_id, entry.version))
        kind = None
        if kept is None:
            kind = LossKind.MISSING
        elif entry.sha256 not in kept.signed:
            kind = LossKind.UNSIGNED
        elif not kept.is_last_signed:
            kind = LossKind.CHANGED
        if kind is not None:
            name = kept.name if kept else ""
            yield RegisterLoss(entry, kind, register.role, register.signed_at, name)
