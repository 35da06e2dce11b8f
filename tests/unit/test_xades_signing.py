"""Signatures in a record's slots: order, form, what they leave alone, and outside confirmation."""

from __future__ import annotations

import base64
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from app.errors import (
    AlreadySigned,
    CertificateUnfit,
    RoleNotDue,
    SignatureBroken,
    SigningFailure,
    SlotClosed,
    WrongSigner,
)
from app.model.signing import SignerRole
from app.signing.keys.keys import Scheme, SigningKey
from app.signing.record.integrity import integrity_problems
from app.signing.record.signing import merge, sign_record
from app.signing.record.signing_profile import shipped_profile
from app.signing.record.slots import RecordTree, SignatureSlot, expected_signers, slots_due
from app.signing.record.xades import DS
from app.signing.trust.practice_pki import Algorithm, Identity, PracticeAuthority
from app.transcript import safe_xml
from tests.fixtures.pki.pki import (
    HOMEROOM,
    NOW,
    SCHOOL,
    Staffroom,
    primary_record,
    secondary_record,
    staffroom,
)

PLAIN = replace(shipped_profile(), plain=True)


def who(people: Staffroom, slot: SignatureSlot) -> Identity:
    return {
        "gv_15_1": people.maths,
        "gv_19_1": people.literature,
        "GVCN": people.homeroom,
        "CBQL": people.principal,
        "KY_PHAT_HANH": people.school,
    }[slot.name]


def signed(xml: bytes, people: Staffroom | None = None, upto: str = "", **more: object) -> bytes:
    """All due slots signed in order, until slot `upto` is reached."""
    people = people or staffroom()
    scheme = more.pop("scheme", Scheme.PSS)
    while due := slots_due(xml):
        if due[0].name == upto:
            break
        key = who(people, due[0]).key(scheme)  # type: ignore[arg-type]
        xml = sign_record(xml, due[0], key, NOW, **more)  # type: ignore[arg-type]
    return xml


