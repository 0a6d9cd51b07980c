"""What a network must be before it is normalised: nothing but carried elements, with parameters that can be solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grids.arrays import BoolArray
from grids.errors import GridError, UnsupportedElementsError

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

# carried table -> its columns of buses
CARRIED: Mapping[str, tuple[str, ...]] = {
    "bus": (),
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "switch": ("bus",),
    "ext_grid": ("bus",),
    "load": ("bus",),
    "sgen": ("bus",),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
    "impedance": ("from_bus", "to_bus"),
    "motor": ("bus",),
    "storage": ("bus",),
    "ward": ("bus",),
    "shunt": ("bus",),
    "gen": ("bus",),
    "xward": ("bus",),
    "dcline": ("from_bus", "to_bus"),
    "svc": ("bus",),
    "ssc": ("bus",),
    "tcsc": ("from_bus", "to_bus"),
}

_WARD = ("ps_mw", "qs_mvar", "pz_mw", "qz_mvar")
_POWER = ("p_mw", "q_mvar", "scaling")
_THYRISTOR = ("x_l_ohm", "x_cvar_ohm", "thyristor_firing_angle_degree")
_SHARED_3W = ("pfe_kw", "i0_percent", "shift_mv_degree", "shift_lv_degree")
_POSITIVE_3W = tuple(
    f"{name}_{side}_{unit}"
    for name, unit in (("sn", "mva"), ("vn", "kv"), ("vk", "percent"))
    for side in ("hv", "mv", "lv")
)
# table -> columns that must be finite, and columns that must be finite and above zero
NUMBERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bus": ((), ("vn_kv",)),
    "line": (("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"), ("length_km",)),
    "trafo": (
        ("vkr_percent", "pfe_kw", "i0_percent", "shift_degree"),
        ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent"),
    ),
    "trafo3w": ((*(f"vkr_{side}_percent" for side in ("hv", "mv", "lv")), *_SHARED_3W), _POSITIVE_3W),
    "impedance": (tuple(f"{name}_pu" for name in ("rft", "xft", "rtf", "xtf", "gf", "bf", "gt", "bt")), ("sn_mva",)),
    "ext_grid": ((), ("vm_pu",)),
    "load": (_POWER, ()),
    "sgen": (_POWER, ()),
    "storage": (_POWER, ()),
    "motor": (("pn_mech_mw", "loading_percent", "scaling"), ("cos_phi", "efficiency_percent")),
    "ward": (_WARD, ()),
    "shunt": (("p_mw", "q_mvar", "step"), ()),
    "gen": (("p_mw", "scaling"), ("vm_pu",)),
    "xward": ((*_WARD, "r_ohm", "x_ohm"), ("vm_pu",)),
    "dcline": (("p_mw", "loss_percent", "loss_mw"), ("vm_from_pu", "vm_to_pu")),
    "svc": (_THYRISTOR, ("set_vm_pu",)),
    "ssc": (("r_ohm", "x_ohm"), ("set_vm_pu",)),
    "tcsc": ((*_THYRISTOR, "set_p_to_mw"), ()),
}
KINDS = {"ext_grid": "source"}  # table -> kind of its subjects, where the names differ
SHOWN = 5
MOST_PERCENT = 100.0 + 1e-9  # shares of a load together, and how they are rounded


class Objection(NamedTuple):
    """Why a network cannot be carried or solved: the element it is about (`line:NAME`; empty = the whole), and what."""

    subject: str
    message: str


def admit(net: pandapowerNet) -> None:
    """Refuse a network (names filled, dead equipment dropped) that cannot be carried or solved.

    Raises:
        UnsupportedElementsError: it holds elements nobody carries; all are listed.
        GridError: an element is at a bus that is not there; there is no source in service, or two at one bus; or a
            parameter is missing or impossible.
    """
    refused = list(unsupported(net))
    if refused:
        raise UnsupportedElementsError(refused)
    for objection in (*stray_references(net), *bad_sources(net)):
        raise GridError(objection.message)
    found = (*bad_numbers(net), *bad_loads(net), *without_impedance(net), *bad_tables(net))
    bad = [objection.message for objection in found]
    if bad:
        more = f", and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        raise GridError("; ".join(bad[:SHOWN]) + more)


def by_table(trafo: pd.DataFrame) -> BoolArray:
    """(row,) which transformers take ratio, angle and impedance from a table of tap positions."""
    if "tap_dependency_table" not in trafo:
        return np.zeros(len(trafo), dtype=bool)
    return np.asarray(trafo["tap_dependency_table"].eq(True).to_numpy(dtype=bool))


def unsupported(net: pandapowerNet) -> Iterator[str]:
    """Elements in service that no engine here carries, by table, index and name."""
    import pandas as pd  # noqa: PLC0415

    for name, table in net.items():
        if name in CARRIED or name.startswith(("_", "res_")) or not isinstance(table, pd.DataFrame):
            continue
        if "in_service" not in table.columns:
            continue  # measurements, costs, groups: no part of a power flow
        for index, row in table[table["in_service"].astype(bool)].iterrows():
            label = row.get("name")
            yield f"{name} {index}" + (f" {label!r}" if isinstance(label, str) and label else "")
    for row in net.switch[["name", "et"]].itertuples():
        if row.et not in {"b", "l", "t", "t3"}:
            yield f"switch {row.Index} {row.name!r} (type {row.et})"
    gen = _on(net, "gen")
    for index, label in gen["name"][gen["slack"].astype(bool)].items():
        yield f"gen {index} {label!r} (slack; make it an ext_grid)"
    yield from _unsupported_taps(net)


def _unsupported_taps(net: pandapowerNet) -> Iterator[str]:
    for table in ("trafo", "trafo3w"):
        frame = _on(net, table)
        for row, tabular in zip(frame.itertuples(), by_table(frame), strict=True):
            kind = getattr(row, "tap_changer_type", None)
            if tabular and table == "trafo3w":
                yield f"{table} {row.Index} {row.name!r} (impedance from a tap table)"
            elif kind == "Tabular" and not tabular:
                yield f"{table} {row.Index} {row.name!r} (tap changer of type Tabular without its table)"
            elif kind == "Ideal" and getattr(row, "tap_at_star_point", False) and _off_neutral(row):
                # pandapower turns it by 180 degrees a step
                yield f"{table} {row.Index} {row.name!r} (ideal phase shifter at the star point)"


def _off_neutral(row: Any) -> bool:
    return bool(row.tap_pos != row.tap_neutral)


def stray_references(net: pandapowerNet) -> Iterator[Objection]:
    """Elements at a bus that is not there."""
    for table, columns in CARRIED.items():
        frame = net[table]
        for column in columns:
            for row in np.flatnonzero(~frame[column].isin(net.bus.index)):
                name, old = frame["name"].iloc[row], frame[column].iloc[row]
                yield _objection(table, name, f"refers to an element {old} that is not in the network")


def bad_sources(net: pandapowerNet) -> Iterator[Objection]:
    """No source in service, or several at one bus."""
    on = _on(net, "ext_grid")
    if on.empty:
        yield Objection("", "the network has no source (ext_grid) in service")
    shared = on[on["bus"].duplicated(keep=False)]
    if not shared.empty:
        names = list(shared["name"])
        yield Objection(f"source:{names[-1]}", f"several sources at one bus: {', '.join(names)}; keep one")


def bad_numbers(net: pandapowerNet) -> Iterator[Objection]:
    """Parameters that are missing, infinite, or not above zero where they must be."""
    for table, (finite, positive) in NUMBERS.items():
        frame = _on(net, table)
        for column in (*positive, *finite):
            values = frame[column].to_numpy(dtype=np.float64)
            wrong = ~np.isfinite(values) | ((values <= 0.0) & (column in positive))
            for row in np.flatnonzero(wrong):
                name = frame["name"].iloc[row]
                yield _objection(table, name, f"{column} is {values[row]:g}", mark=":")


def bad_loads(net: pandapowerNet) -> Iterator[Objection]:
    """Shares of a load above 100 percent, a power factor above 1."""
    load, motor = _on(net, "load"), _on(net, "motor")
    for name in motor["name"][motor["cos_phi"] > 1.0]:
        yield _objection("motor", name, "cos_phi is above 1", mark=":")
    for power in ("p", "q"):
        columns = [f"const_{part}_{power}_percent" for part in ("z", "i")]
        if set(columns) <= set(load.columns):
            for name in load["name"][load[columns].sum(axis=1) > MOST_PERCENT]:
                yield _objection("load", name, f"{' and '.join(columns)} are more than 100 together", mark=":")


def without_impedance(net: pandapowerNet) -> Iterator[Objection]:
    """Lines and impedances of zero ohm."""
    for table, pairs in {
        "line": (("r_ohm_per_km", "x_ohm_per_km"),),
        "impedance": (("rft_pu", "xft_pu"), ("rtf_pu", "xtf_pu")),
    }.items():
        frame = _on(net, table)
        for r, x in pairs:
            nothing = np.hypot(frame[r].to_numpy(dtype=np.float64), frame[x].to_numpy(dtype=np.float64)) == 0.0
            for name in frame["name"][nothing]:
                yield _objection(table, name, "has no impedance; make it a switch")


def bad_tables(net: pandapowerNet) -> Iterator[Objection]:
    """Tap tables with holes: pandapower takes the rated ratio at a position it does not find."""
    frame = _on(net, "trafo")
    for row in frame[by_table(frame)].itertuples():
        known = net.get("trafo_characteristic_table")
        steps = (
            set() if known is None else set(known["step"][known["id_characteristic"] == row.id_characteristic_table])
        )
        missing = [step for step in _positions(row) if step not in steps]
        if missing:
            yield _objection("trafo", str(row.name), f"its tap table lacks position {missing[0]:g}", mark=":")


def _objection(table: str, name: str, message: str, mark: str = "") -> Objection:
    return Objection(f"{KINDS.get(table, table)}:{name}", f"{table} {name!r}{mark} {message}")


def _positions(row: Any) -> list[float]:
    movable = row.tap_max > row.tap_min
    return [row.tap_pos, *(np.arange(row.tap_min, row.tap_max + 1.0) if movable else ())]


def _on(net: pandapowerNet, table: str) -> pd.DataFrame:
    frame: pd.DataFrame = net[table]
    return frame[frame["in_service"].astype(bool)]
