"""Evidence after signing: a local authority with CRL, OCSP and time-stamps on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import now
from app.errors import CertificateUnfit, EvidenceInvalid
from app.model.signing import CheckState, SignerRole
from app.signing.batch.service import SigningService
from app.signing.file_verification import verify_file
from app.signing.record.evidence import Evidence, attach
from app.signing.record.verification import verify_record
from app.signing.trust.evidence import EvidenceService
from app.signing.trust.revocation import Revocation, RevocationStatus
from app.signing.trust.revocation_cache import standing_at_hand
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.authority import Services, serving
from tests.fixtures.schools.proven_school import ProvenSchool


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with serving(tmp_path / "tsa", now()) as running:
        yield running


@pytest.fixture
def school(tmp_path: Path, services: Services) -> Iterator[ProvenSchool]:
    made = ProvenSchool(tmp_path, services)
    yield made
    made.made.close()


def test_evidence_proves_the_time_and_that_nothing_was_revoked(
    school: ProvenSchool, tmp_path: Path
) -> None:
    before = school.record
    report = school.service.run()
    assert (report.proven, report.waiting, report.problems, report.revoked) == (1, 0, {}, [])
    assert school.record == before
    checked = school.checked(school.evidence)
    assert checked.ok
    assert {s.state for s in checked.signatures} == {CheckState.VALID}
    assert all(s.proven_time and not s.not_checked for s in checked.signatures)
    file = tmp_path / "hs.xml"
    file.write_bytes(before.xml)
    file.with_suffix(".hbev").write_bytes(school.evidence or b"")
    found = verify_file(file, school.trust, now() + timedelta(seconds=2))
    assert {s.state for s in found.signatures} == {CheckState.VALID}
    assert school.service.run().proven == 0


def test_an_archive_copy_carries_the_evidence_and_breaks_nothing(school: ProvenSchool) -> None:
    school.service.run()
    evidence = Evidence.load(school.evidence or b"")
    copy = attach(school.record.xml, evidence)
    assert len(copy) > len(school.record.xml)
    report = verify_record(copy, school.trust, now() + timedelta(seconds=2))
    assert report.ok
    assert {s.state for s in report.signatures} == {CheckState.VALID}
    with pytest.raises(EvidenceInvalid):
        attach(copy, evidence)


@pytest.mark.parametrize("down", ["tsa", "crl", "ocsp"])
def test_a_dead_service_is_asked_again_later(
    school: ProvenSchool, services: Services, down: str
) -> None:
    services.down = {down}
    report = school.service.run()
    assert report.proven == (0 if down == "tsa" else 1)
    assert any(down in url for url in report.problems)
    assert sum(1 for path in services.asked if path.startswith(f"/{down}/1")) <= 1
    if down == "tsa":
        assert school.evidence is None
        services.down = set()
        assert school.service.run().proven == 1
    else:
        state = {s.state for s in school.checked(school.evidence).signatures}
        assert state == {CheckState.VALID}


def test_a_captive_portal_proves_nothing(school: ProvenSchool, services: Services) -> None:
    services.lies = True
    report = school.service.run()
    assert (report.proven, school.evidence) == (0, None)


def test_a_certificate_revoked_before_it_signed_is_found(
    school: ProvenSchool, services: Services
) -> None:
    person = school.people[SignerRole.PRINCIPAL].certificate
    services.authority.revoked[person.serial_number] = now() - timedelta(hours=1)
    report = school.service.run()
    assert len(report.revoked) == 1
    checked = school.checked(school.evidence)
    assert not checked.ok
    bad = {s.role for s in checked.signatures if "certificate_revoked" in s.problems}
    assert bad == {SignerRole.PRINCIPAL}
    head = school.record.head
    assert school.service.distrusted() == {(head.record_id, head.version)}


def test_what_was_signed_before_the_certificate_was_revoked_is_trusted(
    school: ProvenSchool, services: Services
) -> None:
    person = school.people[SignerRole.PRINCIPAL].certificate
    services.authority.revoked[person.serial_number] = now() + timedelta(hours=1)
    school.service.run()
    assert school.checked(school.evidence).ok
    assert school.service.distrusted() == frozenset()


def test_cached_lists_speak_without_a_network(school: ProvenSchool, services: Services) -> None:
    path = school.trust.path(
        school.people[SignerRole.SCHOOL].certificate, (services.authority.issuer,)
    )
    assert path is not None
    store = school.made.workspace.here()
    assert standing_at_hand(store, path.certificates, now()) == Revocation(RevocationStatus.UNKNOWN)
    school.service.run()
    services.down = {"crl", "ocsp", "tsa"}
    found = standing_at_hand(store, path.certificates, now())
    assert found.standing is RevocationStatus.GOOD
    assert found.as_of is not None
    assert now() - found.as_of < timedelta(minutes=5)


@pytest.mark.parametrize(("hours", "again"), [(1, False), (13, True), (-1, True)])
def test_a_list_is_asked_for_again_when_half_a_day_has_passed(
    school: ProvenSchool, services: Services, hours: int, again: bool
) -> None:
    """Also when the clock was put back: nobody knows how old the list is then."""
    school.service.run()
    services.asked.clear()
    later = now() + timedelta(hours=hours)
    EvidenceService(school.made.workspace, school.trust, lambda: later).run()
    assert ("/crl/1" in services.asked) is again


def test_a_certificate_known_as_revoked_signs_nothing(
    school: ProvenSchool, services: Services
) -> None:
    person = school.people[SignerRole.HOMEROOM]
    services.authority.revoked[person.certificate.serial_number] = now() - timedelta(hours=1)
    school.service.run()
    desk = SigningService(school.made.workspace, school.trust)
    (waiting,) = desk.waiting(SignerRole.HOMEROOM)
    report = desk.sign(waiting.heads, SignerRole.HOMEROOM, person.key())
    assert isinstance(report.stopped_by, CertificateUnfit)
    assert report.stopped_by.params["reason"] == "certificate_revoked"
    assert (report.signed, report.not_tried) == (0, len(waiting.heads))


def test_evidence_of_another_record_is_refused(school: ProvenSchool) -> None:
    school.service.run()
    evidence = Evidence.load(school.evidence or b"")
    torn = Evidence(evidence.token[:-20] + b"x" * 20, evidence.lists, evidence.answers)
    for data in (torn.dump(), b"{}", b"", Evidence(b"").dump()):
        report = school.checked(data)
        assert "evidence_invalid" in report.problems
        assert report.content_intact
        assert not report.ok
    untrusted = verify_record(school.record.xml, TrustStore([]), now(), evidence=evidence.dump())
    assert "evidence_invalid" in untrusted.problems


def test_evidence_leaves_the_workspace_with_what_it_speaks_for(
    school: ProvenSchool, tmp_path: Path
) -> None:
    school.seal()
    school.service.run()
    files = school.made.extracts.extract(school.record.head).files
    assert files["hoc-ba.hbev"] == school.evidence
    assert files["hoc-ba.pdf"] == school.view
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    later = now() + timedelta(days=9000)
    for name in ("hoc-ba.xml", "hoc-ba.pdf"):
        report = verify_file(tmp_path / name, school.trust, later)
        assert report.ok
        assert {s.state for s in report.signatures} == {CheckState.VALID}
