"""From a preset and the scenario's changes to a complete design, and what follows from it by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from grids.equipment import tables
from grids.errors import DescriptionError, GridError, GridProblem, unknown
from grids.japan.presets import designs
from grids.japan.spec import Design, DesignSpec, HvCustomerDesign

BUILDERS_OWN = re.compile(r"([nplsf]\d.*|cb|bank|lrt|busbar|upstream|station|tie-.*)$")
PV_FIGURES = ("penetration", "share_of_homes", "kw_per_home")  # two of them fix the third; the first ones stay


def resolve(preset: str, spec: DesignSpec | None) -> Design:
    """The preset with the scenario's changes.

    Raises:
        GridError: there is no such preset.
        DescriptionError: the changes do not fit the preset, each other or the equipment tables; all problems at once,
            routes start with `design`.
    """
    known = designs()
    if preset not in known:
        hint = unknown("preset feeder", preset, known)
        raise GridError(hint if "did you mean" in hint else f"{hint}; there are: {', '.join(known)}")
    base = known[preset]
    if spec is None:
        return base
    changes = spec.model_dump(exclude_unset=True, by_alias=True)
    merged = _settled(_merged(base.model_dump(by_alias=True), changes), changes)
    try:
        design = Design.model_validate(merged)
    except ValidationError as error:
        raise DescriptionError(
            [GridProblem(("design", *one["loc"]), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        ) from None
    if problems := [problem.under("design") for problem in _problems(design, changes)]:
        raise DescriptionError(problems)
    return design


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merge deep, null deletes, all else replaces: as everywhere in a scenario."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping) and key != "compensation":
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


def _settled(merged: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of the preset that would overrule what the scenario says give way to it."""
    if "pv" in merged:
        merged["pv"] = _two_of_three(merged["pv"], changes.get("pv", {}))
    lrt = (changes.get("bank") or {}).get("lrt") or {}
    if "reference_v" in lrt and "schedule" not in lrt:
        merged["bank"]["lrt"].pop("schedule", None)
    return merged


