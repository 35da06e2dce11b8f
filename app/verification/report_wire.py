"""A file's report as JSON values between processes. Nothing of it is code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.model.signing import CheckState, FileReport, SignatureReport, SignerRole


def packed(report: FileReport) -> dict[str, Any]:
    """The report as plain values for JSON; `unpacked` reads them."""
    return asdict(report)


def unpacked(values: Mapping[str, Any]) -> FileReport:
    """Raises ValueError, TypeError, KeyError for what is no report."""
    signatures = tuple(_signature(one) for one in values["signatures"])
    return FileReport(**{**_frozen(values), "signatures": signatures})


def _signature(values: Mapping[str, Any]) -> SignatureReport:
    role = values["role"]
    enums = {"role": role and SignerRole(role), "state": CheckState(values["state"])}
    return SignatureReport(**{**_frozen(values), **enums})


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
