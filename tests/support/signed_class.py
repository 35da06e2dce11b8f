"""A class of real records with all their signatures, by keys in memory (RSA-2048)."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from app import clock
from app.model.delivery import Event, ParcelItem, RecordKey
from app.model.signing import ExpectedSigner, SignerRole
from app.signing.keys import Scheme
from app.signing.practice_pki import Algorithm, Identity, PracticeAuthority
from app.signing.record_signing import sign_record
from app.signing.record_slots import expected_signers, slots_due
from app.signing.trust import TrustStore
from app.transcript import xml_record
from tests.support.parcels import SCHOOL
from tests.support.transcripts import STUDENT, content_of


@dataclass(frozen=True)
class SignedClass:
    items: tuple[ParcelItem, ...]
    trust: TrustStore


@cache
def signed_class(count: int, grade: int = 4) -> SignedClass:
    now = clock.now() - timedelta(minutes=1)
    authority = PracticeAuthority(now)
    identities: dict[ExpectedSigner, Identity] = {}

    def identity(expected: ExpectedSigner) -> Identity:
        if expected not in identities:
            identities[expected] = _issued(authority, expected)
        return identities[expected]

    items = []
    for number in range(count):
        student = replace(STUDENT, full_name=f"Vàng Thị Sáy {number}", id=f"hs-{number}")
        content = content_of(grade, student, seed=number)
        record_id = str(uuid.UUID(int=uuid.uuid4().int, version=4))
        common = replace(content.common, record_id=record_id)
        school = replace(content.school, code=SCHOOL)
        xml = xml_record.build(replace(content, common=common, school=school))
        while due := slots_due(xml):
            key = identity(expected_signers(xml)[due[0]]).key(Scheme.PKCS1)
            xml = sign_record(xml, due[0], key, now)
        key_ = RecordKey(record_id, common.version, hashlib.sha256(xml).hexdigest())
        items.append(ParcelItem(key_, Event.NEW, xml, SCHOOL, common.school_year, f"{grade}A"))
    return SignedClass(tuple(items), TrustStore([authority.root]))


def _issued(authority: PracticeAuthority, expected: ExpectedSigner) -> Identity:
    if expected.role is SignerRole.SCHOOL:
        return authority.organisation(
            expected.full_name, expected.tax_code, algorithm=Algorithm.RSA
        )
    return authority.person(expected.full_name, expected.personal_id, algorithm=Algorithm.RSA)
