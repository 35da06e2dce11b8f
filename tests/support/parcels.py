"""Invented signed-like records and keys for the tests of parcels and delivery."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from app.model.delivery import Event, ParcelItem, RecordKey
from app.parcel.recipient import self_certificate

SCHOOL = "79000123"
SUBJECTS = 14


def receiver(number: int = 0) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """The same key pair for the same number within a run."""
    return _receiver(number)


@cache
def _receiver(number: int) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key, self_certificate(key, f"Sở Giáo dục thử {number}")


def records(count: int, seed: int = 1, school: str = SCHOOL, version: int = 1) -> list[ParcelItem]:
    """A class of records with four signatures each, comments of random words.

    Each signature is 256 random bytes and its own digests; certificates are the class's.
    """
    chance = random.Random(seed)
    words = [f"{a}{b}" for a in ("học", "chăm", "viết", "tính", "đọc") for b in "abcdeghikl"]
    certificates = [base64.b64encode(chance.randbytes(1200)).decode() for _ in range(4)]
    return [
        item(record_xml(chance, words, certificates), chance, school, version) for _ in range(count)
    ]


def item(xml: bytes, chance: random.Random, school: str, version: int) -> ParcelItem:
    record_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return ParcelItem(
        key=RecordKey(record_id, version, hashlib.sha256(xml).hexdigest()),
        event=Event.NEW if version == 1 else Event.UPDATE,
        xml=xml,
        school_code=school,
        school_year="2026-2027",
        section="4A",
    )


def record_xml(chance: random.Random, words: list[str], certificates: list[str]) -> bytes:
    lines = [f"<HO_TEN>Nguyễn {chance.choice(words)}</HO_TEN>"]
    for number in range(SUBJECTS):
        comment = " ".join(chance.choices(words, k=15))
        mark = chance.randint(50, 100) / 10
        lines.append(
            f'<DIEM_TONG_KET Id="mon{number}"><DIEM>{mark}</DIEM><MUC_DAT_DUOC>T</MUC_DAT_DUOC>'
            f"<NHAN_XET>{comment}</NHAN_XET></DIEM_TONG_KET>"
        )
    lines.extend(_signature(chance, certificate) for certificate in certificates)
    body = "\n".join(lines)
    data = f'<DU_LIEU_HOC_BA Id="data">{body}</DU_LIEU_HOC_BA>'
    return f'<HOC_BA xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{data}</HOC_BA>'.encode()


def _signature(chance: random.Random, certificate: str) -> str:
    def b64(size: int) -> str:
        return base64.b64encode(chance.randbytes(size)).decode()

    return (
        "<ds:Signature><ds:SignedInfo>"
        f"<ds:DigestValue>{b64(32)}</ds:DigestValue><ds:DigestValue>{b64(32)}</ds:DigestValue>"
        f"</ds:SignedInfo><ds:SignatureValue>{b64(256)}</ds:SignatureValue>"
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:Signature>"
    )
