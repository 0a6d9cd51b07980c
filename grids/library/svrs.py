"""Step voltage regulators in a network: transformers of equal rated voltages with taps on the regulated side.

The model and the size of its impedance are those of prototypes.md 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from grids.equipment.tables import SvrUnit, svr
from grids.errors import GridProblem, unknown
from grids.library.spec import SvrSpec

if TYPE_CHECKING:
    from pandapower import pandapowerNet


def new_bus(name: str, at: str) -> str:
    """Name of the bus between an SVR in a line and the rest of that line."""
    return f"{name}-{'out' if at == 'from' else 'in'}"


def bad_svr(
    name: str,
    spec: SvrSpec,
    buses: Mapping[str, float],
    lines: Mapping[str, tuple[str, str]],
    tolerance: float,
) -> Iterator[GridProblem]:
    """What is wrong with where an SVR is put; routes start inside its description."""
    if spec.line is not None:
        if spec.line not in lines:
            yield GridProblem(("line",), unknown("line", spec.line, lines))
            return
        if new_bus(name, spec.at or "") in buses:
            yield GridProblem((), f"the bus it makes, {new_bus(name, spec.at or '')!r}, exists already")
        ends = {"line": lines[spec.line][0 if spec.at == "from" else 1]}
    else:
        ends = {"from": spec.from_bus or "", "to": spec.to_bus or ""}
    unit = svr(spec.model)
    for key, bus in ends.items():
        if bus not in buses:
            # the far end of a line is the line's own problem
            yield from () if key == "line" else [GridProblem((key,), unknown("bus", bus, buses))]
        elif abs(unit.vn_kv / buses[bus] - 1) > tolerance:
            yield GridProblem((key,), f"{unit.name} is for {unit.vn_kv:g} kV, bus {bus!r} has {buses[bus]:g} kV")
    known = [buses[bus] for bus in ends.values() if bus in buses]
    if len(set(known)) > 1:
        yield GridProblem((), f"joins buses of {known[0]:g} and {known[1]:g} kV")


def create_svr(net: pandapowerNet, name: str, spec: SvrSpec, bus_index: Mapping[str, int]) -> None:
    """Add an SVR between two buses, in place."""
    assert spec.from_bus is not None  # noqa: S101 - SvrSpec
    assert spec.to_bus is not None  # noqa: S101
    _create(net, name, svr(spec.model), spec.tap_pos, (bus_index[spec.from_bus], bus_index[spec.to_bus]))


def insert_svr(net: pandapowerNet, name: str, spec: SvrSpec) -> None:
    """Put an SVR into a line at one of its ends, in place; switches at that end of the line stay at its end."""
    import pandapower  # noqa: PLC0415

    line = net.line.index[net.line["name"] == spec.line][0]
    end = f"{spec.at}_bus"
    old = int(net.line.at[line, end])
    new = int(pandapower.create_bus(net, vn_kv=float(net.bus.at[old, "vn_kv"]), name=new_bus(name, spec.at or "")))
    if "geo" in net.bus:
        net.bus.at[new, "geo"] = net.bus.at[old, "geo"]
    net.line.at[line, end] = new
    here = (net.switch["et"] == "l") & (net.switch["element"] == line) & (net.switch["bus"] == old)
    net.switch.loc[here, "bus"] = new
    sides = (old, new) if spec.at == "from" else (new, old)
    _create(net, name, svr(spec.model), spec.tap_pos, sides)


def _create(net: pandapowerNet, name: str, unit: SvrUnit, tap_pos: int, sides: tuple[int, int]) -> None:
    import pandapower  # noqa: PLC0415

    pandapower.create_transformer_from_parameters(
        net,
        hv_bus=sides[0],
        lv_bus=sides[1],
        sn_mva=unit.sn_kva / 1000,
        vn_hv_kv=unit.vn_kv,
        vn_lv_kv=unit.vn_kv,
        vk_percent=unit.vk_percent,
        vkr_percent=unit.vkr_percent,
        i0_percent=0.0,
        pfe_kw=0.0,
        shift_degree=0.0,
        tap_side="lv",
        tap_min=unit.tap_min,
        tap_max=unit.tap_max,
        tap_neutral=0,
        tap_pos=tap_pos,
        tap_step_percent=unit.tap_step_percent,
        tap_step_degree=0.0,
        tap_changer_type="Ratio",
        name=name,
    )
