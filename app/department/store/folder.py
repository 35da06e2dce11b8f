"""A station's folder: its settings, keys, certificates, store and half-taken parcels.

station.json      name, address to hand out, database, objects, keys, deadline
receipt.key       Ed25519: signs receipts and enrolments
open.key/.crt     RSA: parcels are sealed for this certificate (its key may lie elsewhere: `keys`)
ca.crt, tls.key/.crt   the address's own authority; its key is not kept
station.db        rows of records, and receipts (SQLite unless `database` says otherwise)
objects/          the records themselves (unless `objects` names an S3-compatible store)
objects.ini       credentials of that store, where they do not come from the environment
next.json, next.jws  who we are to the next station, and its enrolment file
uploads/          parcels that have not come whole yet
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.department.ops.certificates import new_authority_and_server
from app.department.ops.keys import (
    KeyPlace,
    OpeningKeys,
    OpeningToken,
    Sealing,
    find_on_token,
    read_opening_file,
    signing_key,
)
from app.department.store.archive import Archive
from app.department.store.objects import FolderObjects, Objects
from app.errors import StationFolderInvalid
from app.owner_only import restrict, write_private
from app.parcel.device import DeviceIdentity
from app.parcel.enrolment import Enrolment, read_enrolment
from app.parcel.recipient import new_recipient

PORT = 8443


@dataclass(frozen=True, slots=True)
class StationFolder:
    path: Path
    name: str
    role: str
    url: str
    """What enrolments tell the schools; empty: the address of the last start."""
    database: str
    """SQLAlchemy URL."""
    objects: str
    """Where the records' bytes lie: `s3+https://host/bucket`; '': in this folder."""
    deadline: str
    """ISO date by which schools must have delivered; '' when none is set."""
    receipt_key: Ed25519PrivateKey
    open_key: rsa.RSAPrivateKey
    """Of the folder's own file; `opening_keys` has what is in use."""
    open_place: str
    """Where another key lies that is used instead (see `keys`); '': none."""
    seal_place: str
    """Where the key of the department's own certificate lies; '': it has none."""

    @property
    def hands_on(self) -> bool:
        """Its senders are departments, which bring the records of many schools."""
        return self.role == "ministry"

    @property
    def has_next(self) -> bool:
        return (self.path / "next.jws").exists()

    def next_device(self, code: str) -> DeviceIdentity:
        """Who this station is to the next one; made once. `code`: the department's own."""
        place = self.path / "next.json"
        if not place.exists():
            device = DeviceIdentity.new(code)
            content = {"code": code, "key": device.to_bytes().hex()}
            write_private(place, json.dumps(content).encode())
        content = json.loads(place.read_text("utf-8"))
        return DeviceIdentity.from_bytes(content["code"], bytes.fromhex(content["key"]))

    def next_station(self) -> tuple[DeviceIdentity, Enrolment]:
        """Where verified records go on to. Raises StationFolderInvalid, EnrolmentInvalid."""
        try:
            device = self.next_device("")
            return device, read_enrolment((self.path / "next.jws").read_bytes(), device)
        except (OSError, ValueError, KeyError) as error:
            raise StationFolderInvalid(f"next station: {type(error).__name__}") from error

    @property
    def uploads(self) -> Path:
        return self.path / "uploads"

    def opening_keys(self) -> OpeningKeys:
        """Raises StationKeyInvalid, TokenError."""
        if not self.open_place:
            return OpeningKeys((self.open_key,))
        place = KeyPlace(self.path, "open", self.open_place)
        used = OpeningToken(place) if place.on_token else read_opening_file(place)[0]
        return OpeningKeys((used, self.open_key))

    def sealing(self) -> Sealing:
        """Signs with the department's own certificate. Raises StationKeyInvalid, TokenError."""
        place = KeyPlace(self.path, "seal", self.seal_place)
        if not self.seal_place:
            raise place.invalid("chưa có chứng thư số của Sở, xem hocba department key seal")
        return Sealing(place)

    def open_archive(self) -> Archive:
        """Raises StationFolderInvalid, StationTooOld, ObjectStoreRefused (no credentials)."""
        return Archive(self.database, self._objects())

    def _objects(self) -> Objects:
        if not self.objects:
            return FolderObjects(self.path / "objects")
        from app.department.store.s3_objects import open_s3

        return open_s3(self.objects, self.path)

    @property
    def ca_pem(self) -> str:
        return (self.path / "ca.crt").read_text("ascii")

    @property
    def certificate_pem(self) -> str:
        return (self.path / "open.crt").read_text("ascii")

    def public_url(self) -> str:
        """Raises StationFolderInvalid when no address is set and the station never ran."""
        if self.url:
            return self.url
        try:
            return str(json.loads((self.path / "address.json").read_text("utf-8"))["url"])
        except (OSError, ValueError, KeyError) as error:
            raise StationFolderInvalid("no address yet") from error


