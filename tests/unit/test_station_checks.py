"""What the station says of real records, whole and damaged."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable

import pytest

from app.department.checks import record_checks as checks
from app.department.checks.checks import LABEL, OTHER_SCHOOL
from app.department.checks.record_checks import record_checks
from app.model.delivery import ParcelItem
from app.signing.trust.trust_store import TrustStore
from app.transcript import xml_record
from tests.fixtures.schools.signed_class import signed_class


@pytest.fixture(scope="module")
def item() -> ParcelItem:
    return signed_class(1).items[0]


def changed(item: ParcelItem, xml: bytes) -> ParcelItem:
    key = dataclasses.replace(item.key, sha256=hashlib.sha256(xml).hexdigest())
    return dataclasses.replace(item, xml=xml, key=key)


def test_a_whole_record_passes_both_checks(item: ParcelItem) -> None:
    both = record_checks(signed_class(1).trust)
    assert (both.light(item).objection, both.full(item)) == ("", "")


def test_officials_find_a_record_by_its_personal_id_or_else_its_pupils_code(
    item: ParcelItem,
) -> None:
    pupil = xml_record.parse(item.xml).pupil
    assert pupil.personal_id
    assert checks.light(item).pupil == pupil.personal_id
    tag = f"<SO_DINH_DANH>{pupil.personal_id}</SO_DINH_DANH>".encode()
    assert checks.light(changed(item, item.xml.replace(tag, b"", 1))).pupil == pupil.code


def test_a_record_of_signers_nobody_vouches_for_is_returned_by_the_full_check(
    item: ParcelItem,
) -> None:
    both = record_checks(TrustStore([]))
    assert both.light(item).objection == ""
    assert both.full(item) == checks.UNTRUSTED


def _without_last_signature(xml: bytes) -> bytes:
    start, end = xml.rindex(b"<ds:Signature "), xml.rindex(b"</ds:Signature>")
    return xml[:start] + xml[end + len(b"</ds:Signature>") :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda xml: xml.replace("Vàng Thị Sáy".encode(), "Vàng Thị Sấy".encode()), checks.CHANGED),
        (_without_last_signature, checks.UNSIGNED),
        (lambda xml: xml[:-40], checks.UNREADABLE),
        (lambda _: b"", checks.UNREADABLE),
        (lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml, checks.UNREADABLE),
    ],
)
def test_a_damaged_record_is_returned_with_its_reason(
    item: ParcelItem, damage: Callable[[bytes], bytes], reason: str
) -> None:
    damaged = changed(item, damage(item.xml))
    assert damaged.xml != item.xml
    both = record_checks(signed_class(1).trust)
    assert both.light(damaged).objection == reason
    assert both.full(damaged) == reason


def test_a_record_under_another_ones_label_is_returned(item: ParcelItem) -> None:
    key = dataclasses.replace(item.key, version=2)
    mislabelled = dataclasses.replace(item, key=key)
    both = record_checks(signed_class(1).trust)
    assert both.light(mislabelled).objection == both.full(mislabelled) == LABEL
    other_year = dataclasses.replace(item, school_year="2025-2026")
    assert both.light(other_year).objection == LABEL


def test_a_record_of_another_school_under_the_senders_own_label_is_returned(
    item: ParcelItem,
) -> None:
    both = record_checks(signed_class(1).trust)
    stolen = dataclasses.replace(item, school_code="79000999")
    assert both.light(stolen).objection == OTHER_SCHOOL
