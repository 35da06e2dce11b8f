"""The signed list of a batch: which record, version and bytes one signing left behind.

A record, or its last signature, that goes missing later leaves every other file valid; against
the list it is noticed. A register is a JSON object: `register` (text: a head line 'hocba-register 1
BATCH ROLE TIME', then 'id version sha256' a line), `scheme`, `certificates` (DER, base64, the
signer's first) and `signature` (base64) over `CONTEXT` and the text.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.clock import TOLERANCE
from app.errors import RegisterInvalid
from app.model.shown_text import shown
from app.model.signing import CheckState, FileReport, SignerRole
from app.signing.keys.keys import Scheme, SigningKey, sign_checked, verify
from app.signing.record.claimed_time import AHEAD, ahead_of, clock_note
from app.signing.record.verification import evaluate_certificate
from app.signing.trust.certificates import (
    fingerprint,
    holder,
    is_practice,
    load_certificate,
    weaknesses,
)
from app.signing.trust.identity import WRONG, role_problems
from app.signing.trust.trust_store import TrustStore

SUFFIX = ".hbreg"
LARGEST = 16 * 1024 * 1024
CONTEXT = b"hocba batch register 1\0"
_HEAD = re.compile(r"hocba-register 1 ([0-9a-f]{32}) ([a-z_]+) (\S+)")
_LINE = re.compile(r"(\S{1,64}) ([1-9]\d{0,5}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One line of a register: a record version and its bytes after signing."""

    record_id: str
    version: int
    sha256: str
    """Of the record's bytes with the batch's signature, hex."""


