"""Keys of the invented people: SoftHSM tokens where it is installed, PKCS#12 files elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from app.model.people import School, Staff
from app.practice.school import PIN
from app.signing.keys.key_choice import KeyFile, KeySources
from app.signing.keys.practice_tokens import find_softhsm, make_softhsm_token, softhsm_driver
from app.signing.trust.practice_pki import Identity, PracticeAuthority


def make_keys(
    folder: Path,
    now: datetime,
    school: School,
    on_tokens: Sequence[Staff],
    in_files: Sequence[Staff],
) -> Path:
    """Keys for people and the school; the practice root's certificate file is returned.

    Without SoftHSM everyone's key lies in a file. Keys are P-256: Circular 15/2025 names ECDSA,
    and every checker there is can follow it, which is not so for RSASSA-PSS.
    """
    authority = PracticeAuthority(now)
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    seal = authority.organisation(school.name, school.tax_code)
    people = [*on_tokens, *in_files]
    named = [(p.id, authority.person(p.full_name, p.personal_id)) for p in people]
    named.append(("truong", seal))
    tokens = {p.id for p in on_tokens} | {"truong"} if find_softhsm() else set()
    for name, identity in named:
        if name in tokens:
            make_softhsm_token(folder, name, PIN, identity)
        else:
            _save(files, name, identity)
    return authority.save_root(folder / "trust")


def _save(files: Path, name: str, identity: Identity) -> None:
    identity.save_pkcs12(files / f"{name}.p12", PIN)
    certificate = identity.certificate.public_bytes(Encoding.PEM)
    (files / f"{name}.crt").write_bytes(certificate)


def sources(folder: Path) -> KeySources:
    """Where the practice keys are."""
    drivers = (softhsm_driver(folder),) if find_softhsm() else ()
    return KeySources(drivers, key_files(folder))


def key_files(folder: Path) -> tuple[KeyFile, ...]:
    """Key files, each with its certificate beside it."""
    found = sorted((folder / "files").glob("*.p12"))
    beside = ((file, file.with_suffix(".crt").read_bytes()) for file in found)
    return tuple(KeyFile(file, load_pem_x509_certificate(pem)) for file, pem in beside)
