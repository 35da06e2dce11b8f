"""Records are signed on other machines; their signatures come back and join ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import (
    AppError,
    CertificateUnfit,
    RecordDiffers,
    RecordUnknown,
    RoleNotDue,
    SignatureBroken,
    TranscriptIncomplete,
    TranscriptInvalid,
    TranscriptUnsafe,
    VersionClosed,
    WrongSigner,
)
from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.signing.batch.external_signing import ReturnedSignatures
from app.signing.batch.service import PendingSignatures
from app.signing.record.signing import sign_record
from app.signing.record.slots import RecordTree, fill_slot, slots_due
from app.signing.record.verification import verify_record
from app.signing.record.xades import digest_of, unsigned_signature
from app.signing.trust.certificates import fingerprint
from app.signing.trust.practice_pki import PracticeAuthority
from app.signing.trust.revocation_cache import RevocationNotice, keep_told
from app.work import CancelToken, WorkContext
from tests.fixtures.schools.small_school import SECTIONS, SmallSchool, small_school

S = TranscriptState


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """Class 8B locked, two pupils."""
    school = small_school(tmp_path_factory.mktemp("school"), SECTIONS[1:])
    school.made.close()
    return school


@pytest.fixture
def copy(base: SmallSchool, tmp_path: Path) -> Callable[[str], SmallSchool]:
    def make(name: str) -> SmallSchool:
        (tmp_path / name).mkdir()
        return base.copy(tmp_path / name)

    return make


def waiting(school: SmallSchool, role: SignerRole) -> list[PendingSignatures]:
    return school.made.signing.waiting(role)


def sign(school: SmallSchool, *roles: SignerRole) -> None:
    for role in roles:
        for each in waiting(school, role):
            with school.identity(each.signer).key() as key:
                assert not school.made.signing.sign(each.heads, role, key).failed


def states(school: SmallSchool) -> set[TranscriptState]:
    return {head.state for head in school.made.records.heads()}


def signed_files(school: SmallSchool, folder: Path) -> Path:
    """The records of a machine as they stand, in a folder."""
    folder.mkdir(exist_ok=True)
    for head in school.made.records.heads():
        (folder / f"{head.record_id}.xml").write_bytes(school.made.records.get(head).xml)
    return folder


def errors(found: list[ReturnedSignatures]) -> set[type[AppError] | None]:
    return {type(each.error) if each.error else None for each in found}


def test_copies_go_out_without_a_name_and_the_records_go_on_waiting(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    school = copy("a")
    first = waiting(school, SignerRole.SUBJECT_TEACHER)[0]
    target = school.made.elsewhere.save(first.heads, first.signer, tmp_path / "stick")
    written = {file.name: file.read_bytes() for file in target.iterdir()}
    assert written == {f"{h.record_id}.v1.xml": school.made.records.get(h).xml for h in first.heads}
    assert waiting(school, SignerRole.SUBJECT_TEACHER)[0] == first
    kept = school.made.elsewhere.saved()
    assert {each.key for each in kept} == {(h.record_id, h.version) for h in first.heads}
    assert {(each.signer, each.folder) for each in kept} == {(first.signer.full_name, str(target))}
    (entry,) = school.made.workspace.here().audit.entries(SignerRole.SUBJECT_TEACHER)
    assert (entry.act, entry.detail) == ("save_to_sign", "2 records")


@pytest.mark.parametrize("role", list(SignerRole))
def test_what_was_signed_elsewhere_comes_back_for_every_role(
    copy: Callable[[str], SmallSchool], tmp_path: Path, role: SignerRole
) -> None:
    here, there = copy("here"), copy("there")
    order = list(SignerRole)
    for school in (here, there):
        school.identities = {}
    there.identities = here.identities
    sign(here, *order[: order.index(role)])
    out = tmp_path / "stick"
    signed_files(here, out)
    there.made.elsewhere.take_back([out])
    sign(there, role)
    back = signed_files(there, tmp_path / "back")
    found = here.made.elsewhere.take_back([back])
    assert errors(found) == {None}
    assert all(set(each.roles) == {role} for each in found)
    assert waiting(here, role) == []
    journal = here.made.workspace.here().transcripts
    for head in here.made.records.heads():
        rows = journal.signatures(head.record_id, head.version)
        assert rows[-1].sha256_after == head.sha256
        report = verify_record(journal.get(head.record_id, 1).xml, here.made.trust, here.made.now())
        assert report.content_intact
    batches = {row.batch_id for row in rows}
    told = [e for b in batches for e in here.made.workspace.here().audit.entries(b)]
    assert "take_signatures" in {e.act for e in told}
    assert errors(here.made.elsewhere.take_back([back])) == {None}
    assert all(not each.roles for each in here.made.elsewhere.take_back([back]))


def test_teachers_on_two_machines_make_one_record(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    there.identities = here.identities
    teachers = waiting(here, SignerRole.SUBJECT_TEACHER)
    for number, each in enumerate(teachers):
        school = here if number % 2 else there
        with here.identity(each.signer).key() as key:
            school.made.signing.sign(each.heads, SignerRole.SUBJECT_TEACHER, key)
    assert states(here) == states(there) == {S.LOCKED}
    here.made.elsewhere.take_back([signed_files(there, tmp_path / "there-out")])
    there.made.elsewhere.take_back([signed_files(here, tmp_path / "here-out")])
    assert states(here) == states(there) == {S.SIGNED_SUBJECTS}
    sign(here, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
    assert states(here) == {S.ISSUED}


def test_a_machine_that_is_behind_takes_all_at_once(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    sign(there, *SignerRole)
    found = here.made.elsewhere.take_back([signed_files(there, tmp_path / "out")])
    assert {each.roles[-1] for each in found} == {SignerRole.SCHOOL}
    assert states(here) == {S.ISSUED}
    assert [h.sha256 for h in here.made.records.heads()] == [
        h.sha256 for h in there.made.records.heads()
    ]
    assert len(here.made.signing.unsealed()) == len(found)


def test_what_another_program_wrote_anew_is_still_the_record(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    sign(there, SignerRole.SUBJECT_TEACHER)
    out = signed_files(there, tmp_path / "out")
    for file in out.iterdir():
        xml = file.read_text(encoding="utf-8").replace('encoding="UTF-8"', "encoding='utf-8'", 1)
        file.write_bytes(b"\xef\xbb\xbf" + xml.replace("<GVCN/>", "<GVCN></GVCN>").encode())
    assert errors(here.made.elsewhere.take_back([out])) == {None}
    assert states(here) == {S.SIGNED_SUBJECTS}


def test_a_certificate_beside_the_signers_that_cannot_be_read_stops_nothing(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    sign(there, SignerRole.SUBJECT_TEACHER)
    out = signed_files(there, tmp_path / "out")
    more = b"<ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"
    for file in out.iterdir():
        file.write_bytes(file.read_bytes().replace(b"</ds:X509Data>", more))
    assert errors(here.made.elsewhere.take_back([out])) == {None}
    assert states(here) == {S.SIGNED_SUBJECTS}


def test_a_signature_by_a_certificate_known_as_revoked_does_not_come_back(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    there.identities = here.identities
    first = waiting(there, SignerRole.SUBJECT_TEACHER)[0].signer
    sign(there, SignerRole.SUBJECT_TEACHER)
    mark = fingerprint(here.identity(first).certificate)
    keep_told(
        here.made.workspace.here(), {mark: RevocationNotice(first.full_name, here.made.now())}
    )
    out = signed_files(there, tmp_path / "out")
    found = here.made.elsewhere.take_back([out])
    assert errors(found) == {CertificateUnfit}
    assert {e.error.params["reason"] for e in found if e.error} == {"certificate_revoked"}
    assert states(here) == {S.LOCKED}


def test_what_may_not_be_issued_is_issued_neither_here_nor_elsewhere(tmp_path: Path) -> None:
    """A pupil without a personal id."""
    school = small_school(tmp_path, SECTIONS[:1], pupils=1, lock=False)
    store = school.made.workspace.here()
    (pupil,) = store.people.students()
    store.people.save_students([replace(pupil, personal_id="")])
    school.made.records.lock(SECTIONS[0].id)
    sign(school, SignerRole.HOMEROOM, SignerRole.PRINCIPAL)
    (each,) = waiting(school, SignerRole.SCHOOL)
    key = school.identity(each.signer).key()
    (refused,) = school.made.signing.sign(each.heads, SignerRole.SCHOOL, key).failed
    assert type(refused.error) is TranscriptIncomplete
    xml = school.made.records.get(each.heads[0]).xml
    out = tmp_path / "out.xml"
    out.write_bytes(sign_record(xml, slots_due(xml)[0], key, school.made.now()))
    assert errors(school.made.elsewhere.take_back([out])) == {TranscriptIncomplete}
    assert states(school) == {S.SIGNED_PRINCIPAL}
    school.made.close()


def _another_person(school: SmallSchool, xml: bytes) -> bytes:
    """By somebody we trust, in a colleague's place."""
    bare = next(
        school.made.records.get(h).xml
        for h in school.made.records.heads()
        if h.record_id.encode() in xml
    )
    slot, other = slots_due(bare)[0], school.authority.person("Bàn Thị Nga", "001090000001").key()
    record = RecordTree(bare)
    references = [(i, digest_of(record.element(i))) for i in record.place(slot).covers]
    unsigned = unsigned_signature("Signature_x", references, other, school.made.now(), "Giáo viên")
    return fill_slot(bare, slot, unsigned.complete(other.sign(unsigned.to_sign)))


