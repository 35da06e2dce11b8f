"""Services for evidence that are dead, slow, or lie: each is named, and nothing is lost by it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.clock import now
from app.errors import Cancelled, CertificateUnfit
from app.model.signing import CheckState, ExpectedSigner, SignerRole
from app.practice.school import PRINCIPAL
from app.signing.keys.key_choice import KeyChoice
from app.signing.record.evidence import Evidence, paths_by_slot, stamped_digest
from app.signing.record.slots import RecordTree
from app.signing.trust.evidence import EvidenceService
from app.signing.trust.evidence_words import soon_ends
from app.signing.trust.fetching import FetchFailure
from app.signing.trust.practice_pki import Algorithm
from app.signing.trust.proven_time import ProvenTime
from app.signing.trust.revocation import RevocationStatus
from app.signing.trust.timestamps import check_token
from app.work import CancelToken, WorkContext
from tests.fixtures.pki.authority import (
    Lie,
    Services,
    of_other_data,
    serving,
    with_another_nonce,
)
from tests.fixtures.schools.proven_school import TEACHER, ProvenSchool

DAY = timedelta(days=1)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with serving(tmp_path / "tsa", now()) as running:
        yield running


@pytest.fixture
def school(tmp_path: Path, services: Services) -> Iterator[ProvenSchool]:
    made = ProvenSchool(tmp_path, services)
    yield made
    made.made.close()


def stamps_asked(services: Services) -> int:
    return sum(path.endswith("/tsa") for path in services.asked)


@pytest.mark.parametrize(
    ("lie", "trouble"),
    [(with_another_nonce, FetchFailure.NOT_UNDERSTOOD), (of_other_data, FetchFailure.NOT_TRUSTED)],
)
def test_a_lying_authority_proves_nothing_and_is_named(
    school: ProvenSchool, services: Services, lie: Lie, trouble: FetchFailure
) -> None:
    services.lie_of_time = lie
    report = school.service.run()
    assert (report.proven, report.waiting, school.evidence) == (0, 1, None)
    assert report.problems == {f"{services.url}/tsa": trouble}
    services.lie_of_time = None
    assert school.service.run().proven == 1


def test_a_stranger_who_stamps_is_not_believed_and_the_next_one_is_asked(
    school: ProvenSchool, services: Services, tmp_path: Path
) -> None:
    with serving(tmp_path / "stranger", now()) as stranger:
        school.service.use_stamping([f"{stranger.url}/tsa", f"{services.url}/tsa"])
        report = school.service.run()
    assert report.proven == 1
    assert report.problems == {f"{stranger.url}/tsa": FetchFailure.NOT_TRUSTED}
    assert school.checked(school.evidence).ok


def test_a_revoked_authority_is_not_believed(school: ProvenSchool, services: Services) -> None:
    (tsa,) = (c for c in services.authority.issued.values() if "TSA" in c.subject.rfc4514_string())
    services.authority.revoked[tsa.serial_number] = now() - timedelta(hours=1)
    report = school.service.run()
    assert (report.proven, school.evidence) == (0, None)
    assert report.problems == {f"{services.url}/tsa": FetchFailure.NOT_TRUSTED}


def test_an_endless_answer_is_cut_off(school: ProvenSchool, services: Services) -> None:
    services.floods = True
    report = school.service.run()
    assert (report.proven, report.waiting) == (0, 1)
    assert set(report.problems.values()) == {FetchFailure.NOT_UNDERSTOOD}


def test_a_run_ends_when_its_time_is_up_though_a_service_is_silent(
    school: ProvenSchool, services: Services
) -> None:
    services.silent = True
    report = school.service.run(seconds=0.3)
    assert report.out_of_time
    assert (report.proven, report.waiting) == (0, 1)
    services.silent = False
    assert school.service.run().proven == 1


def test_a_run_is_stopped_at_once_though_a_service_is_silent(
    school: ProvenSchool, services: Services
) -> None:
    services.silent = True
    token, ended = CancelToken(), []

    def run() -> None:
        try:
            school.service.run(WorkContext(token))
        except Cancelled:
            ended.append("cancelled")

    running = threading.Thread(target=run)
    running.start()
    while not services.asked:
        token.wait(0.02)
    token.cancel()
    running.join()
    assert ended == ["cancelled"]
    services.silent = False
    assert school.service.run().proven == 1


def test_time_is_proven_at_once_and_revocation_when_it_can_be_had(
    school: ProvenSchool, services: Services
) -> None:
    school.seal()
    services.down = {"ocsp", "crl"}
    report = school.service.run()
    assert (report.proven, report.waiting) == (0, 1)
    for checked in (school.checked(school.evidence), school.checked_view()):
        assert checked.ok
        assert {s.state for s in checked.signatures} == {CheckState.VALID_NOT_CHECKED_ONLINE}
        assert all(s.proven_time and s.not_checked == ("revocation",) for s in checked.signatures)
    first = {s.proven_time for s in school.checked(school.evidence).signatures}
    asked = stamps_asked(services)
    assert school.service.run().waiting == 1
    assert stamps_asked(services) == asked  # nothing new to stamp
    services.down = set()
    assert school.service.run().proven == 1
    assert school.view.startswith(school.sealed)
    for checked in (school.checked(school.evidence), school.checked_view()):
        assert {s.state for s in checked.signatures} == {CheckState.VALID}
    assert {s.proven_time for s in school.checked(school.evidence).signatures} == first


def test_what_runs_out_first_is_proven_first(school: ProvenSchool, services: Services) -> None:
    soon = (now() - timedelta(days=1), now() + timedelta(days=20))
    authority = services.authority
    school.people[SignerRole.PRINCIPAL] = authority.person(
        PRINCIPAL.full_name, PRINCIPAL.personal_id, valid=soon
    )
    before = school.record.head
    school.sign_next()
    services.stamps_left = 1
    report = school.service.run()
    assert (report.proven, report.waiting) == (1, 1)
    (later,) = school.made.workspace.here().evidence.waiting()
    assert later.record_id == before.record_id


def test_the_schools_proxy_is_used_for_every_question(
    school: ProvenSchool, services: Services
) -> None:
    service = EvidenceService(school.made.workspace, school.trust, proxy=lambda: services.url)
    service.use_stamping(["http://stamps.invalid/tsa"])
    assert service.run().proven == 1
    assert "http://stamps.invalid/tsa" in services.asked
    assert all(path.startswith("http://") for path in services.asked)


def test_practice_signatures_are_not_taken_to_the_real_authority(
    school: ProvenSchool, services: Services
) -> None:
    service = EvidenceService(
        school.made.workspace, school.trust, proxy=lambda: services.url, practice=True
    )
    service.use_stamping(None)
    assert not service.state().wanted
    report = service.run()
    assert (report.proven, report.waiting, stamps_asked(services)) == (0, 1, 0)
    assert not [path for path in services.asked if not path.startswith("http://127.0.0.1")]


def test_what_was_found_is_kept_for_whoever_looks_later(
    school: ProvenSchool, services: Services
) -> None:
    before = school.service.state()
    assert (before.issued, before.waiting, before.lists, before.last) == (1, 1, (), None)
    services.down = {"tsa"}
    school.service.run()
    after = school.service.state()
    assert after.waiting == 1
    assert after.last is not None
    assert after.last.problems == {f"{services.url}/tsa": FetchFailure.REFUSED}
    assert {each.issuer for each in after.lists} == {
        "THỰC HÀNH - Chứng thực gốc",
        "THỰC HÀNH - Chứng thực cấp dưới",
    }
    assert all(each.until and each.until > now() for each in after.lists)


def test_a_certificate_that_only_an_answer_calls_revoked_signs_and_seals_nothing(
    school: ProvenSchool, services: Services
) -> None:
    services.down = {"crl"}
    serial = school.people[SignerRole.SCHOOL].certificate.serial_number
    services.authority.revoked[serial] = now() - timedelta(hours=1)
    report = school.service.run()
    assert len(report.revoked) == 1
    assert school.service.state().revoked == tuple(report.revoked)
    with pytest.raises(CertificateUnfit) as refused:
        school.seal()
    assert refused.value.params["reason"] == "certificate_revoked"
    assert school.view == b""


def test_the_lists_at_hand_judge_a_key_before_it_is_offered(
    school: ProvenSchool, services: Services
) -> None:
    """Also one that never signed here, whose token does not hold its issuer's certificate."""
    fresh = services.authority.person(PRINCIPAL.full_name, PRINCIPAL.personal_id)
    used = school.people[SignerRole.HOMEROOM]
    choices = [KeyChoice(fresh.certificate), KeyChoice(used.certificate)]
    unknown = [c.revocation for c in school.service.standing(choices)]
    assert [r and r.standing for r in unknown] == [RevocationStatus.UNKNOWN] * 2
    services.authority.revoked[used.certificate.serial_number] = now() - timedelta(hours=1)
    school.service.run()
    services.down = {"crl", "ocsp", "tsa"}
    good, bad = school.service.standing(choices)
    assert good.revocation is not None
    assert good.revocation.standing is RevocationStatus.GOOD
    assert good.revocation.as_of is not None
    expected = ExpectedSigner(SignerRole.PRINCIPAL, PRINCIPAL.full_name, PRINCIPAL.personal_id)
    assert good.unfit(expected, now()) is None
    of_teacher = ExpectedSigner(SignerRole.HOMEROOM, TEACHER.full_name, TEACHER.personal_id)
    reason = bad.unfit(of_teacher, now())
    assert isinstance(reason, CertificateUnfit)
    assert reason.params["reason"] == "certificate_revoked"


