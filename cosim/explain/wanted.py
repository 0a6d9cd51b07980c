"""Which series tell the story of a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cosim.explain.judged import judged
from cosim.explain.wanted_column import KW, Join, Wanted

MOST_NEAR = 2  # boundaries, taps, stores shown beside the breached quantity


def wanted(
    finding: Mapping[str, Any], scenario: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]]
) -> list[Wanted]:
    """The breached quantity, boundaries near it, voltages, who causes it, taps, stores.

    Args:
        finding: the finding.
        scenario: the resolved scenario, as plain data.
        columns: group -> names of the series that were kept.
    """
    near = _boundaries(finding, scenario.get("boundaries") or {})
    found = [*judged(finding, scenario), *near, *_voltages(finding), *_cause(finding)]
    found += [
        Wanted(f"tap {name.partition('|')[2]}", "", "regulator", (name,), Join.LAST)
        for name in _named(columns.get("regulator", ()), "tap_pos")
    ]
    found += [
        Wanted(f"{name.partition('|')[2]} charge", "%", "device", (name,), Join.LAST, 100.0, 3)
        for name in _named(columns.get("device", ()), "soc")
    ]
    unique: dict[tuple[str, ...], Wanted] = {}
    for one in found:
        unique.setdefault((one.group, one.join, *one.names), one)
    return list(unique.values())


def _named(columns: Iterable[str], quantity: str) -> list[str]:
    return [name for name in columns if name.startswith(f"{quantity}|")][:MOST_NEAR]


def _boundaries(finding: Mapping[str, Any], boundaries: Mapping[str, Mapping[str, Any]]) -> Iterator[Wanted]:
    """Those into the section of the finding; where it has none, the first ones of the scenario."""
    section = finding.get("section") or None
    into = [name for name, terms in boundaries.items() if section is not None and terms.get("into") == section]
    for name in (into or list(boundaries))[:MOST_NEAR]:
        yield Wanted(f"{name} import", "kW", "boundary", (f"p_mw|{name}",), factor=KW)


def _voltages(finding: Mapping[str, Any]) -> Iterator[Wanted]:
    if finding["quantity"] != "vm_pu":
        yield Wanted("lowest bus", "pu", "bus", ("vm_pu|*",), Join.LOWEST)
        yield Wanted("highest bus", "pu", "bus", ("vm_pu|*",), Join.HIGHEST)


def _cause(finding: Mapping[str, Any]) -> Iterator[Wanted]:
    kind, _, name = str(finding.get("caused_by") or "").partition(":")
    if kind == "load":
        yield Wanted(f"{name} served", "kW", "inputs", (f"p_served_mw|load:{name}",), factor=KW)
    elif kind == "device":
        yield Wanted(name, "kW", "device", (f"p_mw|{name}",), factor=KW)
        yield Wanted(f"{name} set-point", "kW", "device", (f"p_set_mw|{name}",), factor=KW)
        yield Wanted(f"{name} cut by", "", "device", (f"set_reason|{name}", f"reason|{name}"), Join.REASONS)


def columns_of(one: Wanted, known: Iterable[str]) -> list[str]:
    """The series of a group that a column is made of: `NAME` itself, else all its units; `*` stands for anything."""
    listed = list(known)
    found: list[str] = []
    for name in one.names:
        units = re.compile(f"{re.escape(name)}\\[\\d+\\]" if "*" not in name else re.escape(name).replace(r"\*", ".*"))
        found += [name] if name in listed else [other for other in listed if units.fullmatch(other)]
    return found
