"""What a network must be before it is normalised: nothing but carried elements, with parameters that can be solved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from grids.errors import GridError, UnsupportedElementsError

if TYPE_CHECKING:
    from pandapower import pandapowerNet

CARRIED = frozenset({"bus", "line", "trafo", "switch", "ext_grid", "load", "sgen"})

# table -> columns that must be finite, and those of them that must be above zero
NUMBERS = {
    "bus": (("vn_kv",), ("vn_kv",)),
    "line": (("length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"), ("length_km",)),
    "trafo": (
        ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent", "shift_degree"),
        ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent"),
    ),
    "ext_grid": (("vm_pu",), ("vm_pu",)),
    "load": (("p_mw", "q_mvar", "scaling"), ()),
    "sgen": (("p_mw", "q_mvar", "scaling"), ()),
}
SHOWN = 5


def admit(net: pandapowerNet) -> None:
    """Refuse a network (names filled) that cannot be carried or solved.

    Raises:
        UnsupportedElementsError: it holds elements nobody carries; all are listed.
        GridError: it has no source in service or two at one bus; or a parameter is missing or impossible.
    """
    unsupported = list(_unsupported(net))
    if unsupported:
        raise UnsupportedElementsError(unsupported)
    _check_sources(net)
    bad = list(_bad_numbers(net))
    if bad:
        more = f", and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        raise GridError("; ".join(bad[:SHOWN]) + more)


def _unsupported(net: pandapowerNet) -> Iterator[str]:
    import pandas as pd  # noqa: PLC0415

    for name, table in net.items():
        if name in CARRIED or name.startswith(("_", "res_")) or not isinstance(table, pd.DataFrame):
            continue
        if "in_service" not in table.columns:
            continue  # measurements, costs, groups: no part of a power flow
        for index, row in table[table["in_service"].astype(bool)].iterrows():
            label = row.get("name")
            yield f"{name} {index}" + (f" {label!r}" if isinstance(label, str) and label else "")
    for row in net.switch[["name", "et", "z_ohm"]].itertuples():
        if row.et not in {"b", "l", "t"}:
            yield f"switch {row.Index} {row.name!r} (type {row.et})"
        elif row.et == "b" and row.z_ohm > 0:
            yield f"switch {row.Index} {row.name!r} (impedance {row.z_ohm:g} ohm; make it a line)"
    for row in net.trafo[net.trafo["in_service"].astype(bool)].itertuples():
        if getattr(row, "tap_dependency_table", False) is True or getattr(row, "tap_changer_type", None) == "Tabular":
            yield f"trafo {row.Index} {row.name!r} (impedance from a tap table)"


def _check_sources(net: pandapowerNet) -> None:
    on = net.ext_grid[net.ext_grid["in_service"].astype(bool)]
    if on.empty:
        raise GridError("the network has no source (ext_grid) in service")
    shared = on[on["bus"].duplicated(keep=False)]
    if not shared.empty:
        raise GridError(f"several sources at one bus: {', '.join(shared['name'])}; keep one")


def _bad_numbers(net: pandapowerNet) -> Iterator[str]:
    for table, (finite, positive) in NUMBERS.items():
        frame = net[table]
        on = frame["in_service"].to_numpy(dtype=bool)
        for column in finite:
            values = frame[column].to_numpy(dtype=np.float64)
            wrong = on & (~np.isfinite(values) | ((values <= 0.0) & (column in positive)))
            for row in np.flatnonzero(wrong):
                yield f"{table} {frame['name'].iloc[row]!r}: {column} is {values[row]:g}"
    line = net.line
    impedance = np.hypot(
        line["r_ohm_per_km"].to_numpy(dtype=np.float64), line["x_ohm_per_km"].to_numpy(dtype=np.float64)
    )
    for row in np.flatnonzero(line["in_service"].to_numpy(dtype=bool) & (impedance == 0.0)):
        yield f"line {line['name'].iloc[row]!r} has no impedance; make it a switch"
