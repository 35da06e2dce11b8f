"""Keys of the invented people: SoftHSM tokens where it is installed, PKCS#12 files elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from app.errors import DriverUnusable
from app.model.people import School, Staff
from app.practice.school import PIN
from app.signing.keys.key_choice import KeyFile, KeySources
from app.signing.keys.practice_tokens import (
    find_softhsm,
    make_softhsm_token,
    softhsm_driver,
    tokens_in,
)
from app.signing.trust.practice_pki import Identity, PracticeAuthority


def make_keys(
    folder: Path,
    now: datetime,
    school: School,
    on_tokens: Sequence[Staff],
    in_files: Sequence[Staff],
) -> Path:
    """Keys for people and the school; the practice root's certificate file is returned.

    Without SoftHSM, or where it refuses, everyone's key lies in a file. Keys are P-256: Circular
    15/2025 names ECDSA, and every checker there is can follow it, which is not so for RSASSA-PSS.
    """
    authority = PracticeAuthority(now)
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    seal = authority.organisation(school.name, school.tax_code)
    people = [*on_tokens, *in_files]
    named = [(p.id, authority.person(p.full_name, p.personal_id)) for p in people]
    named.append(("truong", seal))
    wanted = {p.id for p in on_tokens} | {"truong"}
    tokens = _on_tokens(folder, [each for each in named if each[0] in wanted])
    for name, identity in named:
        if name not in tokens:
            _save(files, name, identity)
    return authority.save_root(folder / "trust")


def _on_tokens(folder: Path, named: Sequence[tuple[str, Identity]]) -> set[str]:
    """Who got a token: everyone of these or nobody.

    SoftHSM takes its settings' place in Windows' code page: there it finds nothing under an
    account such as "Trần Văn Ấn".
    """
    if not find_softhsm():
        return set()
    try:
        for name, identity in named:
            make_softhsm_token(folder, name, PIN, identity)
    except DriverUnusable:
        shutil.rmtree(tokens_in(folder), ignore_errors=True)
        return set()
    return {name for name, _ in named}


def _save(files: Path, name: str, identity: Identity) -> None:
    identity.save_pkcs12(files / f"{name}.p12", PIN)
    certificate = identity.certificate.public_bytes(Encoding.PEM)
    (files / f"{name}.crt").write_bytes(certificate)


def sources(folder: Path) -> KeySources:
    """Where the practice keys are."""
    has_tokens = tokens_in(folder).is_dir() and any(tokens_in(folder).iterdir())
    drivers = (softhsm_driver(folder),) if has_tokens and find_softhsm() else ()
    return KeySources(drivers, key_files(folder))


def key_files(folder: Path) -> tuple[KeyFile, ...]:
    """Key files, each with its certificate beside it."""
    found = sorted((folder / "files").glob("*.p12"))
    beside = ((file, file.with_suffix(".crt").read_bytes()) for file in found)
    return tuple(KeyFile(file, load_pem_x509_certificate(pem)) for file, pem in beside)
