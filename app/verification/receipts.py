"""What a receipts file is worth: whose word it is, about which records, and whether it holds."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import ReceiptInvalid
from app.model.delivery import ReceiptStage
from app.model.signing import CheckState, FileReport, SignatureReport
from app.parcel import jws
from app.parcel.receipts import from_file, read
from app.verification.context import VerificationContext

_STAGES = {
    ReceiptStage.RECEIVED: "đã nhận",
    ReceiptStage.VERIFIED: "đã kiểm tra",
    ReceiptStage.FORWARDED: "đã vào Kho học bạ số",
    ReceiptStage.RETURNED: "trả lại",
}
_MOST_LINES = 100
_COUNT = "{count} biên nhận của {records} học bạ."
_MORE = "Và {count} học bạ nữa."


@dataclass(frozen=True, slots=True)
class _Said:
    """One token: its own words, and whether they are its station's."""

    station: str
    record: str
    stage: str
    state: CheckState
    problem: str = ""


def verify_receipts(data: bytes, means: VerificationContext, file: str = "") -> FileReport:
    """Each token is signed for itself; one that does not hold makes the file bad. Never raises."""
    digest = hashlib.sha256(data).hexdigest()
    report = FileReport(file, "receipts", False, False, (), sha256=digest)
    try:
        found = from_file(data)
    except ReceiptInvalid:
        return replace(report, problems=("receipts.unreadable",))
    said = [_said(token, means.stations) for token in found.tokens]
    valid = bool(said) and all(one.state is CheckState.VALID for one in said)
    return replace(
        report,
        ok=valid and found.is_whole,
        content_intact=found.is_whole,
        signatures=_signatures(said),
        problems=() if found.is_whole else ("receipts.torn",),
        notes=_notes(said),
    )


def _said(token: str, stations: Mapping[str, Ed25519PublicKey]) -> _Said:
    try:
        claims = jws.unverified_claims(token)
        station = _plain(claims["station"])
        record = f"{_plain(claims['record'])}, phiên bản {int(claims['version'])}"
        stage = _STAGES[ReceiptStage(claims["stage"])]
    except (ValueError, TypeError, KeyError):
        return _Said("", "", "", CheckState.INVALID, "signature_malformed")
    for key in stations.values():
        try:
            read(token, key)
        except ReceiptInvalid:
            continue
        return _Said(station, record, stage, CheckState.VALID)
    if station in stations:
        return _Said(station, record, stage, CheckState.INVALID, "signature_value_wrong")
    return _Said(station, record, stage, CheckState.UNKNOWN, "station_unknown")


def _signatures(said: Sequence[_Said]) -> tuple[SignatureReport, ...]:
    """One for each station and outcome, not for each of a thousand tokens."""
    groups = Counter((one.station, one.state, one.problem) for one in said)
    return tuple(
        SignatureReport(
            None,
            "station",
            state,
            f"{station or 'không rõ trạm'} ({count} biên nhận)",
            problems=(problem,) if problem else (),
            algorithm="Ed25519",
        )
        for (station, state, problem), count in groups.items()
    )


def _notes(said: Sequence[_Said]) -> tuple[str, ...]:
    records: dict[str, list[str]] = defaultdict(list)
    for one in said:
        if one.record:
            records[one.record].append(one.stage)
    lines = [_COUNT.format(count=len(said), records=len(records))]
    for record, stages in list(records.items())[:_MOST_LINES]:
        lines.append(f"Học bạ {record}: {', '.join(dict.fromkeys(stages))}.")
    if len(records) > _MOST_LINES:
        lines.append(_MORE.format(count=len(records) - _MOST_LINES))
    return tuple(lines)


def _plain(value: object) -> str:
    """A word that may be shown: nobody has vouched for it yet."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 200:
        raise ValueError("claim")
    return value
