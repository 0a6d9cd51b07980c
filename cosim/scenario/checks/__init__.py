"""Cross-checks, one file a topic; importing the package registers every rule."""

from __future__ import annotations

from cosim.scenario.checks import (
    arrangement,
    base_case,
    connections,
    cuts,
    devices,
    ems,
    ensemble,
    events,
    expect,
    files,
    grid,
    limits,
    relays,
    series,
    settlement,
    timing,
)
from cosim.scenario.rules import RULES

__all__ = [
    "RULES",
    "arrangement",
    "base_case",
    "connections",
    "cuts",
    "devices",
    "ems",
    "ensemble",
    "events",
    "expect",
    "files",
    "grid",
    "limits",
    "relays",
    "series",
    "settlement",
    "timing",
]
