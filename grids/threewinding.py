"""Three-winding transformers as three two-winding ones that meet at a star bus.

The star equivalent is pandapower's own (`pandapower.build_branch._trafo_df_from_trafo3w`; a test holds them together):
short-circuit voltages given per pair of windings become those of a star, iron losses sit at the hv winding unless
`loss_side` says otherwise, the star has the voltage of the hv winding.

A tap at a terminal stays a tap of that winding. A tap at the star point is fixed where it stands: its ratio is not
linear in the position, so it goes into the rated voltage and the phase shift at the star end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import FloatArray
from grids.errors import GridError
from grids.naming import unused
from grids.tapchangers import TAP_NUMBERS, filled_types

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

SIDES = ("hv", "mv", "lv")
STAR = "star"  # column of the bus table: is the bus a star bus
UNRATED_END = "unrated_end"  # column of the transformer table: the end that is a star bus


def replace_three_winding(net: pandapowerNet) -> None:
    """Three transformers and a star bus for every three-winding transformer, in place; their switches move along.

    Raises:
        GridError: an equivalent impedance is zero or imaginary, or a switch sits at no winding.
    """
    star, windings = _replacements(net) if len(net.trafo3w) else ([], {})
    net.bus[STAR] = net.bus.index.isin(star)
    net.trafo[UNRATED_END] = None
    for side, rows in windings.items():
        net.trafo.loc[rows, UNRATED_END] = "lv" if side == "hv" else "hv"
    _move_switches(net, windings)


def _replacements(net: pandapowerNet) -> tuple[Sequence[int], dict[str, Sequence[int]]]:
    """Rows made: star buses, and the transformers of each side."""
    import pandapower  # noqa: PLC0415

    t3 = net.trafo3w
    _fill_taps(t3)
    hv_kv = net.bus["vn_kv"].loc[t3["hv_bus"]].to_numpy()
    star = pandapower.create_buses(net, len(t3), vn_kv=hv_kv, name=_names(net.bus, t3, "star"))
    vk_percent, vkr_percent = _star_impedances(t3)
    windings = {}
    for place, side in enumerate(SIDES):
        windings[side] = pandapower.create_transformers_from_parameters(
            net,
            name=_names(net.trafo, t3, side),
            vk_percent=vk_percent[place],
            vkr_percent=vkr_percent[place],
            **_winding(t3, side, np.asarray(star)),
        )
    return star, windings


def _names(table: pd.DataFrame, t3: pd.DataFrame, what: str) -> list[str]:
    taken = set(table["name"])
    return [unused(f"{name} ({what})", taken) for name in t3["name"]]


def _fill_taps(t3: pd.DataFrame) -> None:
    for column in TAP_NUMBERS:
        t3[column] = t3[column].astype(float) if column in t3 else np.nan
    t3["tap_pos"] = t3["tap_pos"].fillna(t3["tap_neutral"])
    t3["tap_changer_type"] = filled_types(t3, SIDES)


def _star_impedances(t3: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """(winding, row) vk and vkr in percent of each winding's own power, from those of the pairs of windings."""
    vk, vkr, sn = (
        np.stack([t3[f"{name}_{side}_{unit}"].to_numpy(dtype=np.float64) for side in SIDES])
        for name, unit in (("vk", "percent"), ("vkr", "percent"), ("sn", "mva"))
    )
    # pairs hv-mv, mv-lv, hv-lv are given on the smaller of their two powers
    to_hv = sn[0] / np.minimum(sn, np.roll(sn, -1, axis=0))
    vk, vkr = vk * to_hv, vkr * to_hv
    with np.errstate(invalid="ignore"):
        x, r = _star(np.sqrt(vk**2 - vkr**2), sn), _star(vkr, sn)
    star_vk = np.sign(x) * np.hypot(x, r)
    for row in np.flatnonzero(~(np.abs(star_vk) > 0.0).all(axis=0)):
        raise GridError(f"trafo3w {t3['name'].iloc[row]!r}: its star equivalent has a winding without impedance")
    return star_vk, r