def test_a_schools_clock_that_is_wrong_does_not_spoil_the_evidence(
    school: ProvenSchool, services: Services
) -> None:
    """The authority's time is the one that counts; ours may be years behind or ahead."""
    school.seal()
    for years in (-8, 2):
        wrong = now() + timedelta(days=365 * years)
        service = EvidenceService(school.made.workspace, school.trust, lambda wrong=wrong: wrong)
        if years < 0:
            services.stamps_left = 1
            assert service.run().waiting == 1
            services.stamps_left = 10
        else:
            assert service.run().proven == 1
    for checked in (school.checked(school.evidence), school.checked_view()):
        assert {s.state for s in checked.signatures} == {CheckState.VALID}


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [(Algorithm.RSA, "sha512"), (Algorithm.EC, "sha256"), (Algorithm.EC, "sha384")],
)
def test_authorities_with_other_keys_and_digests_are_understood(
    school: ProvenSchool, services: Services, algorithm: Algorithm, digest: str
) -> None:
    services.authority.stamping(services.folder, algorithm, digest)
    school.seal()
    assert school.service.run().proven == 1
    for checked in (school.checked(school.evidence), school.checked_view()):
        assert {s.state for s in checked.signatures} == {CheckState.VALID}


def test_a_clock_that_ran_ahead_breaks_nothing_but_another_day_does(school: ProvenSchool) -> None:
    school.service.run()
    evidence = Evidence.load(school.evidence or b"")
    record = RecordTree(school.record.xml)
    stamp = check_token(evidence.token, stamped_digest(record), school.trust, now() + DAY)
    reports = school.checked(None).signatures
    paths = paths_by_slot(record, school.trust)
    for behind, expected in ((DAY / 3, CheckState.VALID), (2 * DAY, CheckState.INVALID)):
        earlier = replace(stamp, moment=stamp.moment - behind)
        found = ProvenTime(earlier, evidence.data).judge(reports, paths)
        assert {s.state for s in found} == {expected}
        assert {"time_after_proof" in s.problems for s in found} == {expected is CheckState.INVALID}