@dataclass(frozen=True, slots=True)
class BatchRegister:
    """What one batch signed, in which role and when; `batch_id` is 32 hex digits."""

    batch_id: str
    role: SignerRole
    signed_at: datetime
    entries: tuple[RegisterEntry, ...]

    @property
    def text(self) -> str:
        """What is signed: the head line, then one line a record, as the module describes."""
        head = f"hocba-register 1 {self.batch_id} {self.role} {self.signed_at.isoformat()}\n"
        return head + "".join(f"{e.record_id} {e.version} {e.sha256}\n" for e in self.entries)


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What a register is worth, and what of it is missing among some files."""

    file: str
    state: CheckState
    signer: str
    signed_at: str
    role: str
    count: int
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """'id version' of records of which there is no file."""
    unsigned: tuple[str, ...] = ()
    """Records whose file lacks the signature that the register lists."""
    changed: tuple[str, ...] = ()
    """Records whose file is not the listed one, where nothing can be signed after it."""
    practice: bool = False
    """Signed with a practice certificate, which proves nothing of genuine records."""
    notes: tuple[str, ...] = ()
    """Vietnamese lines for the user."""

    @property
    def ok(self) -> bool:
        """Whether the register is valid and every record on it was found as it was signed."""
        valid = self.state in (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)
        return valid and not (self.missing or self.unsigned or self.changed)

    @property
    def undecided(self) -> bool:
        """Nothing speaks against it, but whose it is, or when it was signed, is not known."""
        return self.state is CheckState.UNKNOWN and not (self.unsigned or self.changed)


def sign_register(register: BatchRegister, key: SigningKey) -> bytes:
    """The file's bytes. Raises what the key raises."""
    signature = sign_checked(key, CONTEXT + register.text.encode())
    ders = [c.public_bytes(Encoding.DER) for c in (key.certificate, *key.chain)]
    content = {
        "register": register.text,
        "scheme": key.scheme.value,
        "certificates": [base64.b64encode(der).decode() for der in ders],
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


class RegisterVerdict(NamedTuple):
    """What a register's signature is worth: state, problem codes, whether it is practice."""

    state: CheckState
    problems: tuple[str, ...]
    practice: bool


@dataclass(frozen=True, slots=True)
class OpenRegister:
    """A register whose signature holds; whose it is has still to be judged."""

    register: BatchRegister
    certificate: x509.Certificate
    chain: tuple[bytes, ...]

    def judged(
        self, trust: TrustStore, now: datetime, found: Iterable[str] = ()
    ) -> RegisterVerdict:
        """Of the signature. `found`: codes of what was found elsewhere."""
        signed_at = self.register.signed_at
        problems = list(weaknesses(self.certificate, signed_at, TOLERANCE))
        problems += ahead_of(signed_at, now)
        problems += role_problems(self.certificate, self.register.role)
        problems += found
        state, path = evaluate_certificate(self.certificate, self.chain, signed_at, trust, problems)
        root = path.certificates[-1:] if path else ()
        practice = any(map(is_practice, (self.certificate, *root)))
        return RegisterVerdict(state, tuple(problems), practice)


def open_register(data: bytes) -> OpenRegister:
    """Raises RegisterInvalid for what is no register, or whose signature does not hold."""
    register, certificates, scheme, signature = _read(data)
    try:
        certificate = load_certificate(certificates[0])
    except ValueError as error:
        raise RegisterInvalid("certificate") from error
    if not verify(certificate, scheme, signature, CONTEXT + register.text.encode()):
        raise RegisterInvalid("signature")
    return OpenRegister(register, certificate, certificates[1:])


def check_register(
    data: bytes, reports: Sequence[FileReport], trust: TrustStore, now: datetime, file: str = ""
) -> RegisterReport:
    """Check a register, and the files that were looked at against it. Raises RegisterInvalid."""
    opened = open_register(data)
    register = opened.register
    listed = {(entry.record_id, entry.version) for entry in register.entries}
    files = [r for r in reports if (r.record_id, r.version) in listed]
    signer = fingerprint(opened.certificate)
    verdict = opened.judged(trust, now, _speaks_for(register.role, signer, files))
    if verdict.practice and not all(report.practice for report in files):
        problems = (*verdict.problems, "practice_for_genuine")
        verdict = RegisterVerdict(CheckState.INVALID, problems, True)
    of_its_kind = [report for report in files if report.practice is verdict.practice]
    missing, unsigned, changed = _compare(register, signer, of_its_kind)
    return RegisterReport(
        file=file,
        state=verdict.state,
        signer=shown(holder(opened.certificate)),
        signed_at=register.signed_at.isoformat(),
        role=register.role.value,
        count=len(register.entries),
        problems=verdict.problems,
        missing=missing,
        unsigned=unsigned,
        changed=changed,
        practice=verdict.practice,
        notes=(clock_note(now),) if AHEAD in verdict.problems else (),
    )


def _speaks_for(role: SignerRole, signer: str, files: Sequence[FileReport]) -> tuple[str, ...]:
    """What speaks against a register of that role by the certificate `signer` (SHA-256).

    Whoever signed a register signed its records, in the same role, with the same certificate.
    """
    signed = [r for r in files if role in {s.role for s in r.signatures}]
    if not signed:
        return ("register.role_not_proven",)
    return () if any(_holds(r, role, signer) for r in signed) else (WRONG,)


def _holds(report: FileReport, role: SignerRole, signer: str) -> bool:
    """Whether it has a signature of that certificate in that role that holds."""
    return any(
        (s.role, s.certificate_sha256) == (role, signer) and s.state is not CheckState.INVALID
        for s in report.signatures
    )


def _read(data: bytes) -> tuple[BatchRegister, tuple[bytes, ...], Scheme, bytes]:
    if len(data) > LARGEST:
        raise RegisterInvalid("too large")
    try:
        content = json.loads(data)
        text = content["register"]
        certificates = tuple(base64.b64decode(c, validate=True) for c in content["certificates"])
        signature = base64.b64decode(content["signature"], validate=True)
        register, scheme = _parse(text), Scheme(content["scheme"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RegisterInvalid(type(error).__name__) from error
    if not certificates or register.text != text:
        raise RegisterInvalid("not in the one form")
    return register, certificates, scheme, signature


def _parse(text: str) -> BatchRegister:
    """Raises ValueError."""
    head, *lines = text.removesuffix("\n").split("\n")
    found = _HEAD.fullmatch(head)
    rows = [_LINE.fullmatch(line) for line in lines]
    if found is None or None in rows:
        raise ValueError("unknown line")
    signed_at = datetime.fromisoformat(found[3])
    if signed_at.tzinfo is None:
        raise ValueError("time without zone")
    entries = tuple(RegisterEntry(row[1], int(row[2]), row[3]) for row in rows if row)
    return BatchRegister(found[1], SignerRole(found[2]), signed_at, entries)


def _compare(
    register: BatchRegister, signer: str, reports: Iterable[FileReport]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Missing, without the signature, and changed, as 'id version'."""
    files: dict[tuple[str, int], list[FileReport]] = {}
    for report in reports:
        files.setdefault((report.record_id, report.version), []).append(report)
    missing, unsigned, changed = [], [], []
    for entry in register.entries:
        found = files.get((entry.record_id, entry.version), [])
        name = f"{entry.record_id} {entry.version}"
        records = [r for r in found if r.kind == "xml"]
        if not found:
            missing.append(name)
        elif not all(_holds(r, register.role, signer) for r in found):
            unsigned.append(name)
        elif register.role is SignerRole.SCHOOL and any(r.sha256 != entry.sha256 for r in records):
            changed.append(name)
    return tuple(missing), tuple(unsigned), tuple(changed)