def confirm(xml: bytes, folder: Path, number: int) -> bool:
    """xmlsec1's verdict on signature `number` (from 1), with our roots."""
    file = folder / f"record{number}.xml"
    file.write_bytes(xml)
    root = folder / "root.pem"
    root.write_bytes(staffroom().authority.root.public_bytes(Encoding.PEM))
    names = ["DU_LIEU_HOC_BA", "THONG_TIN_HOC_BA", "DIEM_TONG_KET", "DANH_SACH_GVBM", "CBQL"]
    names.append("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
    attributes = [part for name in names for part in ("--id-attr:Id", name)]
    place = f"(//*[local-name()='Signature'])[{number}]"
    done = subprocess.run(
        ["xmlsec1", "--verify", "--insecure", *attributes, "--node-xpath", place, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0 and done.stderr.startswith("OK")


@pytest.mark.parametrize("build", [primary_record, secondary_record])
@pytest.mark.parametrize("profile", [shipped_profile(), PLAIN], ids=["xades", "plain"])
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_xmlsec1_confirms_every_signature(build, profile, algorithm, tmp_path) -> None:  # type: ignore[no-untyped-def]
    people = staffroom(algorithm)
    xml = signed(build(), people, profile=profile, scheme=Scheme.PKCS1)
    count = len(RecordTree(xml, profile).places)
    assert [confirm(xml, tmp_path, n + 1) for n in range(count)] == [True] * count
    broken = xml.replace("Giàng A Páo".encode(), "Giàng A Sáo".encode())
    assert not confirm(broken, tmp_path, count)


def test_openssl_confirms_a_pss_signature(tmp_path: Path) -> None:
    """xmlsec1 of Debian 12 does not know RSASSA-PSS; its value is confirmed by openssl."""
    people = staffroom(Algorithm.RSA)
    xml = signed(primary_record(), people, upto="CBQL")
    signature = etree.fromstring(xml).find(f".//{{{DS}}}Signature")
    info, value = signature.find(f"{{{DS}}}SignedInfo"), signature.find(f"{{{DS}}}SignatureValue")
    files = {"info": etree.tostring(info, method="c14n", exclusive=True, with_tail=False)}
    files["key"] = people.homeroom.certificate.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    files["value"] = base64.b64decode(value.text)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key", *padding, "-signature", "value", "info"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"Verified OK\n"


@pytest.mark.parametrize("build", [primary_record, secondary_record])
def test_no_byte_outside_the_slot_changes(build) -> None:  # type: ignore[no-untyped-def]
    xml = build()
    for _ in RecordTree(xml).places:
        slot = slots_due(xml)[0]
        after = sign_record(xml, slot, who(staffroom(), slot).key(), NOW)
        tag = RecordTree(after).place(slot).element.tag.encode()
        mark = b'Id="Signature_' + slot.name.encode()
        added = re.search(rb"<ds:Signature [^>]*" + mark + rb'">.*?</ds:Signature>', after)
        assert added
        emptied = after.replace(b">" + added[0] + b"</" + tag + b">", b"/>")
        assert emptied == xml
        xml = after


@pytest.mark.parametrize("build", [primary_record, secondary_record])
@pytest.mark.parametrize("profile", [shipped_profile(), PLAIN], ids=["xades", "plain"])
def test_a_signature_never_breaks_an_earlier_one(build, profile) -> None:  # type: ignore[no-untyped-def]
    xml = build()
    while due := slots_due(xml, profile):
        xml = sign_record(xml, due[0], who(staffroom(), due[0]).key(), NOW, profile)
        record = RecordTree(xml, profile)
        assert all(not integrity_problems(record, p) for p in record.places if p.signed)


def test_no_reference_contains_its_own_slot() -> None:
    for xml in (primary_record(), secondary_record()):
        record = RecordTree(xml)
        for place in record.places:
            around = {place.element, *place.element.iterancestors()}
            assert not around & {record.element(i) for i in place.covers}


def test_a_signed_record_still_fits_the_schema() -> None:
    for xml in (primary_record(), secondary_record()):
        safe_xml.validate(safe_xml.parse_tree(signed(xml)))


def test_roles_sign_in_the_order_of_the_level() -> None:
    def order(xml: bytes) -> list[str]:
        names = []
        while due := slots_due(xml):
            names.append(due[0].name)
            xml = sign_record(xml, due[0], who(staffroom(), due[0]).key(), NOW)
        return names

    assert order(primary_record()) == ["GVCN", "CBQL", "KY_PHAT_HANH"]
    assert order(secondary_record()) == ["gv_15_1", "gv_19_1", "GVCN", "CBQL", "KY_PHAT_HANH"]


@pytest.mark.parametrize(
    ("upto", "slot"),
    [
        ("gv_15_1", SignatureSlot(SignerRole.HOMEROOM, "GVCN")),
        ("gv_19_1", SignatureSlot(SignerRole.HOMEROOM, "GVCN")),
        ("GVCN", SignatureSlot(SignerRole.PRINCIPAL, "CBQL")),
        ("CBQL", SignatureSlot(SignerRole.SCHOOL, "KY_PHAT_HANH")),
    ],
)
def test_a_role_before_its_turn_is_refused(upto: str, slot: SignatureSlot) -> None:
    xml = signed(secondary_record(), upto=upto)
    with pytest.raises(RoleNotDue) as caught:
        sign_record(xml, slot, who(staffroom(), slot).key(), NOW)
    assert upto in caught.value.params["missing"]  # type: ignore[operator]


def test_a_slot_is_signed_once() -> None:
    xml = signed(primary_record(), upto="CBQL")
    with pytest.raises(AlreadySigned):
        sign_record(
            xml, SignatureSlot(SignerRole.HOMEROOM, "GVCN"), staffroom().homeroom.key(), NOW
        )


def test_nothing_is_signed_over_a_broken_signature() -> None:
    xml = signed(primary_record(), upto="CBQL")
    broken = xml.replace("Chăm ngoan".encode(), "Rất ngoan".encode())
    with pytest.raises(SignatureBroken):
        sign_record(
            broken, SignatureSlot(SignerRole.PRINCIPAL, "CBQL"), staffroom().principal.key(), NOW
        )


def test_the_record_says_who_must_sign() -> None:
    found = {slot.name: who.full_name for slot, who in expected_signers(primary_record()).items()}
    assert found["GVCN"] == HOMEROOM[0]
    assert found["KY_PHAT_HANH"] == SCHOOL


@pytest.mark.parametrize(
    "other",
    ["another person", "same name, other id", "the school", "same id, other name"],
)
def test_only_the_right_holder_may_sign(other: str) -> None:
    authority = staffroom().authority
    identity = {
        "another person": lambda: authority.person("Lò Thị Hoa", "038180009999"),
        "same name, other id": lambda: authority.person(HOMEROOM[0], "038180009999"),
        "the school": lambda: staffroom().school,
        "same id, other name": lambda: authority.person("Lò T. Hương", HOMEROOM[1]),
    }[other]()
    slot = SignatureSlot(SignerRole.HOMEROOM, "GVCN")
    if other == "same id, other name":
        assert sign_record(primary_record(), slot, identity.key(), NOW)
        return
    with pytest.raises(WrongSigner) as caught:
        sign_record(primary_record(), slot, identity.key(), NOW)
    assert caught.value.params["expected"] == HOMEROOM[0]


def test_a_person_cannot_sign_for_the_school() -> None:
    xml = signed(primary_record(), upto="KY_PHAT_HANH")
    slot = SignatureSlot(SignerRole.SCHOOL, "KY_PHAT_HANH")
    with pytest.raises(WrongSigner):
        sign_record(xml, slot, staffroom().principal.key(), NOW)
    other = staffroom().authority.organisation(SCHOOL, "0100000000")
    with pytest.raises(WrongSigner):
        sign_record(xml, slot, other.key(), NOW, tax_code="2800123456")


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
def test_a_certificate_out_of_its_dates_does_not_sign(days: tuple[int, int]) -> None:
    begin, end = (NOW + timedelta(days=d) for d in days)
    late = PracticeAuthority(NOW).person(*HOMEROOM, valid=(begin, end))
    with pytest.raises(CertificateUnfit):
        sign_record(primary_record(), SignatureSlot(SignerRole.HOMEROOM, "GVCN"), late.key(), NOW)


def test_a_key_that_is_not_its_certificates_is_found_out_at_once() -> None:
    people = staffroom()
    key: SigningKey = replace(people.homeroom, private_key=people.principal.private_key).key()
    with pytest.raises(SignatureBroken):
        sign_record(primary_record(), SignatureSlot(SignerRole.HOMEROOM, "GVCN"), key, NOW)


def test_teachers_on_separate_machines_merge_by_union() -> None:
    people, xml = staffroom(), secondary_record()
    maths, literature = slots_due(xml)
    one = sign_record(xml, maths, people.maths.key(), NOW)
    two = sign_record(xml, literature, people.literature.key(), NOW)
    merged = merge(one, two)
    assert [slot.name for slot in slots_due(merged)] == ["GVCN"]
    record = RecordTree(merged)
    assert all(not integrity_problems(record, p) for p in record.places if p.signed)
    assert merge(merged, two) == merged
    assert merge(xml, merged) == merged
    assert signed(merged).count(b"<ds:Signature ") == 5


def test_another_record_or_a_broken_signature_does_not_merge() -> None:
    xml = secondary_record()
    one = signed(xml, upto="gv_19_1")
    with pytest.raises(SigningFailure):
        merge(xml, one.replace("Giàng A Páo".encode(), "Giàng A Sáo".encode()))
    begin = one.index(b"<ds:SignatureValue>") + 19
    other = b"B" if one[begin : begin + 1] == b"A" else b"A"
    with pytest.raises(SignatureBroken):
        merge(xml, one[:begin] + other + one[begin + 1 :])


def test_a_slot_that_a_later_signature_covers_is_closed() -> None:
    """A record whose homeroom teacher signed too early (by another program's rules)."""
    early = replace(PLAIN, order={"03": (SignerRole.PRINCIPAL, SignerRole.HOMEROOM)})
    xml = sign_record(
        secondary_record(),
        SignatureSlot(SignerRole.PRINCIPAL, "CBQL"),
        staffroom().principal.key(),
        NOW,
        early,
    )
    with pytest.raises(SlotClosed):
        sign_record(
            xml, SignatureSlot(SignerRole.HOMEROOM, "GVCN"), staffroom().homeroom.key(), NOW, early
        )
