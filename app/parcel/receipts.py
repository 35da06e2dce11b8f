"""The department's signed word about one record version, made and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import ReceiptInvalid
from app.model.delivery import Receipt, ReceiptStage, RecordKey
from app.parcel import jws, limits

KIND = "hocba-receipt+jws"
MAGIC = b"HOCBA-RECEIPTS 1"
"""How a receipts file begins; the last digit is the version."""
_HEAD = re.compile(re.escape(MAGIC) + rb" ([0-9]{1,6})")


def issue(
    key: RecordKey,
    stage: ReceiptStage,
    *,
    station: str,
    issued_at: str,
    signing_key: Ed25519PrivateKey,
    reason: str = "",
    evidence: str = "",
) -> Receipt:
    """A new receipt. Store it: a repeat must answer with the same bytes.

    `evidence`: the token of the next station whose word this receipt hands on.
    """
    claims = {
        "record": key.record_id,
        "version": key.version,
        "sha256": key.sha256,
        "stage": stage.value,
        "station": station,
        "issued_at": issued_at,
    }
    if reason:
        claims["reason"] = reason
    if evidence:
        claims["evidence"] = evidence
    token = jws.sign(claims, KIND, signing_key)
    return Receipt(key, stage, station, issued_at, token, reason)


def accept(token: str, public_key: Ed25519PublicKey, expected: Collection[RecordKey]) -> Receipt:
    """The receipt, when this station signed it for one of the `expected` record versions.

    Raises ReceiptInvalid.
    """
    receipt = read(token, public_key)
    if receipt.key not in expected:
        raise ReceiptInvalid("receipt for another record")
    return receipt


def read(token: str, public_key: Ed25519PublicKey) -> Receipt:
    """What this station signed, for whatever record it names. Raises ReceiptInvalid."""
    try:
        claims = jws.verify(token, KIND, public_key)
        return Receipt(
            key=RecordKey(claims["record"], claims["version"], claims["sha256"]),
            stage=ReceiptStage(claims["stage"]),
            station=str(claims["station"]),
            issued_at=str(claims["issued_at"]),
            token=token,
            reason=str(claims.get("reason", "")),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ReceiptInvalid(str(error)) from error


@dataclass(frozen=True, slots=True)
class ReceiptsFile:
    """Tokens of a receipts file, not yet checked against any key."""

    tokens: tuple[str, ...]
    is_whole: bool
    """False: it was cut; the tokens before the cut are as good as ever."""


def to_file(tokens: Sequence[str]) -> bytes:
    """A receipts file (FORMAT.md): how many there are, then one token a line."""
    lines = [f"{MAGIC.decode('ascii')} {len(tokens)}", *tokens]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def from_file(data: bytes) -> ReceiptsFile:
    """Raises ReceiptInvalid for what is no receipts file, or more than one may hold."""
    if len(data) > limits.RECEIPTS:
        raise ReceiptInvalid("too large")
    head, _, rest = data.partition(b"\n")
    found = _HEAD.fullmatch(head.rstrip(b"\r"))
    if found is None or int(found[1]) > limits.RECEIPTS_IN_FILE:
        raise ReceiptInvalid("not a receipts file")
    *lines, last = rest.split(b"\n", limits.RECEIPTS_IN_FILE)
    tokens = tuple(line.rstrip(b"\r").decode("ascii", "replace") for line in lines if line.strip())
    return ReceiptsFile(tokens, not last and len(tokens) == int(found[1]))
