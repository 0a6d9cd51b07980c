"""Rules about tap changers' controllers: can they hold what they are set to?"""

from __future__ import annotations

from collections.abc import Iterator

from grids.admission import Objection
from grids.errors import unknown
from grids.regulators.spec import TapChangerSpec
from grids.topology import path
from grids.validation.facts import GridFacts
from grids.validation.ranges import REFERENCE_SHARE
from grids.validation.rule import Rule, Severity


def _trafo(facts: GridFacts) -> Iterator[Objection]:
    index, seen = facts.grid.index, dict[str, str]()
    known = list(facts.grid.net.trafo["name"])
    poles = {pole.trafo for pole in facts.low_voltage.poles} if facts.low_voltage is not None else set()
    for name, spec in facts.regulators.items():
        if spec.trafo not in known:
            message = f"regulator {name!r}: {unknown('trafo', spec.trafo, known)}"
        elif spec.trafo in poles:
            message = (
                f"regulator {name!r}: {spec.trafo!r} is a pole transformer, its taps are changed with the line dead"
            )
        elif spec.trafo not in index.tap:
            message = f"regulator {name!r}: trafo {spec.trafo!r} has no tap that may move"
        elif spec.trafo in seen:
            message = f"regulator {name!r}: the taps of trafo {spec.trafo!r} are moved by {seen[spec.trafo]!r} already"
        else:
            seen[spec.trafo] = name
            continue
        yield Objection(f"regulator:{name}", message)


def _regulated(facts: GridFacts) -> Iterator[tuple[str, TapChangerSpec, int]]:
    """Controllers whose transformer is there, in service and has taps that may move, each with its row."""
    for name, spec in facts.regulators.items():
        if spec.trafo in facts.trafos.name and spec.trafo in facts.grid.index.tap:
            yield name, spec, facts.trafos.name.index(spec.trafo)


def _reference(facts: GridFacts) -> Iterator[Objection]:
    for name, spec, row in _regulated(facts):
        nominal = 1000.0 * float(facts.trafos.bus_kv[row, 0 if spec.side == "hv" else 1])
        for reference in (spec.reference_v, *(entry.reference_v for entry in spec.schedule)):
            if abs(reference / nominal - 1.0) > REFERENCE_SHARE:
                message = f"regulator {name!r} shall hold {reference:g} V at the {spec.side} side of trafo"
                yield Objection(f"regulator:{name}", f"{message} {spec.trafo!r}, whose bus has {nominal:g} V")


def _dead_band(facts: GridFacts) -> Iterator[Objection]:
    for name, spec, row in _regulated(facts):
        step = abs(float(facts.trafos.tap_step_percent[row]))
        if 2.0 * spec.dead_band_percent < step:
            message = f"regulator {name!r} has a dead band of +-{spec.dead_band_percent:g} %, narrower than one step of"
            yield Objection(f"regulator:{name}", f"{message} trafo {spec.trafo!r} ({step:g} %): it will hunt")


def _order(facts: GridFacts) -> Iterator[Objection]:
    index, parents = facts.grid.index, facts.energised
    by_branch = {facts.trafos.branch[row]: (name, spec) for name, spec, row in _regulated(facts)}
    for branch, (name, spec) in by_branch.items():
        ends = (int(index.branch_from[branch]), int(index.branch_to[branch]))
        behind = [bus for bus in ends if (step := parents.get(bus)) is not None and step[0] == branch]
        upstream = [by_branch[at] for bus in behind for at in path(parents, bus) if at in by_branch and at != branch]
        for other, above in upstream[:1]:
            if spec.delay_s <= above.delay_s:
                message = f"regulator {name!r} waits {spec.delay_s:g} s, {other!r} upstream of it {above.delay_s:g} s"
                yield Objection(f"regulator:{name}", f"{message}: both act on the same change, and hunt")


RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "regulator-trafo",
        Severity.ERROR,
        "a regulator whose transformer is not there, has no tap that may move under load, or has another regulator",
        "name a transformer with taps, once",
        _trafo,
    ),
    Rule(
        "regulator-reference",
        Severity.ERROR,
        f"a reference more than {100 * REFERENCE_SHARE:g} % off the nominal voltage of the regulated side",
        "give the line voltage in V, and the side it is held at",
        _reference,
    ),
    Rule(
        "regulator-dead-band",
        Severity.WARNING,
        "a dead band narrower than one tap step",
        "widen it to one step at least, upper to lower edge",
        _dead_band,
    ),
    Rule(
        "regulator-order",
        Severity.WARNING,
        "a regulator that does not wait longer than the next one upstream of it",
        "let the upstream one act first: LRT 60 s, first SVR 90 s, second 120 s (facts.md 1.4, unsure)",
        _order,
    ),
)