def test_an_authority_without_lists_is_asked_again_about_those_who_sign(
    tmp_path: Path, services: Services
) -> None:
    services.authority.lists = False
    made = ProvenSchool(tmp_path, services)
    try:
        assert made.service.run().proven == 1
        serial = made.people[SignerRole.PRINCIPAL].certificate.serial_number
        services.authority.revoked[serial] = now()
        report = made.service.run()
        assert report.revoked == [PRINCIPAL.full_name]
        assert {s.state for s in made.checked(made.evidence).signatures} == {CheckState.VALID}
    finally:
        made.made.close()


def test_a_certificate_that_ends_soon_is_said_while_its_records_wait(
    school: ProvenSchool, services: Services
) -> None:
    services.down = {"tsa"}
    report = school.service.run()
    end = min(i.certificate.not_valid_after_utc for i in school.people.values())
    assert datetime.fromisoformat(report.ends_first) <= end
    assert soon_ends(report, now()) == ""
    assert soon_ends(report, end - 30 * DAY) != ""
    services.down = set()
    assert soon_ends(school.service.run(), end - 30 * DAY) == ""


def test_what_another_version_of_the_program_kept_is_read_as_far_as_it_is_known(
    school: ProvenSchool,
) -> None:
    kept = {"proven": 3, "of_a_later_version": True}
    school.made.workspace.here().settings.set("evidence.last", kept)
    last = school.service.state().last
    assert last is not None
    assert (last.proven, last.waiting) == (3, 0)
