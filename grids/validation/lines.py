"""Rules about lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grids.admission import Objection
from grids.powerflow.contract import BranchKind
from grids.validation.facts import GridFacts
from grids.validation.ranges import NO_IMPEDANCE_OHM, NO_RATING_KA
from grids.validation.rule import Rule, Severity


def _tiny_impedance(facts: GridFacts) -> Iterator[Objection]:
    lines = facts.lines
    ohm = np.hypot(lines.r_ohm_per_km, lines.x_ohm_per_km) * lines.length_km / lines.parallel
    for row in np.flatnonzero(ohm < NO_IMPEDANCE_OHM):
        name = lines.name[row]
        yield Objection(f"line:{name}", f"line {name!r} has {1e6 * ohm[row]:.3g} micro-ohm in all")


def _joined_voltages(facts: GridFacts) -> Iterator[Objection]:
    index = facts.grid.index
    plain = np.array([kind in {BranchKind.LINE, BranchKind.LINK} for kind in index.branch_kind], dtype=bool)
    plain &= facts.grid.normal.in_service[0]
    first, second = index.bus_vn_kv[index.branch_from], index.bus_vn_kv[index.branch_to]
    for branch in np.flatnonzero(plain & (np.abs(first - second) > 1e-6 * first)).tolist():
        subject = index.branch_subject(branch)
        kind, name = subject.split(":", 1)
        yield Objection(subject, f"{kind} {name!r} joins buses of {first[branch]:g} and {second[branch]:g} kV")


def _missing_rating(facts: GridFacts) -> Iterator[Objection]:
    lines = facts.lines
    for row in np.flatnonzero(~(lines.rating_ka < NO_RATING_KA)):
        name, rating = lines.name[row], lines.rating_ka[row]
        said = "no rating" if np.isnan(rating) else f"a rating of {rating:g} kA, which no line has"
        yield Objection(f"line:{name}", f"line {name!r} has {said}: its loading cannot be judged")


def _unusual_rating(facts: GridFacts) -> Iterator[Objection]:
    lines = facts.lines
    for name, rating, usual in zip(lines.name, lines.rating_ka.tolist(), lines.usual, strict=True):
        low, high = usual.rating_ka
        if rating < NO_RATING_KA and not low <= rating <= high:
            message = f"line {name!r} is rated {rating:g} kA; {usual.words} has {low:g} to {high:g} kA"
            yield Objection(f"line:{name}", message)


def _resistance_ratio(facts: GridFacts) -> Iterator[Objection]:
    lines = facts.lines
    for name, r, x, usual in zip(
        lines.name, lines.r_ohm_per_km.tolist(), lines.x_ohm_per_km.tolist(), lines.usual, strict=True
    ):
        low, high = usual.ratio
        if not low * x <= r <= high * x:
            ratio = f"R/X {r / x:.3g}" if x else "no reactance"
            message = f"line {name!r} has {ratio} ({r:g} + j{x:g} ohm/km); {usual.words} has R/X {low:g} to {high:g}"
            yield Objection(f"line:{name}", message)


def _long_line(facts: GridFacts) -> Iterator[Objection]:
    lines = facts.lines
    for name, length, usual in zip(lines.name, lines.length_km.tolist(), lines.usual, strict=True):
        if length > usual.longest_km:
            message = f"line {name!r} is {length:g} km long; {usual.words} has lines of at most {usual.longest_km:g} km"
            yield Objection(f"line:{name}", message)


RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "joined-voltages",
        Severity.ERROR,
        "a line or bus-bus switch between buses of different nominal voltage",
        "correct the nominal voltage of a bus, or use a transformer",
        _joined_voltages,
    ),
    Rule(
        "tiny-impedance",
        Severity.WARNING,
        f"a line of less than {1e6 * NO_IMPEDANCE_OHM:g} micro-ohm in all",
        "make it a switch between two buses, or check length and units",
        _tiny_impedance,
    ),
    Rule(
        "missing-rating",
        Severity.WARNING,
        f"a line without rated current, or with a filler of {NO_RATING_KA:g} kA or more",
        "give max_i_ka; until then no overload of it is found",
        _missing_rating,
    ),
    Rule(
        "unusual-rating",
        Severity.WARNING,
        "a rated current that is not usual at its voltage",
        "check the unit: max_i_ka is in kA, of one system",
        _unusual_rating,
    ),
    Rule(
        "resistance-ratio",
        Severity.WARNING,
        "R/X of a line that is not usual at its voltage",
        "check whether R and X are mixed up, and that both are in ohm/km",
        _resistance_ratio,
    ),
    Rule(
        "long-line",
        Severity.WARNING,
        "a line longer than is usual at its voltage",
        "check the unit: length_km is in km",
        _long_line,
    ),
)
