"""What `grids.normalise` refuses, element by element: errors of a network before anything else can be judged."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from grids import admission
from grids.admission import Objection
from grids.equivalents import drop_dead
from grids.naming import fill_names
from grids.validation.rule import GridFinding, Rule, Severity, apply_rules

if TYPE_CHECKING:
    from pandapower import pandapowerNet


def refusals(net: pandapowerNet) -> tuple[GridFinding, ...]:
    """Why a network as opened cannot be normalised, all reasons at once; `net` itself is left alone."""
    named = copy.deepcopy(net)
    fill_names(named)
    drop_dead(named)
    found = apply_rules(REFUSALS, named)
    return tuple(replace(one, message=one.message.partition("; ")[0]) for one in found)  # the rule says what to do


def _unsupported(net: pandapowerNet) -> Iterator[Objection]:
    for element in admission.unsupported(net):
        yield Objection("", f"{element} is not supported")


REFUSALS: tuple[Rule[pandapowerNet], ...] = (
    Rule(
        "unsupported-element",
        Severity.ERROR,
        "an element that no engine here carries",
        "take it out, put it out of service, or model it by loads and static generators",
        _unsupported,
    ),
    Rule(
        "stray-reference",
        Severity.ERROR,
        "an element at a bus that is not in the network",
        "add the bus, or take the element out",
        admission.stray_references,
    ),
    Rule(
        "sources",
        Severity.ERROR,
        "no source in service, or several at one bus",
        "keep one source a bus in service",
        admission.bad_sources,
    ),
    Rule(
        "impossible-number",
        Severity.ERROR,
        "a parameter that is missing or infinite, or not above zero where it must be (a line's length)",
        "correct it where the network is written",
        admission.bad_numbers,
    ),
    Rule(
        "load-shares",
        Severity.ERROR,
        "constant-impedance and constant-current shares above 100 % together, or a motor's power factor above 1",
        "correct it where the network is written",
        admission.bad_loads,
    ),
    Rule(
        "zero-impedance",
        Severity.ERROR,
        "a line or impedance of zero ohm",
        "make it a switch between two buses",
        admission.without_impedance,
    ),
    Rule(
        "tap-table",
        Severity.ERROR,
        "a table of tap positions that lacks one",
        "complete the table",
        admission.bad_tables,
    ),
)