def init_folder(
    path: Path,
    name: str,
    *,
    url: str = "",
    hosts: tuple[str, ...] = (),
    database: str = "",
    objects: str = "",
) -> StationFolder:
    """Make all keys and certificates of a new station in `path`.

    Raises StationFolderInvalid when a station is there already.
    """
    if (path / "station.json").exists():
        raise StationFolderInvalid("a station is there already")
    path.mkdir(parents=True, exist_ok=True)
    if not any(path.iterdir()):
        restrict(path)  # records lie in it, too
    (path / "uploads").mkdir(exist_ok=True)
    open_key, certificate = new_recipient(name)
    papers = new_authority_and_server(name, ("localhost", "127.0.0.1", *hosts))
    write_private(path / "receipt.key", _pem(Ed25519PrivateKey.generate()))
    write_private(path / "open.key", _pem(open_key))
    write_private(path / "tls.key", papers.server_key)
    (path / "open.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (path / "ca.crt").write_bytes(papers.authority)
    (path / "tls.crt").write_bytes(papers.server)
    settings = {"name": name, "url": url, "database": database, "objects": objects}
    content = json.dumps(settings, ensure_ascii=False, indent=1)
    write_private(path / "station.json", content.encode())  # a database's address has its password
    return load_folder(path)


def load_folder(path: Path, role: str = "department") -> StationFolder:
    """Raises StationFolderInvalid."""
    try:
        settings: dict[str, Any] = json.loads((path / "station.json").read_text("utf-8"))
        receipt_key = load_pem_private_key((path / "receipt.key").read_bytes(), None)
        open_key = load_pem_private_key((path / "open.key").read_bytes(), None)
        if not isinstance(receipt_key, Ed25519PrivateKey) or not isinstance(
            open_key, rsa.RSAPrivateKey
        ):
            raise StationFolderInvalid("keys of the wrong kind")
        return StationFolder(
            path=path,
            name=str(settings["name"]),
            role=role,
            url=str(settings["url"]),
            deadline=_date(str(settings.get("deadline", ""))),
            database=str(settings["database"]) or f"sqlite:///{path / 'station.db'}",
            objects=str(settings.get("objects", "")),
            receipt_key=receipt_key,
            open_place=str(settings.get("open", "")),
            seal_place=str(settings.get("seal", "")),
            open_key=open_key,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StationFolderInvalid(type(error).__name__) from error


def choose_key(
    path: Path,
    which: str,
    *,
    pkcs12: Path | None = None,
    module: Path | None = None,
    serial: str = "",
    id_: str = "",
) -> x509.Certificate:
    """Use a PKCS#12 file (copied into the folder) or a token's key as `open` or `seal`.

    The key is opened once, so that only what works is written down. Returns its certificate.
    Raises StationKeyInvalid, StationFolderInvalid, KeyPasswordIncorrect, TokenError.
    """
    load_folder(path)
    setting = f"{which}.p12"
    if module is not None:
        setting = find_on_token(module, serial, id_).uri
    elif pkcs12 is not None and pkcs12.resolve() != (path / setting).resolve():
        write_private(path / setting, pkcs12.read_bytes())
    place = KeyPlace(path, which, setting)
    certificate = _tried(place)
    if which == "open":
        (path / "open.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    _set(path, which, setting)
    return certificate


def set_deadline(path: Path, day: date | None) -> None:
    """By when schools must have delivered; None: no such day. Raises StationFolderInvalid."""
    load_folder(path)
    _set(path, "deadline", day.isoformat() if day else "")


def _set(path: Path, name: str, value: str) -> None:
    settings = json.loads((path / "station.json").read_text("utf-8"))
    content = json.dumps({**settings, name: value}, ensure_ascii=False, indent=1)
    write_private(path / "station.json", content.encode())


def _tried(place: KeyPlace) -> x509.Certificate:
    if place.name == "seal":
        with signing_key(place) as key:
            key.sign(b"hocba")
            return key.certificate
    if not place.on_token:
        return read_opening_file(place)[1]
    token = OpeningToken(place)
    token.close()
    return token.certificate


def _date(text: str) -> str:
    return date.fromisoformat(text).isoformat() if text else ""


def _pem(key: Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
