"""Measured performance: ratios against a floor measured in the same run, never a timed test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; `value` None: not measured, `goal` says why.

    `floor` is the raw thing measured in the same run (same unit as `value`).
    """

    name: str
    value: float | None
    unit: str
    floor: float | None
    goal: str
    holds: bool
