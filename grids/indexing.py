"""Names, order, bases and normal state of a renumbered network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import GridError
from grids.fixtures import fixture_axis
from grids.powerflow.contract import BranchKind, FeederIndex
from grids.tapchangers import movable_taps
from grids.threewinding import STAR, UNRATED_END
from grids.wires import WireState

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

# kind -> its columns of buses; the order is that of the branch axis, with the links behind
BRANCH_BUSES = {
    BranchKind.LINE: ("from_bus", "to_bus"),
    BranchKind.TRAFO: ("hv_bus", "lv_bus"),
    BranchKind.IMPEDANCE: ("from_bus", "to_bus"),
    BranchKind.TCSC: ("from_bus", "to_bus"),
}


def feeder_index(net: pandapowerNet) -> FeederIndex:
    """The index of a renumbered network, without connection points.

    Raises:
        GridError: a switch sits at a bus its element does not end at.
    """
    frames = {kind: net[kind.value] for kind in BRANCH_BUSES}
    switch = net.switch
    links = switch["et"].to_numpy() == "b"
    link = switch[links]
    solved = sum(map(len, frames.values()))
    switch_branch = _ints(switch["element"]) + np.where(switch["et"] == "t", len(net.line), 0)
    switch_branch[links] = solved + np.arange(len(link))
    ends = [[_ints(frame[column]) for column in BRANCH_BUSES[kind]] for kind, frame in frames.items()]
    first, second = (
        np.concatenate([*sides, _ints(link[column])])
        for sides, column in zip(zip(*ends, strict=True), ("bus", "element"), strict=True)
    )
    tap = movable_taps(net.trafo)
    fixture, fixture_bus = fixture_axis(net)
    return FeederIndex(
        bus=tuple(net.bus["name"]),
        bus_vn_kv=net.bus["vn_kv"].to_numpy(dtype=np.float64),
        branch=tuple(np.concatenate([*(frame["name"] for frame in frames.values()), link["name"]])),
        branch_kind=(
            *(kind for kind, frame in frames.items() for _ in range(len(frame))),
            *[BranchKind.LINK] * len(link),
        ),
        branch_from=first,
        branch_to=second,
        branch_rating=_ratings(net, len(first)),
        switch=tuple(switch["name"]),
        switch_branch=switch_branch,
        switch_end=_switch_ends(switch, first[switch_branch], second[switch_branch]),
        tap=tuple(net.trafo["name"][tap]),
        tap_branch=len(net.line) + np.flatnonzero(tap).astype(np.int64),
        source=tuple(net.ext_grid["name"]),
        source_bus=_ints(net.ext_grid["bus"]),
        load=(),
        load_bus=np.zeros(0, dtype=np.int64),
        injection=(),
        injection_bus=np.zeros(0, dtype=np.int64),
        frequency_hz=float(net.f_hz),
        fixture=fixture,
        fixture_bus=fixture_bus,
        star_bus=tuple(np.flatnonzero(net.bus[STAR].to_numpy(dtype=bool)).tolist()),
        impedance_link=tuple((solved + np.flatnonzero(link["z_ohm"].to_numpy(dtype=np.float64) > 0.0)).tolist()),
    )


def _ints(column: pd.Series[Any]) -> IntArray:
    return np.asarray(column.to_numpy(dtype=np.int64))


def _switch_ends(switch: pd.DataFrame, first: IntArray, second: IntArray) -> IntArray:
    """(switch,) the end each switch sits at, given the buses at both ends of its branch."""
    bus = _ints(switch["bus"])
    stray = switch["name"][(first != bus) & (second != bus)]
    if len(stray):
        raise GridError(f"switches at a bus their element does not end at: {', '.join(stray)}")
    return np.where(first == bus, 0, 1).astype(np.int64)


def _ratings(net: pandapowerNet, branches: int) -> FloatArray:
    """(branch, 2) kA; only lines and transformers have any, a star end has none."""
    line, trafo = net.line, net.trafo
    rating = np.full((branches, 2), np.nan)
    rating[: len(line)] = (line["max_i_ka"] * line["df"] * line["parallel"]).to_numpy(dtype=np.float64)[:, np.newaxis]
    power = (trafo["sn_mva"] * trafo["df"] * trafo["parallel"]).to_numpy(dtype=np.float64)
    winding = trafo[["vn_hv_kv", "vn_lv_kv"]].to_numpy(dtype=np.float64)
    currents = power[:, np.newaxis] / (np.sqrt(3.0) * winding)
    currents[np.stack([trafo[UNRATED_END] == side for side in ("hv", "lv")], axis=1)] = np.nan
    rating[len(line) : len(line) + len(trafo)] = currents
    # a rating that is missing, zero or infinite says nothing
    return np.where(np.isfinite(rating) & (rating > 0.0), rating, np.nan)


def normal_state(net: pandapowerNet) -> WireState:
    """As given; what ends at a bus out of service is out of service too, so that topology needs no bus status."""
    bus_on = net.bus["in_service"].to_numpy(dtype=bool)

    def on(table: str, *bus_columns: str) -> BoolArray:
        frame = net[table]
        state = frame["in_service"].to_numpy(dtype=bool).copy()
        for column in bus_columns:
            state &= bus_on[_ints(frame[column])]
        return np.asarray(state)

    link = net.switch[net.switch["et"] == "b"]
    links_on = bus_on[_ints(link["bus"])] & bus_on[_ints(link["element"])]
    branches = [on(kind.value, *columns) for kind, columns in BRANCH_BUSES.items()]
    return WireState(
        closed=net.switch["closed"].to_numpy(dtype=bool)[np.newaxis],
        in_service=np.concatenate([*branches, links_on])[np.newaxis],
        tap_pos=net.trafo["tap_pos"].to_numpy(dtype=np.float64)[np.newaxis, movable_taps(net.trafo)],
        source_on=on("ext_grid", "bus")[np.newaxis],
        source_vm_pu=net.ext_grid["vm_pu"].to_numpy(dtype=np.float64)[np.newaxis],
    )
