"""The code on paper survives printing and a poor camera, and no change to what it says."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import segno
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter
from pyhanko.pdf_utils.generic import DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from app.cli.verify import command
from app.errors import PaperCodeInvalid
from app.model.signing import CheckState
from app.signing.keys.keys import Scheme
from app.signing.paper.code import (
    CERTIFICATE,
    STATEMENT,
    PaperStatement,
    from_base45,
    read_certificates,
    read_code,
    to_base45,
    write_code,
)
from app.signing.paper.verification import verify_paper
from app.signing.record.versions import compare_versions
from app.signing.trust.practice_pki import Algorithm, CertificatePurpose
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import NOW, SCHOOL, TAX_CODE, staffroom
from tests.fixtures.schools.small_school import SmallSchool, small_school

SAID = PaperStatement(
    "6f1c9a4e-0b7d-4f1e-9a55-0c2d3e4f5a6b", 2, "ab" * 32, NOW, "Giàng A Páo\nLớp 8B\nHọc tập: Tốt",
    SCHOOL, TAX_CODE,
)  # fmt: skip


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    made = small_school(tmp_path_factory.mktemp("school"), pupils=1)
    made.sign_all(seal=True)
    return made


@pytest.fixture(scope="module", params=["4A", "8B"])
def last_page(
    request: pytest.FixtureRequest, school: SmallSchool, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The last page of a sealed view at 150 dpi."""
    folder = tmp_path_factory.mktemp("page")
    (head,) = school.made.records.heads(request.param)
    view = school.made.records.view(head)
    assert view is not None
    (folder / "view.pdf").write_bytes(view)
    (folder / "record.xml").write_bytes(school.made.records.get(head).xml)
    run = ["pdftoppm", "-r", "150", "-png", "-f", "4", folder / "view.pdf", folder / "page"]
    subprocess.run(run, check=True)
    (page,) = folder.glob("page*.png")
    return page


def as_bytes(picture: Image.Image, kind: str = "PNG", **more: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **more)
    return stream.getvalue()


def photographed(page: Path) -> bytes:
    """Turned by three degrees, unsharp, noisy, grey, and squeezed by a telephone."""
    picture = Image.open(page).convert("L").resize((1860, 2630), Image.Resampling.BICUBIC)
    picture = picture.rotate(3, expand=True, fillcolor=235, resample=Image.Resampling.BICUBIC)
    picture = picture.filter(ImageFilter.GaussianBlur(1.2))
    noise = Image.effect_noise(picture.size, 24)
    return as_bytes(Image.blend(picture, noise, 0.22), "JPEG", quality=60)


def test_a_page_at_150_dpi_is_proven(school: SmallSchool, last_page: Path) -> None:
    made = school.made
    report = verify_paper(last_page.read_bytes(), made.trust, made.now())
    assert (report.ok, report.kind, report.problems) == (True, "paper", ())
    assert "   Vàng Thị Sáy 1" in report.notes
    assert report.practice
    (signature,) = report.signatures
    assert signature.state is CheckState.VALID_NOT_CHECKED_ONLINE
    assert signature.not_checked == ("revocation", "time")


def test_a_poor_photograph_is_proven(school: SmallSchool, last_page: Path) -> None:
    made = school.made
    report = verify_paper(photographed(last_page), made.trust, made.now())
    assert report.ok, report.problems


def test_a_scan_in_a_pdf_is_proven_by_the_command(school: SmallSchool, last_page: Path) -> None:
    scan = last_page.with_name("scan.pdf")
    Image.open(last_page).convert("L").save(scan, "PDF", resolution=150)
    trust = str(school.folder / "trust")
    paths = [str(scan), str(last_page.with_name("record.xml"))]
    done = CliRunner().invoke(command, ["--json", "--trust", trust, *paths])
    said = json.loads(done.output)
    assert (done.exit_code, said["ok"]) == (3, True)
    assert said["files"][0]["kind"] == "paper"
    assert said["files"][0]["notes"][-1] == "Mã trên giấy khớp với tệp XML đi kèm."


