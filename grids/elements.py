"""Loads and generators that came with a network, to become connection points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

SHARES = ("const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent")
Shares = tuple[float, float, float, float]
CONSTANT_POWER: Shares = (0.0, 0.0, 0.0, 0.0)
LOAD_TABLES = ("load", "motor", "storage", "ward", "xward")


@dataclass(frozen=True, slots=True)
class NetworkElement:
    """A load or static generator that came with the network, to become a connection point.

    Powers in its own sign: demand of a load, injection of a generator, scaling included. Motors, storages (charging is
    demand) and the constant powers of wards are loads. `shares` are the parts of p and q at constant impedance and
    constant current: (z of p, i of p, z of q, i of q), 0..1.
    """

    kind: str  # "load" or "sgen"
    name: str
    index: int  # in the network it came with; loads from other tables are numbered on after the loads
    bus: str
    p_mw: float
    q_mvar: float
    sn_mva: float  # NaN where not given
    type: str
    profile: str | None
    shares: Shares = CONSTANT_POWER


def network_elements(net: pandapowerNet) -> Iterator[NetworkElement]:
    """All of a network whose names are filled and whose dead equipment is dropped: loads first, then generators."""
    number = int(net.load.index.max()) + 1 if len(net.load) else 0
    for table in LOAD_TABLES:
        for index, row in net[table].iterrows():
            p_mw, q_mvar = _power(table, row)
            if table.endswith("ward") and p_mw == q_mvar == 0.0:
                continue
            yield _element(net, "load", index if table == "load" else number, row, p_mw, q_mvar)
            number += table != "load"
    for index, row in net.sgen.iterrows():
        yield _element(net, "sgen", index, row, *_power("sgen", row))


def _element(net: pandapowerNet, kind: str, index: int, row: pd.Series[Any], p: float, q: float) -> NetworkElement:
    profile, label = row.get("profile"), row.get("type")
    return NetworkElement(
        kind=kind,
        name=row["name"],
        index=int(index),
        bus=net.bus["name"][row["bus"]],
        p_mw=p,
        q_mvar=q,
        sn_mva=float(row.get("sn_mva", np.nan)),
        type=label if isinstance(label, str) else "",
        profile=profile if isinstance(profile, str) else None,
        shares=shares_of(row) if kind == "load" else CONSTANT_POWER,
    )


def _power(table: str, row: pd.Series[Any]) -> tuple[float, float]:
    if table.endswith("ward"):
        return float(row["ps_mw"]), float(row["qs_mvar"])
    if table != "motor":
        return float(row["p_mw"] * row["scaling"]), float(row["q_mvar"] * row["scaling"])
    p = row["pn_mech_mw"] / row["efficiency_percent"] * row["loading_percent"] * row["scaling"]
    return float(p), float(np.sqrt((p / row["cos_phi"]) ** 2 - p**2))


def shares_of(row: pd.Series[Any]) -> Shares:
    """The voltage-dependent shares of a row of the load table."""
    z_p, i_p, z_q, i_q = (float(row.get(column, 0.0) or 0.0) / 100.0 for column in SHARES)
    return z_p, i_p, z_q, i_q
