"""Whether certificates that name each other as issuers make a path: RFC 5280 §6.1.

Dates are left to the caller (they are asked for at the time of a signature), revocation to
`revocation.py`. Stricter than the RFC in what Circular 15/2025/TT-BKHCN and common practice ask:
every key is strong and every signature's hash, an authority states its key usage, and an
authority's extended key usage limits what those below it may do. Policies are understood without
mappings; a critical extension that is not listed here ends a path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from app.signing.trust.certificates import is_strong
from app.signing.trust.name_constraints import NameLimits
from app.signing.trust.trust_list import TrustPurpose

_KNOWN_CRITICAL = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
_HASHES = (
    hashes.SHA256, hashes.SHA384, hashes.SHA512,
    hashes.SHA3_256, hashes.SHA3_384, hashes.SHA3_512,
)  # fmt: skip
_MACHINES = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
        ExtendedKeyUsageOID.CODE_SIGNING,
    }
)
"""An authority for nothing but these makes no signer of documents."""
_Value = TypeVar("_Value", bound=x509.ExtensionType)
_ANY_POLICY = "2.5.29.32.0"


def is_understood(certificate: x509.Certificate) -> bool:
    """Whether nothing in it is critical and unknown to us (§4.2)."""
    try:
        extensions = list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return all(not each.critical or each.oid in _KNOWN_CRITICAL for each in extensions)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer`, an authority that may sign certificates, signed it (§6.1.3 a, §6.1.4)."""
    if certificate.issuer != issuer.subject or not _strong(certificate, issuer):
        return False
    basic = _value(issuer, x509.BasicConstraints)
    usage = _value(issuer, x509.KeyUsage)
    if basic is None or usage is None or not (basic.ca and usage.key_cert_sign):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def is_valid_path(path: Sequence[x509.Certificate], purpose: TrustPurpose) -> bool:
    """`path`: from the signer to a root, each issued by the next (`is_issued_by`)."""
    rules: tuple[Callable[[Sequence[x509.Certificate], TrustPurpose], bool], ...] = (
        _short_enough,
        _for_this_purpose,
        _policies_hold,
        _names_allowed,
    )
    return all(map(is_understood, path)) and all(rule(path, purpose) for rule in rules)


def _strong(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        return isinstance(certificate.signature_hash_algorithm, _HASHES) and is_strong(issuer)
    except (UnsupportedAlgorithm, ValueError):
        return False


def _value(certificate: x509.Certificate, kind: type[_Value]) -> _Value | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _short_enough(path: Sequence[x509.Certificate], _: TrustPurpose) -> bool:
    """§6.1.4 l, m: authorities below one, but for those that only renewed their own key."""
    below = 0
    for authority in path[1:]:
        basic = _value(authority, x509.BasicConstraints)
        if basic is None or (basic.path_length is not None and below > basic.path_length):
            return False
        below += not _is_self_issued(authority)
    return True


def _for_this_purpose(path: Sequence[x509.Certificate], purpose: TrustPurpose) -> bool:
    """§4.2.1.12, as applied to chains: whom an authority may not make, it does not make."""
    own = _purposes(path[0])
    wanted = {ExtendedKeyUsageOID.TIME_STAMPING} if purpose is TrustPurpose.TIMESTAMPS else own
    return all(_may_make(_purposes(authority), wanted) for authority in path[1:])


def _purposes(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    usage = _value(certificate, x509.ExtendedKeyUsage)
    return set() if usage is None else set(usage)


def _may_make(given: set[x509.ObjectIdentifier], wanted: set[x509.ObjectIdentifier]) -> bool:
    any_purpose = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
    if not given or any_purpose in given:
        return True
    if wanted and any_purpose not in wanted:
        return bool(given & wanted)
    return not given <= _MACHINES


def _policies_hold(path: Sequence[x509.Certificate], _: TrustPurpose) -> bool:
    """§6.1.2 to §6.1.5 with any policy acceptable to us: what matters is that one is left where an
    authority demands it."""
    valid: set[str] | None = None  # None: any
    explicit = inhibited = len(path) + 1
    for number, certificate in enumerate(reversed(path[:-1])):
        is_last = number == len(path) - 2
        valid = _narrowed(valid, certificate, inhibited > 0 or _passes(certificate, is_last))
        if explicit <= 0 and valid == set():
            return False
        step = 0 if _is_self_issued(certificate) else 1
        explicit, inhibited = max(explicit - step, 0), max(inhibited - step, 0)
        limits = _value(certificate, x509.PolicyConstraints)
        if limits is not None and limits.require_explicit_policy is not None:
            demanded = limits.require_explicit_policy
            explicit = 0 if is_last and demanded == 0 else min(explicit, demanded)
        any_policy = _value(certificate, x509.InhibitAnyPolicy)
        if any_policy is not None:
            inhibited = min(inhibited, any_policy.skip_certs)
    return explicit > 0 or valid != set()


def _passes(certificate: x509.Certificate, is_last: bool) -> bool:
    return not is_last and _is_self_issued(certificate)


def _narrowed(
    valid: set[str] | None, certificate: x509.Certificate, any_counts: bool
) -> set[str] | None:
    """The policies that are left below this certificate."""
    found = _value(certificate, x509.CertificatePolicies)
    if found is None:
        return set()
    own = {policy.policy_identifier.dotted_string for policy in found}
    if _ANY_POLICY in own and any_counts:
        return valid
    own.discard(_ANY_POLICY)
    return own if valid is None else valid & own


def _names_allowed(path: Sequence[x509.Certificate], _: TrustPurpose) -> bool:
    """§6.1.3 b, c, critical or not: a constraint that is not obeyed is none."""
    limits = NameLimits()
    for place in range(len(path) - 1, -1, -1):
        certificate = path[place]
        exempt = place > 0 and _is_self_issued(certificate)
        if not exempt and not limits.allow(certificate):
            return False
        if (constraints := _value(certificate, x509.NameConstraints)) is not None:
            limits = limits.narrowed(constraints)
    return True
