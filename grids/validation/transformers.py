"""Rules about transformers and their taps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grids.admission import Objection
from grids.arrays import BoolArray
from grids.equipment.tables import pole_taps
from grids.validation.facts import GridFacts
from grids.validation.ranges import (
    NO_RATING_MVA,
    TAP_RANGE_PERCENT,
    VK_PERCENT,
    WINDING_ERROR,
    WINDING_WARNING,
)
from grids.validation.rule import Rule, Severity

SIDES = ("high", "low")


def _windings(facts: GridFacts, above: float, to: float = np.inf) -> Iterator[Objection]:
    """Windings that differ from their bus by a share above one bound and up to another."""
    trafos = facts.trafos
    share = np.abs(trafos.winding_kv / trafos.bus_kv - 1.0)
    for row, side in np.argwhere((share > above) & (share <= to)).tolist():
        name, winding, bus = trafos.name[row], trafos.winding_kv[row, side], trafos.bus_kv[row, side]
        message = f"the {SIDES[side]}-voltage winding of trafo {name!r} has {winding:g} kV, its bus {bus:g} kV"
        yield Objection(f"trafo:{name}", message)


def _winding_does_not_fit(facts: GridFacts) -> Iterator[Objection]:
    return _windings(facts, WINDING_ERROR)


def _winding_off_nominal(facts: GridFacts) -> Iterator[Objection]:
    return _windings(facts, WINDING_WARNING, WINDING_ERROR)


def _vk_below_vkr(facts: GridFacts) -> Iterator[Objection]:
    trafos = facts.trafos
    for row in np.flatnonzero(np.abs(trafos.vkr_percent) > trafos.vk_percent):
        name = trafos.name[row]
        message = f"trafo {name!r} has vkr {trafos.vkr_percent[row]:g} % above vk {trafos.vk_percent[row]:g} %"
        yield Objection(f"trafo:{name}", message)


def _unusual_vk(facts: GridFacts) -> Iterator[Objection]:
    trafos, (low, high) = facts.trafos, VK_PERCENT
    strange = (trafos.vk_percent < low) | (trafos.vk_percent > high)
    for row in np.flatnonzero(strange & ~_unrated(facts)):
        message = f"trafo {trafos.name[row]!r} has vk {trafos.vk_percent[row]:g} %; usual are {low:g} to {high:g} %"
        yield Objection(f"trafo:{trafos.name[row]}", message)


def _missing_rating(facts: GridFacts) -> Iterator[Objection]:
    trafos = facts.trafos
    for row in np.flatnonzero(_unrated(facts)):
        message = f"trafo {trafos.name[row]!r} is rated {trafos.sn_mva[row]:g} MVA: its loading cannot be judged"
        yield Objection(f"trafo:{trafos.name[row]}", message)


def _unrated(facts: GridFacts) -> BoolArray:
    return np.asarray(facts.trafos.sn_mva >= NO_RATING_MVA)


def _tap_out_of_range(facts: GridFacts) -> Iterator[Objection]:
    trafos = facts.trafos
    outside = (trafos.tap_pos < trafos.tap_min) | (trafos.tap_pos > trafos.tap_max)
    for row in np.flatnonzero(outside):
        name, low, high = trafos.name[row], trafos.tap_min[row], trafos.tap_max[row]
        message = f"trafo {name!r} stands at tap {trafos.tap_pos[row]:g}; its taps go from {low:g} to {high:g}"
        yield Objection(f"trafo:{name}", message)


def _tap_between_positions(facts: GridFacts) -> Iterator[Objection]:
    trafos = facts.trafos
    for row in np.flatnonzero(np.isfinite(trafos.tap_pos) & (trafos.tap_pos != np.rint(trafos.tap_pos))):
        name = trafos.name[row]
        yield Objection(f"trafo:{name}", f"trafo {name!r} stands at tap {trafos.tap_pos[row]:g}, between two taps")


def _tap_range(facts: GridFacts) -> Iterator[Objection]:
    trafos = facts.trafos
    steps = np.fmax(np.abs(trafos.tap_min - trafos.tap_neutral), np.abs(trafos.tap_max - trafos.tap_neutral))
    reach = steps * np.abs(trafos.tap_step_percent)
    for row in np.flatnonzero(reach > TAP_RANGE_PERCENT):
        name, step = trafos.name[row], trafos.tap_step_percent[row]
        message = f"the taps of trafo {name!r} reach {reach[row]:g} % ({steps[row]:g} steps of {step:g} %)"
        yield Objection(f"trafo:{name}", message)


def _pole_tap(facts: GridFacts) -> Iterator[Objection]:
    for pole in facts.low_voltage.poles if facts.low_voltage is not None else ():
        if pole.tap_v not in pole_taps():
            taps = ", ".join(f"{tap:g}" for tap in pole_taps())
            message = f"pole transformer {pole.name!r} is on tap {pole.tap_v:g} V; the taps are {taps} V"
            yield Objection(f"pole:{pole.name}", message)


RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "winding-voltage",
        Severity.ERROR,
        f"a winding whose rated voltage differs from its bus by more than {100 * WINDING_ERROR:g} %",
        "correct the winding, the nominal voltage of the bus, or swap the sides",
        _winding_does_not_fit,
    ),
    Rule(
        "winding-off-nominal",
        Severity.WARNING,
        f"a winding whose rated voltage differs from its bus by {100 * WINDING_WARNING:g} to {100 * WINDING_ERROR:g} %",
        "check that the transformer belongs at these buses",
        _winding_off_nominal,
    ),
    Rule(
        "vk-below-vkr",
        Severity.ERROR,
        "a short-circuit voltage below its own real part",
        "correct vk_percent or vkr_percent",
        _vk_below_vkr,
    ),
    Rule(
        "unusual-vk",
        Severity.WARNING,
        f"a short-circuit voltage outside {VK_PERCENT[0]:g} to {VK_PERCENT[1]:g} %",
        "check the unit, and that it is on the transformer's own rating",
        _unusual_vk,
    ),
    Rule(
        "missing-trafo-rating",
        Severity.WARNING,
        f"a transformer whose rated power is a filler ({NO_RATING_MVA:g} MVA or more)",
        "give its rated power; until then no overload of it is found",
        _missing_rating,
    ),
    Rule(
        "tap-out-of-range",
        Severity.ERROR,
        "a tap position outside its lowest and highest",
        "correct the position or the range",
        _tap_out_of_range,
    ),
    Rule(
        "tap-between-positions",
        Severity.ERROR,
        "a tap position that is no whole number",
        "give the position the changer stands at",
        _tap_between_positions,
    ),
    Rule(
        "tap-range",
        Severity.WARNING,
        f"taps that reach further than {TAP_RANGE_PERCENT:g} %",
        "check the step: it is in percent of the rated voltage, for one position",
        _tap_range,
    ),
    Rule(
        "pole-tap",
        Severity.WARNING,
        "a pole transformer (柱上変圧器) on a primary tap that is none of the five",
        "give the tap's primary voltage",
        _pole_tap,
    ),
)