def _two_of_three(pv: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the scenario says first, then the preset's, until two figures are known."""
    given = [name for name in PV_FIGURES if changes.get(name) is not None]
    kept = given + [name for name in PV_FIGURES if name not in given and pv.get(name) is not None]
    return {name: pv.get(name) if name in kept[: max(2, len(given))] else None for name in PV_FIGURES}


def _problems(design: Design, changes: Mapping[str, Any]) -> Iterator[GridProblem]:
    yield from _wrong_equipment(design)
    yield from _wrong_places(design)
    yield from _wrong_pv(design)
    unused = "station_v" if design.source == "substation" else "bank"
    if unused in changes:
        yield GridProblem((unused,), f"has no effect with source: {design.source}")
    if len(design.poles.sizes_kva) != len(design.poles.homes):
        yield GridProblem(("poles", "homes"), "must be as many numbers as sizes_kva")


def _wrong_equipment(design: Design) -> Iterator[GridProblem]:
    trunk = design.trunk.conductors
    asked: list[tuple[tuple[str | int, ...], Callable[[], object]]] = [
        *((("trunk", "conductors", i), partial(_overhead_or_cable, name)) for i, name in enumerate(trunk)),
        (("laterals", "conductor"), partial(_overhead_or_cable, design.laterals.conductor)),
        (("mains", "conductor"), partial(tables.conductor, design.mains.conductor)),
        (("mains", "service_conductor"), partial(tables.conductor, design.mains.service_conductor)),
        (("mains", "house_conductor"), partial(tables.conductor, design.mains.house_conductor)),
        *(
            (("poles", "sizes_kva", i), partial(tables.pole_transformer, s))
            for i, s in enumerate(design.poles.sizes_kva)
        ),
        *((("svrs", name, "model"), partial(tables.svr, svr.model)) for name, svr in design.svrs.items()),
        *(
            (("hv_customers", name, "conductor"), partial(_overhead_or_cable, customer.conductor))
            for name, customer in design.hv_customers.items()
        ),
    ]
    if design.source == "substation":
        asked.append((("bank", "sn_mva"), partial(tables.bank_transformer, design.bank.sn_mva, design.bank.vn_hv_kv)))
    if design.taps.fixed_v is not None:
        asked.append((("taps", "fixed_v"), partial(tables.pole_tap_position, design.taps.fixed_v)))
    for route, ask in asked:
        try:
            ask()
        except GridError as error:
            yield GridProblem(route, str(error))


def _overhead_or_cable(name: str) -> None:
    if tables.conductor(name).kind not in {"overhead", "cable"}:
        raise GridError(f"conductor {name!r} is for low voltage; a 6.6 kV line needs an overhead line or a cable")


def _wrong_places(design: Design) -> Iterator[GridProblem]:
    nodes, sections = design.trunk.nodes, design.trunk.sections
    if sections > nodes:
        yield GridProblem(("trunk", "sections"), f"{sections} sections need as many nodes, the trunk has {nodes}")
    if design.laterals.count > nodes:
        yield GridProblem(("laterals", "count"), f"each lateral needs a trunk node of its own, there are {nodes}")
    most = min(design.feeders - 1, nodes)
    if design.ties > most:
        yield GridProblem(("ties",), f"at most {most}: each goes from a node of its own to another feeder")
    for name, customer in design.hv_customers.items():
        if customer.at > nodes:
            yield GridProblem(("hv_customers", name, "at"), f"the trunk has {nodes} nodes")
    yield from _taken_names(design)
    places: dict[tuple[int, int], str] = {}
    for name, svr in design.svrs.items():
        place = svr_node(design, name)
        if svr.feeder > design.feeders:
            yield GridProblem(("svrs", name, "feeder"), f"there are {design.feeders} feeders")
        elif place is None:
            study = svr.feeder == 1
            last = f"n{nodes if study else design.neighbours.nodes}" + (f" and s{sections}" if study else "")
            yield GridProblem(("svrs", name, "at"), f"there is no {svr.at} on feeder {svr.feeder}; the last are {last}")
        elif (other := places.setdefault((svr.feeder, place), name)) != name:
            yield GridProblem(("svrs", name, "at"), f"SVR {other!r} is there already")


def _taken_names(design: Design) -> Iterator[GridProblem]:
    for key, names in (("hv_customers", design.hv_customers), ("svrs", design.svrs)):
        for name in names:
            if BUILDERS_OWN.match(name) or (key == "svrs" and name in design.hv_customers):
                yield GridProblem((key, name), f"the feeder itself uses the name {name!r}; choose another one")


def svr_node(design: Design, name: str) -> int | None:
    """Number of the trunk node an SVR stands before; None where its feeder has no such place."""
    svr = design.svrs[name]
    kind, number = svr.at[0], int(svr.at[1:])
    if svr.feeder > 1:
        return number if kind == "n" and number <= design.neighbours.nodes else None
    if kind == "n":
        return number if number <= design.trunk.nodes else None
    return section_start(design, number) if number <= design.trunk.sections else None


def section_start(design: Design, section: int) -> int:
    """Number of the first trunk node of a section of the study feeder, both counted from 1."""
    return 1 + (section - 1) * design.trunk.nodes // design.trunk.sections


def _wrong_pv(design: Design) -> Iterator[GridProblem]:
    pv, figures = design.pv, figures_of(design)
    given = [name for name in PV_FIGURES if getattr(pv, name) is not None]
    if pv.penetration == 0.0 or pv.share_of_homes == 0.0:
        return
    if len(given) != len(PV_FIGURES) - 1:
        yield GridProblem(("pv",), f"give two of {', '.join(PV_FIGURES)} (given: {', '.join(given) or 'none'})")
    elif not figures.pv_homes:
        yield GridProblem(("pv",), f"no home of {figures.homes} gets PV; raise penetration or share_of_homes")
    elif figures.pv_homes > figures.homes:
        message = f"needs PV on {figures.pv_homes} homes, the feeder has {figures.homes}"
        yield GridProblem(("pv",), f"{message}; lower penetration or raise kw_per_home")


@dataclass(frozen=True, slots=True)
class Figures:
    """What follows from a design by arithmetic, for the study feeder."""

    poles: int
    homes: int
    shops: int
    homes_kw: float
    shops_kw: float
    hv_kw: float
    pv_homes: int
    kw_per_home: float  # AC rating of each home's PV

    @property
    def peak_kw(self) -> float:
        """Annual peak demand: every load at its peak, losses left out."""
        return self.homes_kw + self.shops_kw + self.hv_kw

    @property
    def pv_kw(self) -> float:
        """AC rating of all PV."""
        return self.pv_homes * self.kw_per_home

    @property
    def penetration(self) -> float:
        """PV AC rating of the feeder over its annual peak demand (planner.md 3)."""
        return self.pv_kw / self.peak_kw if self.peak_kw else 0.0


def figures_of(design: Design) -> Figures:
    """Counts and sums of the study feeder.

    Homes with PV are whole. Where penetration is given it holds exactly: the rating of a home's PV is then rounded to
    what the whole number of homes needs.
    """
    poles, pv = design.poles, design.pv
    count = design.trunk.nodes + design.laterals.count * design.laterals.nodes
    homes = sum(poles.homes[i % len(poles.homes)] for i in range(count))
    shops = count // poles.shop_every if poles.shop_every else 0
    homes_kw, shops_kw = homes * design.homes.kw, shops * poles.shop_kw
    hv_kw = sum(customer.kw for customer in hv_customers(design).values())
    wanted_kw = None if pv.penetration is None else pv.penetration * (homes_kw + shops_kw + hv_kw)
    pv_homes = 0
    if wanted_kw == 0.0:
        pv_homes = 0
    elif pv.share_of_homes is not None:
        pv_homes = round(pv.share_of_homes * homes)
    elif wanted_kw is not None and pv.kw_per_home is not None:
        pv_homes = max(1, round(wanted_kw / pv.kw_per_home))
    kw_per_home = (pv.kw_per_home or 0.0) if wanted_kw is None or not pv_homes else wanted_kw / pv_homes
    return Figures(count, homes, shops, homes_kw, shops_kw, hv_kw, pv_homes, kw_per_home if pv_homes else 0.0)


def hv_customers(design: Design) -> Mapping[str, HvCustomerDesign]:
    """The high-voltage customers that are there: those of 0 kW are left out."""
    return {name: customer for name, customer in design.hv_customers.items() if customer.kw > 0.0}
