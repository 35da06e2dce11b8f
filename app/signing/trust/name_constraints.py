"""Which names an authority may give: RFC 5280 §4.2.1.10."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class NameLimits:
    """What the authorities so far allow. `permitted`: of each, its own subtrees."""

    permitted: tuple[tuple[x509.GeneralName, ...], ...] = ()
    excluded: tuple[x509.GeneralName, ...] = ()

    def narrowed(self, by: x509.NameConstraints) -> NameLimits:
        """These limits and those of the next authority's certificate (RFC 5280 §6.1.4 (g))."""
        permitted = tuple(by.permitted_subtrees or ())
        excluded = tuple(by.excluded_subtrees or ())
        more = (permitted,) if permitted else ()
        return NameLimits((*self.permitted, *more), (*self.excluded, *excluded))

    def allow(self, certificate: x509.Certificate) -> bool:
        """Whether every name of the certificate lies where it may, and none where it may not."""
        return not (self.permitted or self.excluded) or all(
            self._allows(name) for name in names_of(certificate)
        )

    def _allows(self, name: x509.GeneralName) -> bool:
        kind = type(name)
        if any(type(one) is kind and _within(name, one) is not False for one in self.excluded):
            return False
        return all(
            any(_within(name, one) for one in same)
            for subtrees in self.permitted
            if (same := [one for one in subtrees if type(one) is kind])
        )


def names_of(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    """Subject, alternative names, and a mail address in the subject where there are none."""
    if list(certificate.subject):
        yield x509.DirectoryName(certificate.subject)
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        for each in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            yield x509.RFC822Name._init_without_validation(str(each.value))
    else:
        yield from found


def _within(name: x509.GeneralName, subtree: x509.GeneralName) -> bool | None:
    """Whether a name lies in a subtree of its kind; None for kinds that we cannot compare."""
    one: Any = name.value
    other: Any = subtree.value
    match name:
        case x509.DirectoryName():
            return _directory(one, other)
        case x509.DNSName():
            return _host(one, other.lstrip("."))
        case x509.RFC822Name():
            return _mail(one, other)
        case x509.UniformResourceIdentifier():
            host = urlsplit(one).hostname or ""
            return _below(host, other) if other.startswith(".") else _same(host, other)
        case x509.IPAddress():
            return _address(one, other)
    return None


def _directory(name: x509.Name, subtree: x509.Name) -> bool:
    own, limit = _folded(name), _folded(subtree)
    return own[: len(limit)] == limit


def _folded(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    """Attributes as RFC 4518 compares them: case and spaces do not matter."""

    def plain(text: object) -> str:
        return " ".join(unicodedata.normalize("NFKC", str(text)).casefold().split())

    return [frozenset((a.oid.dotted_string, plain(a.value)) for a in rdn) for rdn in name.rdns]


def _host(host: str, limit: str) -> bool:
    return not limit or _same(host, limit) or _below(host, f".{limit}")


def _mail(address: str, limit: str) -> bool:
    if "@" in limit:
        return _same(address, limit)
    host = address.rpartition("@")[2]
    return _below(host, limit) if limit.startswith(".") else _same(host, limit)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _below(host: str, ending: str) -> bool:
    return host.casefold().endswith(ending.casefold())


def _address(
    own: IPv4Address | IPv6Address | IPv4Network | IPv6Network,
    limit: IPv4Network | IPv6Network,
) -> bool:
    return isinstance(own, IPv4Address | IPv6Address) and own in limit