@pytest.mark.parametrize("depth", [8, 1])
def test_a_scan_kept_without_loss_is_proven(
    school: SmallSchool, last_page: Path, depth: int
) -> None:
    scan = Image.open(last_page).convert("L" if depth == 8 else "1")
    png = as_bytes(scan)
    begin = png.index(b"IDAT")
    data, at = b"", begin - 4
    while png[at + 4 : at + 8] == b"IDAT":
        length = int.from_bytes(png[at : at + 4], "big")
        data += png[at + 8 : at + 8 + length]
        at += length + 12
    pdf = PdfFileWriter()
    picture = StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Image"),
            pdf_name("/Width"): NumberObject(scan.width),
            pdf_name("/Height"): NumberObject(scan.height),
            pdf_name("/ColorSpace"): pdf_name("/DeviceGray"),
            pdf_name("/BitsPerComponent"): NumberObject(depth),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
            pdf_name("/DecodeParms"): DictionaryObject(
                {
                    pdf_name("/Predictor"): NumberObject(15),
                    pdf_name("/Columns"): NumberObject(scan.width),
                    pdf_name("/BitsPerComponent"): NumberObject(depth),
                }
            ),
        },
        encoded_data=data,
    )
    page = PageObject(
        contents=pdf.add_object(StreamObject(stream_data=b"/Im Do")),
        media_box=(0, 0, 595, 842),
        resources=DictionaryObject(
            {pdf_name("/XObject"): DictionaryObject({pdf_name("/Im"): pdf.add_object(picture)})}
        ),
    )
    pdf.insert_page(page)
    stream = io.BytesIO()
    pdf.write(stream)
    made = school.made
    report = verify_paper(stream.getvalue(), made.trust, made.now(), scan=True)
    assert report.ok, report.problems


def test_another_record_under_the_same_number_is_noticed(
    school: SmallSchool, last_page: Path
) -> None:
    made = school.made
    paper = verify_paper(last_page.read_bytes(), made.trust, made.now(), file="a.png")
    head = next(h for h in made.records.heads() if h.record_id == paper.record_id)
    from app.signing.record.verification import verify_record

    xml = made.records.get(head).xml.replace(b"</HO_VA_TEN>", b" </HO_VA_TEN>", 1)
    other = verify_record(xml, made.trust, made.now())
    assert [report.ok for report in compare_versions([paper, other])] == [False, False]


def picture(*texts: str) -> bytes:
    page = Image.new("L", (1600, 900), 255)
    for number, text in enumerate(texts):
        stream = io.BytesIO()
        segno.make_qr(text).save(stream, kind="png", scale=4, border=4)
        page.paste(Image.open(stream).convert("L"), (20 + 780 * number, 20))
    return as_bytes(page)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_kind_of_key_makes_a_code_that_holds(scheme: Scheme) -> None:
    people = staffroom(Algorithm.EC if scheme is Scheme.ECDSA else Algorithm.RSA)
    key = people.school.key() if scheme is Scheme.ECDSA else people.school.key(scheme)
    report = verify_paper(picture(*write_code(SAID, key)), people.trust, NOW)
    assert report.ok, (report.problems, report.signatures)
    assert (report.record_id, report.version) == (SAID.record_id, 2)


def changed(text: str, old: bytes, new: bytes) -> str:
    data = from_base45(text.removeprefix(STATEMENT))
    assert old in data
    return STATEMENT + to_base45(data.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("Tốt".encode(), "Khá".encode(), id="another result"),
        pytest.param(b"\x00\x00\x00\x02", b"\x00\x00\x00\x03", id="another version"),
        pytest.param(b"\xab\xab", b"\xab\xac", id="another record"),
    ],
)
def test_a_changed_statement_is_refused(old: bytes, new: bytes) -> None:
    people = staffroom()
    text, certificate = write_code(SAID, people.school.key())
    report = verify_paper(picture(changed(text, old, new), certificate), people.trust, NOW)
    assert not report.ok
    assert not report.content_intact
    assert report.notes == ()
    assert report.signatures[0].problems == ("signature_value_wrong",)


def test_a_teacher_cannot_sign_for_the_school() -> None:
    people = staffroom()
    report = verify_paper(picture(*write_code(SAID, people.maths.key())), people.trust, NOW)
    assert not report.ok
    assert "paper.not_an_organisation" in report.signatures[0].problems


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(SAID, id="the school's name and number"),
        pytest.param(replace(SAID, tax_code="2800999999"), id="the school's name, its own number"),
    ],
)
def test_a_company_cannot_speak_for_a_school(said: PaperStatement) -> None:
    company = staffroom().authority.organisation("Công ty TNHH Bánh Kẹo", "2800999999")
    report = verify_paper(picture(*write_code(said, company.key())), staffroom().trust, NOW)
    assert (report.ok, report.undecided) == (False, False)
    assert "wrong_signer" in report.signatures[0].problems


def test_a_code_that_names_no_school_is_left_open() -> None:
    """As those of the first format were."""
    said = replace(SAID, school="", tax_code="")
    report = verify_paper(
        picture(*write_code(said, staffroom().school.key())), staffroom().trust, NOW
    )
    assert (report.ok, report.undecided) == (False, True)
    assert report.signatures[0].problems == ("paper.school_not_named",)