def _tamper(school: SmallSchool, xml: bytes) -> bytes:
    return xml.replace("Vàng".encode(), "Vằng".encode(), 1)


def _break(school: SmallSchool, xml: bytes) -> bytes:
    at = xml.index(b"<ds:SignatureValue>") + 19
    return xml[:at] + (b"B" if xml[at : at + 1] == b"A" else b"A") + xml[at + 1 :]


def _unknown(school: SmallSchool, xml: bytes) -> bytes:
    (head, *_) = (h for h in school.made.records.heads() if h.record_id.encode() in xml)
    other = head.record_id[:-1] + ("0" if head.record_id[-1] != "0" else "1")
    return xml.replace(head.record_id.encode(), other.encode())


def _foreign(school: SmallSchool, xml: bytes) -> bytes:
    """Signed by the right name, from an authority that nobody here trusts."""
    bare = next(
        school.made.records.get(h).xml
        for h in school.made.records.heads()
        if h.record_id.encode() in xml
    )
    signer = next(w.signer for w in waiting(school, SignerRole.SUBJECT_TEACHER))
    stranger = PracticeAuthority(school.made.now()).person(signer.full_name, signer.personal_id)
    slot = next(s for s in slots_due(bare) if _fits(bare, s, stranger))
    return sign_record(bare, slot, stranger.key(), school.made.now())


