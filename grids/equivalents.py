"""What a network is simplified to before it is renumbered: fewer kinds of elements that mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grids.admission import CARRIED
from grids.arrays import BoolArray
from grids.errors import GridError
from grids.fixtures import FIXTURE_KIND
from grids.threewinding import replace_three_winding

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

_STATES = frozenset({"bus", "line", "trafo", "switch", "ext_grid"})  # out of service is a state of theirs


def drop_dead(net: pandapowerNet) -> None:
    """Take out, in place, what is out of service or at a bus out of service, where no state of the wires says so.

    A three-winding transformer stays with the windings that are left; switches go with their transformer.
    """
    bus_on = net.bus["in_service"].astype(bool)
    for table in CARRIED.keys() - _STATES:
        frame = net[table]
        keep = frame["in_service"].to_numpy(dtype=bool)
        if table != "trafo3w":
            for column in CARRIED[table]:
                keep &= frame[column].map(bus_on).fillna(value=True).to_numpy(dtype=bool)  # unknown buses come later
        else:
            gone = (net.switch["et"] == "t3") & net.switch["element"].isin(frame.index[~keep])
            net["switch"] = net.switch[~gone].copy()
        net[table] = frame[keep].copy()


def simplify(net: pandapowerNet) -> None:
    """Replace, in place, what has an exact equivalent: three-winding transformers, symmetric impedances, wards, shunts.

    Loads become connection points (`grids.elements`), so the constant powers of wards go.

    Raises:
        GridError: a three-winding transformer has no star equivalent, or a shunt stands at a step it does not have.
    """
    replace_three_winding(net)
    _impedances_to_lines(net)
    _resolve_shunt_steps(net)
    _wards_to_shunts(net)
    net.xward[["ps_mw", "qs_mvar"]] = 0.0


def _impedances_to_lines(net: pandapowerNet) -> None:
    """Per-unit values are of the impedance's own power and the voltage of its buses; gf, bf belong to one end."""
    import pandapower  # noqa: PLC0415

    plain = _symmetric(net)
    table = net.impedance[plain]
    if table.empty:
        return
    base_ohm = net.bus["vn_kv"].loc[table["from_bus"]].to_numpy() ** 2 / table["sn_mva"].to_numpy()
    omega = 2.0 * np.pi * float(net.f_hz)
    pandapower.create_lines_from_parameters(
        net,
        table["from_bus"].to_numpy(),
        table["to_bus"].to_numpy(),
        length_km=1.0,
        r_ohm_per_km=table["rft_pu"].to_numpy() * base_ohm,
        x_ohm_per_km=table["xft_pu"].to_numpy() * base_ohm,
        c_nf_per_km=2e9 * table["bf_pu"].to_numpy() / base_ohm / omega,
        g_us_per_km=2e6 * table["gf_pu"].to_numpy() / base_ohm,
        max_i_ka=np.nan,
        name=table["name"].tolist(),
    )
    net["impedance"] = net.impedance[~plain].copy()


def _symmetric(net: pandapowerNet) -> BoolArray:
    """(row,) impedances that look the same from both ends, which have one nominal voltage."""
    table: pd.DataFrame = net.impedance
    plain = np.ones(len(table), dtype=bool)
    for one, other in (("rft", "rtf"), ("xft", "xtf"), ("gf", "gt"), ("bf", "bt")):
        plain &= (table[f"{one}_pu"] == table[f"{other}_pu"]).to_numpy()
    from_kv, to_kv = (net.bus["vn_kv"].loc[table[column]].to_numpy() for column in ("from_bus", "to_bus"))
    return np.asarray(plain & (from_kv == to_kv))


def _resolve_shunt_steps(net: pandapowerNet) -> None:
    """One step for every shunt, at a stated rated voltage; steps with values of their own are looked up."""
    shunt = net.shunt
    shunt["vn_kv"] = shunt["vn_kv"].fillna(shunt["bus"].map(net.bus["vn_kv"]))
    step = shunt["step"].astype(float)
    powers = {column: shunt[column].astype(float) * step for column in ("p_mw", "q_mvar")}
    stepped = shunt.index[shunt["step_dependency_table"].eq(True)] if "step_dependency_table" in shunt else []
    if len(stepped):
        known = net.shunt_characteristic_table.set_index(["id_characteristic", "step"])
        for index in stepped:
            key = (shunt.at[index, "id_characteristic_table"], step[index])
            if key not in known.index:
                raise GridError(f"shunt {shunt.at[index, 'name']!r}: its table lacks step {step[index]:g}")
            for column, values in powers.items():
                values[index] = known.at[key, column]
        shunt["step_dependency_table"] = False
    for column, values in powers.items():
        shunt[column] = values
    shunt["step"] = shunt["max_step"] = 1
    shunt[FIXTURE_KIND] = "shunt"


def _wards_to_shunts(net: pandapowerNet) -> None:
    import pandapower  # noqa: PLC0415

    ward = net.ward[(net.ward["pz_mw"] != 0.0) | (net.ward["qz_mvar"] != 0.0)]
    if len(ward):
        rows = pandapower.create_shunts(
            net,
            ward["bus"].to_numpy(),
            ward["qz_mvar"].to_numpy(),
            ward["pz_mw"].to_numpy(),
            vn_kv=net.bus["vn_kv"].loc[ward["bus"]].to_numpy(),  # left out, two wards at one bus are an error
            name=ward["name"].tolist(),
        )
        net.shunt.loc[rows, FIXTURE_KIND] = "ward"