def _star(pairs: FloatArray, sn: FloatArray) -> FloatArray:
    hv_mv, mv_lv, hv_lv = pairs
    return np.asarray(
        0.5 * sn / sn[0] * np.stack([hv_mv + hv_lv - mv_lv, hv_mv + mv_lv - hv_lv, mv_lv + hv_lv - hv_mv])
    )


def _winding(t3: pd.DataFrame, side: str, star: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Columns of the two-winding transformers of one side, without their impedances."""
    rows = len(t3)
    at_hv = side == "hv"
    here = (t3["tap_side"] == side).to_numpy()
    at_star = here & t3["tap_at_star_point"].fillna(False).to_numpy(dtype=bool)
    ratio, turn = _star_tap(t3, at_star)
    star_kv, outer_kv = t3["vn_hv_kv"].to_numpy() * ratio, t3[f"vn_{side}_kv"].to_numpy()
    shift = np.zeros(rows) if at_hv else t3[f"shift_{side}_degree"].to_numpy()
    iron = (_loss_side(t3) == side).astype(float)
    tapped = here & ~at_star
    taps = {column: np.where(tapped, t3[column], np.nan) for column in TAP_NUMBERS}
    return taps | {
        "hv_buses": t3["hv_bus"].to_numpy() if at_hv else star,
        "lv_buses": star if at_hv else t3[f"{side}_bus"].to_numpy(),
        "sn_mva": t3[f"sn_{side}_mva"].to_numpy(),
        "vn_hv_kv": outer_kv if at_hv else star_kv,
        "vn_lv_kv": star_kv if at_hv else outer_kv,
        "pfe_kw": t3["pfe_kw"].to_numpy() * iron,
        "i0_percent": t3["i0_percent"].to_numpy() * iron,
        "shift_degree": shift + (-turn if at_hv else turn),
        "tap_side": [("hv" if at_hv else "lv") if has else None for has in tapped],
        "tap_changer_type": [kind if has else None for has, kind in zip(tapped, t3["tap_changer_type"], strict=True)],
    }


def _star_tap(t3: pd.DataFrame, at_star: np.ndarray[Any, Any]) -> tuple[FloatArray, FloatArray]:
    """What a tap at the star point makes of the voltage at the star end: factor, and turn in degrees.

    Its winding has 1 + t turns instead of 1, so the star end has the 1 / (1 + t) of its voltage.
    """
    step = t3["tap_step_percent"].fillna(0.0).to_numpy() / 100.0
    angle = np.radians(t3["tap_step_degree"].fillna(0.0).to_numpy())
    moved = np.nan_to_num((t3["tap_pos"] - t3["tap_neutral"]).to_numpy())
    factor = np.where(at_star, 1.0 / (1.0 + moved * step * np.exp(1j * angle)), 1.0)
    return np.abs(factor), np.degrees(np.angle(factor))


def _loss_side(t3: pd.DataFrame) -> np.ndarray[Any, Any]:
    if "loss_side" not in t3:
        return np.full(len(t3), "hv")
    return t3["loss_side"].fillna("hv").to_numpy()


def _move_switches(net: pandapowerNet, windings: Mapping[str, Sequence[int]]) -> None:
    switch = net.switch
    place = {int(old): row for row, old in enumerate(net.trafo3w.index)}
    for index in switch.index[switch["et"] == "t3"]:
        old = int(switch.at[index, "element"])
        if old not in place:
            raise GridError(
                f"switch {switch.at[index, 'name']!r} refers to an element {old} that is not in the network"
            )
        row = net.trafo3w.iloc[place[old]]
        side = next((side for side in SIDES if row[f"{side}_bus"] == switch.at[index, "bus"]), None)
        if side is None:
            raise GridError(f"switches at a bus their element does not end at: {switch.at[index, 'name']}")
        switch.at[index, "element"] = windings[side][place[old]]
        switch.at[index, "et"] = "t"
