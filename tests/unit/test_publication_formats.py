"""What a department publishes: read whole and within bounds, or refused by name."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PackInvalid, PublicationInvalid, RootInvalid
from app.model.publication import PublicationKind
from app.parcel.publication import check, from_file, issue, read, to_file
from app.parcel.rule_pack import make_pack, read_rules
from app.profile import shipped
from app.signing.trust.trust_list import (
    Hierarchy,
    TrustedCertificate,
    TrustPurpose,
    make_trust_list,
    read_authority,
    read_trust_list,
)
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.publications import (
    SECONDARY,
    STATION_KEY,
    newer_rules,
    published,
    rules_id,
    shipped_file,
    trust_list,
)
from tests.fixtures.schools.signed_class import signed_class

NOTICE = "Nộp học bạ trước ngày 15/6.".encode()
YEAR = "2026-2027"


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(PackInvalid) as caught:
        read_rules(content, shipped())
    return str(caught.value.params["file"]), str(caught.value.params["reason"])


def zipped(*entries: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in entries:
            pack.writestr(name, data)
    return target.getvalue()


def test_a_newer_version_comes_into_force_beside_the_old_one() -> None:
    rules = read_rules(newer_rules(absence_limit="30"), shipped())
    now, before = (
        rules.profiles.for_grade(YEAR, 8, locked_with) for locked_with in ("", rules_id(1))
    )
    assert (now.id, now.rules.absence_limit) == (rules_id(2), 30)  # type: ignore[union-attr]
    assert before == shipped().for_grade(YEAR, 8)
    assert rules.profiles.for_grade(YEAR, 4) == shipped().for_grade(YEAR, 4)


def test_an_older_version_does_not_displace_a_newer_one() -> None:
    newest = read_rules(newer_rules(3), shipped()).profiles
    assert read_rules(newer_rules(2), newest).profiles.for_grade(YEAR, 8).id == rules_id(3)


def test_a_known_version_that_says_something_else_is_refused() -> None:
    file, reason = refused(newer_rules(1, absence_limit="30"))
    assert file == rules_id(1)
    assert "hãy tăng" in reason


def test_a_mistake_in_a_profile_is_named_by_file_and_field() -> None:
    file, reason = refused(newer_rules(absence_limit='"nhiều"'))
    assert file == SECONDARY
    assert reason.startswith("rules.absence_limit")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "không phải tệp .zip"),
        (zipped(("../tt22-2021.toml", b"")), "tên tệp"),
        (zipped(("signing.toml", shipped_file("signing.toml").encode())), "loại tệp"),
        (zipped(("tt.toml", b"x" * 300_000)), "quá lớn"),
        (zipped(("tt.toml", b"a = " + b"[" * 50_000)), "lồng nhau quá sâu"),
        (zipped(*((f"t{n}.toml", b"") for n in range(40))), "từ 1 đến"),
    ],
)
def test_what_is_no_pack_is_refused_with_a_reason(content: bytes, named: str) -> None:
    assert named in refused(content)[1]


def test_a_pack_cannot_bring_drivers_from_elsewhere() -> None:
    text = shipped_file("tokens.toml")
    for mark, wrong in (('"/usr/lib"', '"/tmp"'), ('"libeTPkcs11.so"', '"../../tmp/x.so"')):
        assert mark in text
        file, _ = refused(make_pack({"tokens.toml": text.replace(mark, wrong).encode()}))
        assert file == "tokens.toml"
    rules = read_rules(make_pack({"tokens.toml": text.encode()}), shipped())
    assert rules.drivers is not None


def test_a_trust_list_says_the_same_after_the_journey() -> None:
    root = TrustStore.shipped().roots[1]
    listed = (TrustedCertificate(root, Hierarchy.GOVERNMENT, TrustPurpose.TIMESTAMPS),)
    assert read_trust_list(make_trust_list(listed)) == listed


def test_a_practice_root_or_a_persons_certificate_is_never_listed() -> None:
    practice = signed_class(1).trust.roots[0]
    with pytest.raises(PackInvalid, match="entry 2"):
        read_trust_list(trust_list(TrustedCertificate(practice)))


def test_an_altered_root_is_refused() -> None:
    der = bytearray(trusted_der())
    der[-1] ^= 1
    with pytest.raises(RootInvalid) as caught:
        read_authority(bytes(der))
    assert "bị sửa" in str(caught.value.params["reason"])


def test_a_listed_certificate_with_a_damaged_name_is_refused() -> None:
    """The name is parsed only when it is asked for, so a damaged one loads."""
    name = b"RootCA"
    der = trusted_der()
    assert name in der
    damaged = x509.load_der_x509_certificate(der.replace(name, b"\xff" * len(name)))
    with pytest.raises(PackInvalid, match="entry 1"):
        read_trust_list(make_trust_list([TrustedCertificate(damaged)]))


def trusted_der() -> bytes:
    return TrustStore.shipped().roots[0].public_bytes(Encoding.DER)


SAMPLES = (newer_rules(), trust_list(), trusted_der())


@given(
    sample=st.sampled_from(SAMPLES),
    at=st.integers(0, 4000),
    flipped=st.integers(0, 255),
    cut=st.booleans(),
)
def test_only_our_own_errors_come_out_of_foreign_bytes(
    sample: bytes, at: int, flipped: int, cut: bool
) -> None:
    at %= len(sample)
    content = sample[:at] + bytes([sample[at] ^ flipped]) + (b"" if cut else sample[at + 1 :])
    readers: tuple[Callable[[bytes], object], ...] = (
        partial(read_rules, known=shipped()),
        read_trust_list,
        read_authority,
    )
    for reader in readers:
        with suppress(PackInvalid, RootInvalid):
            reader(content)


def test_a_statement_is_believed_only_from_this_station_and_for_this_school() -> None:
    made = published(PublicationKind.NOTICE, NOTICE)
    assert read(made.token, STATION_KEY.public_key(), SCHOOL) == made
    stranger = Ed25519PrivateKey.generate()
    for token, key, school in (
        (made.token, stranger.public_key(), SCHOOL),
        (made.token, STATION_KEY.public_key(), "0999"),
        (made.token[:-4], STATION_KEY.public_key(), SCHOOL),
        (issue(replace(made, size=0), STATION_KEY).token, STATION_KEY.public_key(), SCHOOL),
    ):
        with pytest.raises(PublicationInvalid):
            read(token, key, school)


def test_a_withdrawal_names_something_older_and_only_a_withdrawal_does() -> None:
    word = replace(published(PublicationKind.WITHDRAWAL, NOTICE, number=7), withdraws=3)
    made = issue(word, STATION_KEY)
    assert read(made.token, STATION_KEY.public_key(), SCHOOL) == made
    for wrong in (replace(word, withdraws=0), replace(word, withdraws=7)):
        with pytest.raises(PublicationInvalid):
            read(issue(wrong, STATION_KEY).token, STATION_KEY.public_key(), SCHOOL)
    notice = issue(replace(word, kind=PublicationKind.NOTICE), STATION_KEY)
    assert read(notice.token, STATION_KEY.public_key(), SCHOOL).withdraws == 0


def test_a_file_for_a_stick_holds_statement_and_content() -> None:
    made = published(PublicationKind.TRUST, trust_list())
    data = to_file(made, trust_list())
    assert from_file(data, STATION_KEY.public_key(), SCHOOL) == (made, trust_list())
    check(made, trust_list(), shipped())
    with pytest.raises(PublicationInvalid, match="another content"):
        check(made, trust_list() + b" ", shipped())


def test_a_list_of_another_form_is_refused() -> None:
    for content in (b"[]", b"{}", json.dumps({"format": "x", "certificates": []}).encode()):
        with pytest.raises(PackInvalid):
            read_trust_list(content)
