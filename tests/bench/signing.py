"""Signing and checking records, against the bare token in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass

from app.model.signing import SignerRole
from app.signing.keys import SigningKey
from app.signing.practice_pki import Algorithm
from app.signing.record_signing import sign_record
from app.signing.record_slots import Slot
from app.signing.record_verification import verify_record
from app.signing.token_process import Driver
from tests.bench import Measure
from tests.support.pki import NOW, primary_record, staffroom
from tests.support.tokens import PIN, open_first, token
from tests.unit.test_xades_signing import signed

_RECORDS = 100
_ROUNDS = 3
_SLOT = Slot(SignerRole.HOMEROOM, "GVCN")


def measures() -> list[Measure]:
    """XML signing with SoftHSM over the bare token; milliseconds to check four signatures."""
    people = staffroom(Algorithm.RSA)
    records = [primary_record(str(UUID(int=n + 1))) for n in range(_RECORDS)]
    raw, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        driver = token(Path(folder), people.homeroom)
        for _ in range(_ROUNDS):
            raw.append(_raw_in_own_process(driver))
            with open_first(driver) as key:
                ours.append(_signing_ms(key, records))
    floor, value = min(raw), min(ours)
    ratio = value / floor
    checked = _verify_ms()
    return [
        Measure("signing.xml_ratio_softhsm", ratio, "x", 1.0, "<= 1.6", ratio <= 1.6),
        Measure("signing.xml_ms", value, "ms", floor, "<= 1.6 x floor", ratio <= 1.6),
        Measure("signing.verify_ms", checked, "ms", None, "<= 6", checked <= 6),
    ]


def _signing_ms(key: SigningKey, records: list[bytes]) -> float:
    begin = time.perf_counter()
    for xml in records:
        sign_record(xml, _SLOT, key, NOW)
    return (time.perf_counter() - begin) / len(records) * 1e3


def _verify_ms() -> float:
    """A record with three signatures, per signature, times four."""
    people = staffroom(Algorithm.RSA)
    xml, trust = signed(primary_record(), people), people.trust
    rounds = []
    for _ in range(_RECORDS):
        begin = time.perf_counter()
        report = verify_record(xml, trust, NOW)
        rounds.append((time.perf_counter() - begin) * 1e3 / len(report.signatures) * 4)
        assert report.ok
    return statistics.median(rounds)


def _raw_in_own_process(driver: Driver) -> float:
    """The bare token: C_Sign over 1,000 bytes, nothing else; ms per signature."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.signing", str(driver.path)],
        env={**os.environ, **driver.environment},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)


def _raw(module: str) -> float:
    (bare,) = [s.get_token() for s in pkcs11.lib(module).get_slots() if s.get_token().label]
    with bare.open(user_pin=PIN) as session:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        more = {
            "mechanism": Mechanism.SHA256_RSA_PKCS_PSS,
            "mechanism_param": (Mechanism.SHA256, MGF.SHA256, 32),
        }
        key.sign(b"warm", **more)
        begin = time.perf_counter()
        for _ in range(_RECORDS):
            key.sign(b"x" * 1000, **more)
        return (time.perf_counter() - begin) / _RECORDS * 1e3


if __name__ == "__main__":
    print(_raw(sys.argv[1]))
