"""Who signs in which order is read from a file; what the machine cannot do is refused there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import resources
from app.errors import ProfileError
from app.model.signing import SignerRole
from app.signing.record.signing_profile import load_signing_profile

SHIPPED = resources.path("profiles", "signing.toml").read_text("utf-8")
PRIMARY = '02 = ["homeroom", "principal", "school"]'
LOWER = '03 = ["subject_teacher", "homeroom", "principal", "school"]'


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (PRIMARY, '02 = ["principal", "homeroom", "school"]', "levels.02", "không ký được"),
        (PRIMARY, '02 = ["homeroom", "school"]', "levels.02", "không ký được"),
        (PRIMARY, '02 = ["homeroom", "principal"]', "levels.02", "sau cùng"),
        (PRIMARY, '02 = ["homeroom", "homeroom", "school"]', "levels.02", "lặp lại"),
        (PRIMARY, '02 = ["homeroom", "mayor", "school"]', "levels.02", "mayor"),
        (PRIMARY, "02 = []", "levels.02", "ít nhất"),
        (PRIMARY, "", "levels", "thiếu cấp học 02"),
        (PRIMARY, f'{PRIMARY}\n09 = ["school"]', "levels.09", "cấp học"),
        (LOWER, '03 = ["subject_teacher", "principal", "school"]', "levels.03", "không ký được"),
        ('covers = ["thongtinhocba"]', 'covers = ["data"]', "roles.homeroom.covers", "chỉ ký được"),
        ('covers = ["thongtinhocba"]', "", "roles.homeroom.covers", "phải nêu"),
        (
            'also_covers = ["chukygvbm"]',
            'also_covers = ["chukycbql"]',
            "roles.homeroom.also_covers",
            "đứng trước",
        ),
        (
            'also_covers = ["chukygvbm"]',
            'also_covers = ["x"]',
            "roles.homeroom.also_covers",
            "đứng trước",
        ),
        ('form = "xades"', 'form = "pkcs7"', "form", "một trong"),
        ('rsa_schemes = ["pss", "pkcs1"]', 'rsa_schemes = ["md5"]', "rsa_schemes", "md5"),
        ('of_a_subject = "one"', 'of_a_subject = "two"', "teachers.of_a_subject", "một trong"),
        ('form = "xades"', 'vresion = 1\nform = "xades"', "vresion", "không có trường"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_reason(
    tmp_path: Path, old: str, new: str, field: str, reason: str
) -> None:
    assert old in SHIPPED
    text = SHIPPED.replace(old, new, 1)
    file = tmp_path / "signing.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ProfileError) as refused:
        load_signing_profile(file)
    told = refused.value.params
    assert (told["file"], told["field"]) == ("signing.toml", field)
    assert reason in str(told["reason"])
    assert isinstance(told["line"], int)
    key = field.rpartition(".")[2]
    assert key in text.splitlines()[told["line"] - 1] or reason in ("phải nêu",)


def test_an_order_without_subject_teachers_is_one_the_machine_can_do(tmp_path: Path) -> None:
    file = tmp_path / "signing.toml"
    new = '03 = ["homeroom", "principal", "school"]'
    file.write_text(SHIPPED.replace(LOWER, new, 1), "utf-8")
    order = load_signing_profile(file).order["03"]
    assert order == (SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