def test_the_first_format_is_still_read() -> None:
    text, _ = write_code(SAID, staffroom().school.key())
    data = from_base45(text.removeprefix(STATEMENT))
    old = read_code(STATEMENT + to_base45(b"\x01" + data[1:]))
    assert (old.statement.school, old.statement.tax_code) == ("", "")
    assert not old.holds(staffroom().school.certificate)


def test_another_certificate_of_the_key_is_not_the_one_that_is_named() -> None:
    made, school = staffroom().authority, staffroom().school
    key, own = school.private_key, school.certificate
    extensions = [(e.value, e.critical) for e in own.extensions][2:]
    again = made._issue(own.subject, own.issuer, key, made._sub_key, extensions)
    code = read_code(write_code(SAID, school.key())[0])
    assert code.holds(own)
    assert not code.holds(again)


def test_a_code_of_another_format_is_not_read() -> None:
    text, _ = write_code(SAID, staffroom().school.key())
    data = from_base45(text.removeprefix(STATEMENT))
    with pytest.raises(PaperCodeInvalid):
        read_code(STATEMENT + to_base45(b"\x03" + data[1:]))


def test_paper_from_the_future_and_from_a_key_that_may_not_sign_is_not_good() -> None:
    made = staffroom().authority
    sealing = made.organisation("Trường A", "2800123456", purpose=CertificatePurpose.DECRYPT)
    for key, now, problem in (
        (staffroom().school.key(), NOW - timedelta(days=2), "time_in_future"),
        (sealing.key(), NOW, "certificate_key_usage"),
    ):
        report = verify_paper(picture(*write_code(SAID, key)), staffroom().trust, now)
        assert not report.ok
        assert problem in report.signatures[0].problems


def test_a_signer_that_nobody_vouches_for_proves_nothing() -> None:
    report = verify_paper(picture(*write_code(SAID, staffroom().school.key())), TrustStore([]), NOW)
    assert not report.ok
    assert report.signatures[0].state is CheckState.UNKNOWN


def test_the_certificate_may_come_from_a_trusted_folder() -> None:
    people = staffroom()
    statement, _ = write_code(SAID, people.school.key())
    alone = verify_paper(picture(statement), people.trust, NOW)
    assert alone.problems == ("paper.certificate_missing",)
    key = people.school.key()
    trust = TrustStore(people.trust.roots, (key.certificate, *key.chain))
    assert verify_paper(picture(statement), trust, NOW).ok


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "paper.unreadable", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "paper.unreadable", id="torn"),
        pytest.param(picture("https://example.org"), "paper.no_code", id="another's code"),
        pytest.param(picture(STATEMENT + "ABC"), "paper.code_invalid", id="cut"),
        pytest.param(picture(STATEMENT + "::::::"), "paper.code_invalid", id="not Base45"),
        pytest.param(
            picture(*(write_code(SAID, staffroom().school.key())[0] for _ in range(2))),
            "paper.several_codes",
            id="two records",
        ),
    ],
)
def test_a_picture_without_a_good_code_is_refused(data: bytes, problem: str) -> None:
    assert verify_paper(data, staffroom().trust, NOW).problems == (problem,)


def test_a_picture_of_too_many_pixels_is_not_unpacked() -> None:
    bomb = as_bytes(Image.new("1", (30_000, 30_000)))
    assert len(bomb) < 200_000
    assert verify_paper(bomb, staffroom().trust, NOW).problems == ("paper.unreadable",)


def test_a_certificate_bomb_is_refused() -> None:
    import zlib

    bomb = CERTIFICATE + to_base45(zlib.compress(bytes(10_000_000), 9)[:2000])
    with pytest.raises(PaperCodeInvalid):
        read_certificates(bomb)


def test_a_covered_corner_is_mended_by_the_code(last_page: Path, school: SmallSchool) -> None:
    spoiled = Image.open(last_page).convert("L")
    pen = ImageDraw.Draw(spoiled)
    pen.ellipse((240, 1480, 252, 1492), fill=0)
    report = verify_paper(as_bytes(spoiled), school.made.trust, school.made.now())
    assert report.ok, report.problems


@given(st.binary(max_size=300))
def test_base45_gives_back_what_it_was_given(data: bytes) -> None:
    assert from_base45(to_base45(data)) == data


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for prefix in (STATEMENT, CERTIFICATE, ""):
        for read in (read_code, read_certificates):
            with pytest.raises(PaperCodeInvalid):
                read(prefix + text)


def test_base45_is_that_of_the_standard() -> None:
    assert to_base45(b"Hello!!") == "%69 VD92EX0"  # RFC 9285, section 4.3
    assert from_base45("QED8WEX0") == b"ietf!"