def _fits(xml: bytes, slot: object, who: object) -> bool:
    try:
        sign_record(xml, slot, who.key(), who.certificate.not_valid_before_utc)  # type: ignore[attr-defined, arg-type]
    except WrongSigner:
        return False
    return True


def _dtd(school: SmallSchool, xml: bytes) -> bytes:
    return xml.replace(b"<HOC_BA", b'<!DOCTYPE HOC_BA [<!ENTITY a "b">]><HOC_BA', 1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_tamper, RecordDiffers),
        (_break, SignatureBroken),
        (_unknown, RecordUnknown),
        (_foreign, CertificateUnfit),
        (_another_person, WrongSigner),
        (_dtd, TranscriptUnsafe),
        (lambda _, xml: xml[: len(xml) // 2], TranscriptInvalid),
        (lambda *_: b"", TranscriptUnsafe),
        (lambda *_: b"x" * 5_000_000, TranscriptUnsafe),
    ],
    ids=[
        "tampered",
        "broken",
        "unknown",
        "foreign",
        "another person",
        "dtd",
        "torn",
        "empty",
        "huge",
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    copy: Callable[[str], SmallSchool],
    tmp_path: Path,
    change: Callable[[SmallSchool, bytes], bytes],
    error: type[AppError],
) -> None:
    here, there = copy("here"), copy("there")
    sign(there, SignerRole.SUBJECT_TEACHER)
    out = signed_files(there, tmp_path / "out")
    bad, good = sorted(out.iterdir())
    bad.write_bytes(change(here, bad.read_bytes()))
    before = {h.record_id: h.sha256 for h in here.made.records.heads()}
    found = {each.file: each for each in here.made.elsewhere.take_back([out])}
    assert type(found[bad].error) is error
    assert found[good].error is None
    after = {h.record_id: h.sha256 for h in here.made.records.heads()}
    assert before[bad.stem] == after[bad.stem]
    assert before[good.stem] != after[good.stem]


def test_a_signature_that_skips_a_role_is_refused(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    """A later signature without those before it; one above another's signature than ours."""
    here, there = copy("here"), copy("there")
    there.identities = here.identities
    for school in (here, there):
        sign(school, SignerRole.SUBJECT_TEACHER)
    sign(there, SignerRole.HOMEROOM)
    found = here.made.elsewhere.take_back([signed_files(there, tmp_path / "out")])
    assert errors(found) == {SignatureBroken}
    assert states(here) == {S.SIGNED_SUBJECTS}
    lagging = copy("lagging")
    out = signed_files(there, tmp_path / "cut")
    for file in out.iterdir():
        xml = file.read_bytes()
        end = b"</ds:Signature>"
        file.write_bytes(xml[: xml.index(b"<ds:Signature ")] + xml.split(end, 1)[1])
    assert errors(lagging.made.elsewhere.take_back([out])) <= {RoleNotDue, SignatureBroken}
    assert states(lagging) == {S.LOCKED}


def test_a_version_that_was_superseded_takes_no_signature(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    here, there = copy("here"), copy("there")
    sign(there, SignerRole.SUBJECT_TEACHER)
    out = signed_files(there, tmp_path / "out")
    store = here.made.workspace.here()
    head = here.made.records.heads()[0]
    store.transcripts.move(head.record_id, head.version, S.SUPERSEDED)
    found = {each.file.stem: each.error for each in here.made.elsewhere.take_back([out])}
    assert type(found[head.record_id]) is VersionClosed
    assert len([e for e in found.values() if e is None]) == 1


def test_a_stop_keeps_what_was_taken(copy: Callable[[str], SmallSchool], tmp_path: Path) -> None:
    here, there = copy("here"), copy("there")
    sign(there, SignerRole.SUBJECT_TEACHER)
    cancel = CancelToken()
    context = WorkContext(cancel, lambda at: cancel.cancel() if at.done == 1 else None)
    out = signed_files(there, tmp_path / "out")
    assert len(here.made.elsewhere.take_back([out], context)) in (1, 2)
    assert S.SIGNED_SUBJECTS in states(here)
    here.made.elsewhere.take_back([out])
    assert states(here) == {S.SIGNED_SUBJECTS}


def test_a_class_that_is_opened_again_forgets_its_copies(
    copy: Callable[[str], SmallSchool], tmp_path: Path
) -> None:
    school = copy("a")
    first = waiting(school, SignerRole.SUBJECT_TEACHER)[0]
    target = school.made.elsewhere.save(first.heads, first.signer, tmp_path)
    school.made.records.unlock("8B")
    assert school.made.elsewhere.saved() == []
    school.made.records.lock("8B", issued_on="2027-01-02")
    assert errors(school.made.elsewhere.take_back([target])) == {RecordDiffers}
    shutil.rmtree(target)
