"""Which certificates lead to a root: authorities, their depth, their dates, what they demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from app.model.signing import FileReport
from app.signing.keys.keys import Scheme
from app.signing.paper.code import PaperStatement, write_code
from app.signing.paper.verification import verify_paper
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import (
    Algorithm,
    PracticeAuthority,
    _authority,
    _name,
    _usage,
    new_key,
)
from app.signing.trust.trust_store import CertificatePath, TrustStore
from tests.fixtures.pki.authority import Authority
from tests.fixtures.pki.pki import (
    HOMEROOM,
    NOW,
    PRINCIPAL,
    SCHOOL,
    TAX_CODE,
    Staffroom,
    primary_record,
    staffroom,
)
from tests.unit.test_paper_code import picture
from tests.unit.test_xades_signing import signed

DAY = timedelta(days=1)
_Extensions = list[tuple[x509.ExtensionType, bool]]
_STRANGE = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
_NO_AUTHORITY: _Extensions = [
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (_usage(key_cert_sign=True), True),
]
_NO_CERTIFICATES: _Extensions = [
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (_usage(crl_sign=True), True),
]


class Line:
    """A root, and authorities below it, one under the other."""

    def __init__(self) -> None:
        self._made = Authority(NOW, "http://localhost")
        self._last, self._key = self._made.issuers()[0]
        self.chain: tuple[x509.Certificate, ...] = ()
        self.trust = TrustStore([self._made.root])

    def down(
        self,
        extensions: _Extensions | None = None,
        valid: tuple[datetime, datetime] | None = None,
        names: tuple[str, str] | None = None,
    ) -> Line:
        """`names`: of the subject, and the issuer that it claims."""
        key = new_key(Algorithm.EC)
        called, by = names or (f"Cấp {len(self.chain)}", "")
        issuer = _name(by, "") if by else self._last.subject
        extensions = _authority(None) if extensions is None else extensions
        given: tuple[Any, ...] = (_name(called, ""), issuer, key, self._key, extensions, valid)
        self._last, self._key = PracticeAuthority._issue(self._made, *given), key
        self.chain = (self._last, *self.chain)
        return self

    @property
    def path(self) -> CertificatePath | None:
        return self.trust.path(self.chain[0], self.chain[1:])


def person(line: Line) -> Line:
    return line.down([(_usage(digital_signature=True), True)])


def test_authorities_one_under_the_other_lead_to_the_root() -> None:
    found = person(Line().down().down()).path
    assert found is not None
    assert len(found.certificates) == 4


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(person(Line().down(_NO_AUTHORITY)), id="CA:FALSE"),
        pytest.param(person(Line().down([])), id="nothing said"),
        pytest.param(person(Line().down(_NO_CERTIFICATES)), id="signs lists only"),
        pytest.param(person(Line().down(_authority(0)).down()), id="one authority too many"),
        pytest.param(
            person(Line().down(_authority(1)).down().down()), id="one too many, further down"
        ),
        pytest.param(
            person(Line().down([*_authority(None), (_STRANGE, True)])), id="an issuer's demand"
        ),
        pytest.param(
            Line().down().down([(_usage(digital_signature=True), True), (_STRANGE, True)]),
            id="the signer's demand",
        ),
        pytest.param(
            person(Line().down().down(names=("Cấp dưới", "Ai đó"))), id="another issuer's name"
        ),
        pytest.param(person(Line().down().down().down().down().down()), id="too deep"),
    ],
)
def test_no_path_leads_over_what_may_not_issue_or_is_not_understood(line: Line) -> None:
    assert line.path is None


@pytest.mark.parametrize(
    "line",
    [
        person(Line().down(_authority(0))),
        person(Line().down(_authority(1)).down()),
        person(Line().down([*_authority(None), (_STRANGE, False)])),
    ],
)
def test_as_deep_as_allowed_and_what_is_no_demand_is_fine(line: Line) -> None:
    assert line.path is not None


def test_a_path_lasts_as_long_as_each_of_its_authorities() -> None:
    began, ends = NOW - DAY / 2, NOW + 9 * DAY
    found = person(Line().down(valid=(began, ends)).down()).path
    assert found is not None
    assert (found.begin, found.end) == (began.replace(microsecond=0), ends)


def _under(line: Line, made: Authority) -> Staffroom:
    """Everybody's certificates by the last authority of a line."""
    made._sub_name, made._sub_key, made.issuer = line._last.subject, line._key, line._last
    return replace(
        staffroom(),
        authority=made,
        homeroom=made.person(*HOMEROOM),
        principal=made.person(*PRINCIPAL),
        school=made.organisation(SCHOOL, TAX_CODE),
    )


def test_what_was_signed_after_an_authority_had_ended_is_not_valid() -> None:
    line = Line().down(valid=(NOW - 9 * DAY, NOW - DAY))
    people = _under(line, line._made)
    report = verify_record(signed(primary_record(), people), line.trust, NOW)
    assert not report.ok
    assert {s.problems for s in report.signatures} == {("path_not_valid_then",)}


# --- practice is shown ----------------------------------------------------------------------------


def _plain_below_practice() -> tuple[Staffroom, TrustStore]:
    """Nothing but the root's name says that it is practice."""
    line = Line().down(names=("Nơi cấp như thật", ""))
    return _under(line, line._made), line.trust


def test_a_practice_root_alone_makes_a_record_practice() -> None:
    people, trust = _plain_below_practice()
    report = verify_record(signed(primary_record(), people), trust, NOW)
    assert report.ok
    assert report.practice


def _paper(people: Staffroom, trust: TrustStore) -> FileReport:
    said = PaperStatement(
        "6f1c9a4e-0b7d-4f1e-9a55-0c2d3e4f5a6b", 1, "ab" * 32, NOW, "Toán: Tốt", SCHOOL, TAX_CODE
    )
    return verify_paper(picture(*write_code(said, people.school.key(Scheme.ECDSA))), trust, NOW)


def test_a_practice_root_alone_makes_a_paper_practice() -> None:
    report = _paper(*_plain_below_practice())
    assert report.ok
    assert report.practice


def test_a_signers_own_certificate_says_practice_where_no_root_does() -> None:
    people = staffroom()
    below = TrustStore([people.authority.issuer])
    assert below.roots == ()
    report = verify_record(signed(primary_record()), below, NOW)
    assert not report.ok
    assert report.practice
    assert _paper(people, below).practice
