"""Checks of the network itself: what a planner would call wrong or strange (`grids.validation`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cosim.errors import Problem
from cosim.rules.terms import IslandArrangement
from cosim.scenario.keys.loads import NetworkLoads
from cosim.scenario.network import finding_problem
from cosim.scenario.rules import rule
from cosim.scenario.view import View

if TYPE_CHECKING:
    from grids.library.spec import GridSpec
    from grids.normalise import NetworkElement
    from grids.validation.facts import PlacedPower
    from grids.validation.rule import GridFinding


@rule("grid is plausible", "grid")
def grid_is_plausible(view: View) -> Iterator[Problem]:
    """The network holds together electrically; strange numbers are warnings."""
    from grids.validation.facts import GridFacts  # noqa: PLC0415 - numpy
    from grids.validation.rules import GRID_RULES, findings  # noqa: PLC0415

    network, spec = view.network, _spec(view)
    facts = GridFacts(
        grid=network.grid,
        powers=tuple(_powers(view)),
        regulators=network.regulators,
        low_voltage=network.low_voltage,
        radial=spec.stated_radial,
    )
    yield from _problems(view, findings(facts, GRID_RULES))


@rule("sections can be separated", "grid", "sections", "boundaries")
def sections_can_be_separated(view: View) -> Iterator[Problem]:
    """What shall run alone can be cut off by its switches."""
    from grids.validation.facts import GridFacts  # noqa: PLC0415 - numpy
    from grids.validation.rules import findings  # noqa: PLC0415
    from grids.validation.separation import SECTION_RULES  # noqa: PLC0415

    islands = {name for name, spec in view.sections.items() if spec.island is not IslandArrangement.NONE}
    if islands:
        facts = GridFacts(grid=view.network.grid, cut=view.cut[0], islands=frozenset(islands))
        yield from _problems(view, findings(facts, SECTION_RULES))


def _spec(view: View) -> GridSpec:
    return view.parts.values["grid"]  # type: ignore[no-any-return]


def _problems(view: View, found: tuple[GridFinding, ...]) -> Iterator[Problem]:
    for finding in found:
        yield finding_problem(_spec(view), finding, view.problem)


def _powers(view: View) -> Iterator[PlacedPower]:
    """Loads and generators of the study, as far as their entries can be read; peaks of profiles are not known yet."""
    from grids.validation.facts import PlacedPower  # noqa: PLC0415 - numpy

    nan = float("nan")
    for name, load in view.loads.items():
        if not view.parts.usable(("loads", name)):
            continue
        if isinstance(load, NetworkLoads):
            yield from _of_network(load, view.network.grid.loads)
        else:
            yield from (PlacedPower(f"load:{name}", bus, nan, nan, demand=True) for bus in load.placed)
    for name, device in view.devices.items():
        if not view.parts.usable(("devices", name)):
            continue
        if device.from_network:
            yield from _of_network(device, view.network.grid.generators)
        else:
            p_mw = (getattr(device, "power_kw", None) or nan) / 1000
            yield from (PlacedPower(f"device:{name}", bus, p_mw, 0.0, demand=False) for bus in device.placed)


def _of_network(entry: Any, elements: Iterable[NetworkElement]) -> Iterator[PlacedPower]:
    """Elements of the network that an entry stands for."""
    from grids.validation.facts import PlacedPower  # noqa: PLC0415 - numpy

    for one in elements:
        if one.name not in entry.exclude and entry.type in {None, one.type}:
            p_mw, q_mvar = entry.scale * one.p_mw, entry.scale * one.q_mvar
            yield PlacedPower(f"{one.kind}:{one.name}", one.bus, p_mw, q_mvar, demand=one.kind == "load")
