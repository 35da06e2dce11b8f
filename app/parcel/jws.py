"""Signed statements: JWS compact (RFC 7515) with Ed25519 (RFC 9864)."""

from __future__ import annotations

import json
import warnings
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

# Statements of older programs carry RFC 8037's name; the key's type settles the curve for them.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

_ALGORITHM = "Ed25519"
_READ = [_ALGORITHM, "EdDSA"]
LONGEST = 64 * 1024


def sign(claims: dict[str, Any], kind: str, key: Ed25519PrivateKey) -> str:
    """`kind` is the `typ` header: a receipt is never taken for an enrolment."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    header = {"alg": _ALGORITHM, "typ": kind}
    return jws.serialize_compact(header, payload, OKPKey.import_key(key), algorithms=[_ALGORITHM])


def verify(token: str, kind: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """The claims. ValueError when anything about the token is not as it should be."""
    if len(token) > LONGEST:
        raise ValueError("token too long")
    try:
        found = jws.deserialize_compact(token, OKPKey.import_key(key), algorithms=_READ)
        claims = json.loads(found.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"token: {type(error).__name__}") from error
    if found.protected.get("typ") != kind or not isinstance(claims, dict):
        raise ValueError("token of another kind")
    return claims


def unverified_claims(token: str) -> dict[str, Any]:
    """What a token says, where its own words name the key to check it with. ValueError."""
    if len(token) > LONGEST:
        raise ValueError("token too long")
    try:
        claims = json.loads(jws.extract_compact(token.encode("ascii")).payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"token: {type(error).__name__}") from error
    if not isinstance(claims, dict):
        raise ValueError("no claims")
    return claims
