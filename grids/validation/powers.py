"""Rules about sources, loads and generators, what feeds them, and names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from grids.admission import KINDS, Objection
from grids.powerflow.contract import BranchKind
from grids.topology import neighbours, reach
from grids.validation.connection import listed
from grids.validation.facts import GridFacts
from grids.validation.ranges import CLASSES, NO_RATING_MVA, OVERFULL, SOURCE_SHARE, voltage_class
from grids.validation.rule import Rule, Severity


def _power_for_voltage(facts: GridFacts) -> Iterator[Objection]:
    classes = voltage_class(facts.grid.index.bus_vn_kv)
    for power in facts.powers:
        bus = facts.bus_position.get(power.bus)
        size = float(np.hypot(power.p_mw, power.q_mvar))
        if bus is None or not size > (usual := CLASSES[classes[bus]]).largest_mva:
            continue
        kind, name = power.subject.split(":", 1)
        where = f"bus {power.bus!r} of {facts.grid.index.bus_vn_kv[bus]:g} kV"
        message = f"{kind} {name!r} has {size:.4g} MVA at {where}; one at {usual.words} has at most"
        yield Objection(power.subject, f"{message} {usual.largest_mva:g} MVA")


@dataclass(frozen=True)
class _Zones:
    """Parts of the network joined without a transformer, and the transformers between them, source side first."""

    of_bus: Mapping[int, int]
    feeding: Mapping[int, tuple[int, ...]]  # zone -> branch positions of the transformers it is fed by
    parent: Mapping[int, int]  # zone -> the zone it is fed from


def _zones(facts: GridFacts) -> _Zones | None:
    """None if transformers form a ring: then nobody can say what each feeds."""
    index = facts.grid.index
    trafos = [at for at, kind in enumerate(index.branch_kind) if kind is BranchKind.TRAFO]
    flat = neighbours(index, facts.connected, without=set(trafos))
    of_bus: dict[int, int] = {}
    for bus in facts.energised:
        if bus not in of_bus:
            of_bus |= dict.fromkeys(reach(flat, [bus]), bus)
    between: dict[frozenset[int], list[int]] = {}
    for branch in trafos:
        ends = frozenset(of_bus.get(int(side[branch]), -1) for side in (index.branch_from, index.branch_to))
        if facts.connected[branch].all() and len(ends) == 2 and -1 not in ends:
            between.setdefault(ends, []).append(branch)
    roots = {of_bus[bus] for bus in facts.roots}
    parent: dict[int, int] = {}
    feeding: dict[int, tuple[int, ...]] = {}
    todo, used = list(roots), set[frozenset[int]]()
    while todo:
        zone = todo.pop()
        for pair in [pair for pair in between if zone in pair and pair not in used]:
            (other,) = pair - {zone}
            if other in roots or other in parent:
                return None
            used.add(pair)
            parent[other], feeding[other] = zone, tuple(between[pair])
            todo.append(other)
    return _Zones(of_bus, feeding, parent)


def _overfull(facts: GridFacts) -> Iterator[Objection]:
    yield from _overfull_poles(facts)
    zones = _zones(facts)
    if zones is None:
        return
    demand = _demand(facts, zones)
    rating = dict(zip(facts.trafos.branch, facts.trafos.sn_mva.tolist(), strict=True))
    for zone, branches in zones.feeding.items():
        total = sum(rating.get(branch, np.inf) for branch in branches)
        taken = abs(demand.get(zone, 0.0))
        if total < NO_RATING_MVA and np.isfinite(taken) and taken > OVERFULL * total:
            names = listed(facts.grid.index.branch_subject(branch) for branch in branches)
            message = f"{names}, rated {1000 * total:g} kVA, must feed loads of {1000 * taken:.4g} kVA"
            yield Objection(facts.grid.index.branch_subject(branches[0]), f"{message} ({100 * taken / total:.0f} %)")


def _demand(facts: GridFacts, zones: _Zones) -> dict[int, complex]:
    """MVA that every zone takes with all behind it; infinite where equipment of the network feeds in as well."""
    index = facts.grid.index
    known = [
        (facts.bus_position[power.bus], complex(power.p_mw, power.q_mvar))
        for power in facts.powers
        if power.demand and power.bus in facts.bus_position and np.isfinite([power.p_mw, power.q_mvar]).all()
    ]
    feeding = [
        (int(bus), complex(np.inf))
        for name, bus in zip(index.fixture, index.fixture_bus, strict=True)
        if not name.startswith(("shunt:", "ward:"))
    ]
    demand: dict[int, complex] = {}
    for bus, given in known + feeding:
        zone = zones.of_bus.get(bus)
        while zone is not None:
            demand[zone] = demand.get(zone, 0.0) + given
            zone = zones.parent.get(zone)
    return demand


def _overfull_poles(facts: GridFacts) -> Iterator[Objection]:
    for pole in facts.low_voltage.poles if facts.low_voltage is not None else ():
        if pole.peak_kw > OVERFULL * pole.sn_kva:
            share = 100 * pole.peak_kw / pole.sn_kva
            message = f"pole transformer {pole.name!r}, rated {pole.sn_kva:g} kVA, must feed a peak of {pole.peak_kw:g}"
            yield Objection(f"pole:{pole.name}", f"{message} kW ({share:.0f} %)")


def _source_voltage(facts: GridFacts) -> Iterator[Objection]:
    for name, vm_pu in zip(facts.grid.index.source, facts.grid.normal.source_vm_pu[0].tolist(), strict=True):
        if abs(vm_pu - 1.0) > SOURCE_SHARE:
            yield Objection(f"source:{name}", f"source {name!r} holds {vm_pu:g} pu")


def _double_name(facts: GridFacts) -> Iterator[Objection]:
    shared = [(one.table, one.old, one.new) for one in facts.grid.renamed if one.old is not None]
    for (table, old), group in groupby(sorted(shared), key=lambda one: one[:2]):
        new = [repr(name) for *_, name in group]
        message = f"{table} {old!r} is no name of one element alone; renamed to {listed(new)}"
        yield Objection(f"{KINDS.get(table, table)}:{old}", message)


RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "power-for-voltage",
        Severity.WARNING,
        "one load or generator larger than is usual at the voltage of its bus",
        "check the unit, and the bus",
        _power_for_voltage,
    ),
    Rule(
        "overfull-transformer",
        Severity.WARNING,
        f"loads behind a transformer, each at its highest, of more than {100 * OVERFULL:g} % of its rating",
        "check the units; peaks that do not coincide may be the reason",
        _overfull,
    ),
    Rule(
        "source-voltage",
        Severity.WARNING,
        f"a source more than {100 * SOURCE_SHARE:g} % off nominal voltage",
        "check vm_pu: it is a share of the nominal voltage of its bus",
        _source_voltage,
    ),
    Rule(
        "double-name",
        Severity.WARNING,
        "a name that several elements of one kind have",
        "name them apart; everything else refers to them by name",
        _double_name,
    ),
)
