"""Making the changes of `grid.change`, on a network of any source and on what is known of its low voltage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from grids.equipment.tables import POLE_RATED_V, POLE_SECONDARY_KV, pole_transformer
from grids.errors import DescriptionError, GridProblem, unknown
from grids.library.change_spec import ChangeSpec, LineChange, TrafoChange
from grids.library.ratings import conductor_ratings, line_type, unfit_conductor
from grids.library.taps import position_of, primary_v, tap_range
from grids.low_voltage import LowVoltageFacts
from grids.naming import fill_names

if TYPE_CHECKING:
    from pandapower import pandapowerNet

TABLES = {"buses": "bus", "lines": "line", "trafos": "trafo", "switches": "switch", "sources": "ext_grid"}
KINDS = {"buses": "bus", "lines": "line", "trafos": "transformer", "switches": "switch", "sources": "source"}
LOOP_WIRES = 2.0  # wires of a single-phase loop in series; its line in the network has the impedance of both
LOOP_CURRENT = 3.0**0.5  # amperes in the loop per ampere in a phase of that line


def apply_changes(
    net: pandapowerNet, change: ChangeSpec, low_voltage: LowVoltageFacts | None = None
) -> LowVoltageFacts | None:
    """Change elements of a pandapower network, in place.

    Args:
        net: any network.
        change: what to change, by name.
        low_voltage: what is known below 6.6 kV.

    Returns:
        `low_voltage` as it is after the changes: taps and sizes of pole transformers, impedances of wires.

    Raises:
        DescriptionError: a name is unknown, or a change does not fit its element; nothing is changed then but for
            filled names. Routes start inside `change`.
    """
    fill_names(net)
    problems = list(_problems(net, change, low_voltage))
    if problems:
        raise DescriptionError(problems)
    taps = _pole_taps(change, low_voltage)
    loops = frozenset(segment.name for segment in low_voltage.segments) if low_voltage is not None else frozenset()
    for name, line in change.lines.items():
        _change_line(net, _row(net, "lines", name), line, name in loops)
    for name, trafo in change.trafos.items():
        _change_trafo(net, _row(net, "trafos", name), trafo)
    for name, (_, tap_v) in taps.items():
        _change_trafo(net, _row(net, "trafos", name), TrafoChange(tap_v=tap_v))
    for kind in ("buses", "switches", "sources"):
        for name, entry in getattr(change, kind).items():
            _write(net, TABLES[kind], _row(net, kind, name), entry.given)
    return None if low_voltage is None else _facts(net, change, low_voltage, {*change.trafos, *taps})


def _row(net: pandapowerNet, kind: str, name: str) -> int:
    table = net[TABLES[kind]]
    return int(table.index[table["name"] == name][0])


def _write(net: pandapowerNet, table: str, row: int, values: Mapping[str, object]) -> None:
    for column, value in values.items():
        net[table].at[row, column] = value


def _problems(net: pandapowerNet, change: ChangeSpec, low_voltage: LowVoltageFacts | None) -> Iterator[GridProblem]:
    checks: dict[str, Callable[[pandapowerNet, int, Any], Iterator[GridProblem]]] = {
        "lines": _bad_line,
        "trafos": _bad_trafo,
    }
    for kind, table in TABLES.items():
        known = list(net[table]["name"])
        for name, entry in getattr(change, kind).items():
            if name not in known:
                yield GridProblem((kind, name), unknown(KINDS[kind], name, known))
            elif kind in checks:
                yield from (found.under(kind, name) for found in checks[kind](net, _row(net, kind, name), entry))
    yield from _bad_poles(net, change, low_voltage)


def _bad_poles(net: pandapowerNet, change: ChangeSpec, low_voltage: LowVoltageFacts | None) -> Iterator[GridProblem]:
    poles = {pole.name: pole for pole in low_voltage.poles} if low_voltage is not None else {}
    for name in change.poles:
        if name not in poles:
            nothing = "" if poles else " (the network says nothing of pole transformers)"
            yield GridProblem(("poles", name), unknown("pole transformer", name, poles) + nothing)
            continue
        twin = change.trafos.get(poles[name].trafo or "")
        if twin is not None and (twin.tap_pos is not None or twin.tap_v is not None):
            yield GridProblem(("poles", name), f"the tap of {poles[name].trafo!r} stands under trafos too; give one")
    for trafo, (name, tap_v) in _pole_taps(change, low_voltage).items():
        position = position_of(net.trafo.loc[_row(net, "trafos", trafo)], tap_v)
        if isinstance(position, str):
            yield GridProblem(("poles", name, "tap_v"), position)


def _bad_line(net: pandapowerNet, row: int, line: LineChange) -> Iterator[GridProblem]:
    if line.conductor is None:
        return
    vn_kv = float(net.bus.at[net.line.at[row, "from_bus"], "vn_kv"])
    for message in unfit_conductor(line.conductor, vn_kv, float(net.f_hz)):
        yield GridProblem(("conductor",), message)


def _bad_trafo(net: pandapowerNet, row: int, trafo: TrafoChange) -> Iterator[GridProblem]:
    old = net.trafo.loc[row]
    if trafo.tap_pos is not None:
        if (limits := tap_range(old)) is None:
            yield GridProblem(("tap_pos",), "the transformer has no taps")
        elif not limits[0] <= trafo.tap_pos <= limits[1]:
            yield GridProblem(("tap_pos",), f"{trafo.tap_pos} lies outside {limits[0]} .. {limits[1]}")
    if trafo.tap_v is not None and isinstance(position := position_of(old, trafo.tap_v), str):
        yield GridProblem(("tap_v",), position)
    vn = round(float(old["vn_hv_kv"]), 6), round(float(old["vn_lv_kv"]), 6)
    if trafo.pole_kva is not None and vn != (POLE_RATED_V / 1000, POLE_SECONDARY_KV):
        yield GridProblem(("pole_kva",), f"the transformer has {vn[0]:g}/{vn[1]:g} kV, a pole transformer 6.6/0.21 kV")
    vk, vkr = (
        float(old[column]) if getattr(trafo, column) is None else getattr(trafo, column)
        for column in ("vk_percent", "vkr_percent")
    )
    if vkr > vk and trafo.pole_kva is None:
        yield GridProblem((), f"vkr_percent would be {vkr:g}, above vk_percent {vk:g}")


def _change_line(net: pandapowerNet, row: int, line: LineChange, loop: bool) -> None:
    values = {name: value for name, value in line.given.items() if not name.startswith("conductor")}
    if line.conductor is not None:
        ratings = conductor_ratings(line.conductor, line.conductor_degc, float(net.f_hz))
        if loop:
            ratings = replace(
                ratings,
                r_ohm_per_km=LOOP_WIRES * ratings.r_ohm_per_km,
                x_ohm_per_km=LOOP_WIRES * ratings.x_ohm_per_km,
                c_nf_per_km=0.0,
                max_i_ka=ratings.max_i_ka / LOOP_CURRENT,
            )
        values |= asdict(ratings) | {"g_us_per_km": 0.0, "df": 1.0}
        values |= {"std_type": line.conductor, "type": line_type(line.conductor)}
    _write(net, "line", row, values)


def _change_trafo(net: pandapowerNet, row: int, trafo: TrafoChange) -> None:
    values = {name: value for name, value in trafo.given.items() if name not in {"pole_kva", "sn_kva", "tap_v"}}
    sn_kva = trafo.sn_kva
    if trafo.pole_kva is not None:
        unit = pole_transformer(trafo.pole_kva)
        sn_kva = unit.sn_kva
        values |= {name: getattr(unit, name) for name in ("vk_percent", "vkr_percent", "i0_percent", "pfe_kw")}
    if sn_kva is not None:
        values["sn_mva"] = sn_kva / 1000
    if trafo.tap_v is not None:
        values["tap_pos"] = position_of(net.trafo.loc[row], trafo.tap_v)
    _write(net, "trafo", row, values)


def _pole_taps(change: ChangeSpec, low_voltage: LowVoltageFacts | None) -> dict[str, tuple[str, float]]:
    """Transformer in the network -> pole and voltage of its new tap, for the poles that are modelled."""
    poles = low_voltage.poles if low_voltage is not None else ()
    return {
        pole.trafo: (pole.name, entry.tap_v)
        for pole in poles
        if pole.trafo is not None and (entry := change.poles.get(pole.name)) is not None and entry.tap_v is not None
    }


def _facts(net: pandapowerNet, change: ChangeSpec, facts: LowVoltageFacts, trafos: set[str]) -> LowVoltageFacts:
    """The facts after the network has changed."""
    poles = []
    for pole in facts.poles:
        if pole.trafo is not None and pole.trafo in trafos:
            row = net.trafo.loc[_row(net, "trafos", pole.trafo)]
            size = 1000 * float(row["sn_mva"]) * int(row["parallel"])
            poles.append(replace(pole, sn_kva=round(size, 9), tap_v=round(primary_v(row), 6)))
        elif (entry := change.poles.get(pole.name)) is not None and entry.tap_v is not None:
            poles.append(replace(pole, tap_v=entry.tap_v))
        else:
            poles.append(pole)
    segments = []
    for segment in facts.segments:
        if segment.name in change.lines:
            row = net.line.loc[_row(net, "lines", segment.name)]
            km = float(row["length_km"]) / int(row["parallel"]) / LOOP_WIRES
            r_ohm, x_ohm = float(row["r_ohm_per_km"]) * km, float(row["x_ohm_per_km"]) * km
            segments.append(replace(segment, r_ohm=r_ohm, x_ohm=x_ohm))
        else:
            segments.append(segment)
    return replace(facts, poles=tuple(poles), segments=tuple(segments))
