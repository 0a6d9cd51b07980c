"""Columns of the two CSV files of a network: one table for reading, writing, the template and its description.

Texts in the tables may name a column in Japanese; the file may use either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column. Numbers have a unit ("1": none in particular), texts an empty one."""

    name: str
    japanese: str
    unit: str
    meaning: str
    needed: bool = False  # the header must have it


NODES = (
    Column("name", "名称", "", "Name of the node (bus), or of the row where `at` is given.", needed=True),
    Column("at", "接続先", "", "A further row for the node of that name: its second load, PV, pole or customer."),
    Column("vn_kv", "公称電圧_kV", "kV", "Nominal line-to-line voltage.", needed=True),
    Column("longitude", "経度", "degree", "East positive; with `latitude`."),
    Column("latitude", "緯度", "degree", "North positive; with `longitude`."),
    Column("source_vm_pu", "電源電圧_pu", "1", "The upstream network is here and holds this voltage."),
    Column("source", "電源", "", "Its name; that of the node if blank."),
    Column("load_kw", "負荷_kW", "kW", "Demand at its annual peak."),
    Column("load_kvar", "負荷_kvar", "kvar", "Its reactive power, lagging positive; or `load_power_factor`."),
    Column("load_power_factor", "負荷力率", "1", "Its lagging power factor, 0 to 1; or `load_kvar`."),
    Column("load_type", "負荷種別", "", "What it is (`home`, `shop`, `factory`), for picking profiles by type."),
    Column("load", "負荷", "", "Its name; that of the row if blank."),
    Column("pv_kw", "太陽光_kW", "kW", "AC rating of photovoltaic generation."),
    Column("pv_type", "太陽光種別", "", "What it is (`pv-home`)."),
    Column("pv", "太陽光", "", "Its name; that of the row if blank."),
    Column("pole", "柱上変圧器", "", "Name of the pole transformer: at its 210 V node, or, not modelled, at 6.6 kV."),
    Column("pole_kva", "柱上変圧器_kVA", "kVA", "Its rating; blank where branches.csv has the transformer."),
    Column("tap_v", "タップ_V", "V", "Its tap, as primary voltage; blank where branches.csv has the transformer."),
    Column("drop_v", "電圧降下_V", "V", "A leg's drop from this node to the last customer, at `peak_kw`."),
    Column("rise_v", "電圧上昇_V", "V", "A leg's rise the same way, when `pole_pv_kw` flows back."),
    Column("peak_kw", "最大電力_kW", "kW", "Highest coincident demand behind it."),
    Column("pole_pv_kw", "柱上変圧器_太陽光_kW", "kW", "AC rating of the PV behind it."),
    Column("customer", "需要家", "", "Name of the low-voltage customer whose supply point is here."),
    Column("share_a", "分担_a", "1", "Share of its demand on leg a."),
    Column("share_b", "分担_b", "1", "Share of its demand on leg b; the rest is on 200 V."),
)

BRANCHES = (
    Column("name", "名称", "", "Name; unique among lines, among transformers and among switches.", needed=True),
    Column("kind", "種別", "", "`line`, `three_wire`, `trafo`, `svr` or `switch`.", needed=True),
    Column("from", "始点", "", "Node; of a trafo its high-voltage, of an SVR its supply side.", needed=True),
    Column("to", "終点", "", "Node; blank for a switch at the end of a line or transformer.", needed=True),
    Column("at_line", "線路", "", "Line whose end at `from` the switch sits at."),
    Column("at_trafo", "変圧器", "", "Transformer whose side at `from` the switch sits at."),
    Column("closed", "状態", "", "Normal state of a switch: `closed` or `open` (投入, 開放)."),
    Column("length_km", "亘長_km", "km", "Length."),
    Column("conductor", "電線", "", "Name of a conductor (docs/equipment.md), instead of r, x, c and max_i."),
    Column("r_ohm_per_km", "抵抗_ohm_km", "ohm/km", "Series resistance of a phase; of one wire of `three_wire`."),
    Column(
        "x_ohm_per_km", "リアクタンス_ohm_km", "ohm/km", "Series reactance of a phase; of one wire of `three_wire`."
    ),
    Column("c_nf_per_km", "静電容量_nF_km", "nF/km", "Charging capacitance of a phase; 0 if blank."),
    Column("max_i_a", "許容電流_A", "A", "Rated current of a phase; of one wire of `three_wire`."),
    Column("parallel", "条数", "1", "Equal lines or transformers side by side; 1 if blank."),
    Column("pole_kva", "柱上変圧器_kVA", "kVA", "A Japanese pole transformer of this size, instead of the ratings."),
    Column("tap_v", "タップ_V", "V", "Its tap, as primary voltage; 6600 if blank."),
    Column("model", "型式", "", "Model of an SVR (docs/equipment.md)."),
    Column("sn_kva", "定格容量_kVA", "kVA", "Rated power of a transformer."),
    Column("vn_hv_kv", "一次電圧_kV", "kV", "Rated voltage of its high-voltage winding."),
    Column("vn_lv_kv", "二次電圧_kV", "kV", "Rated voltage of its low-voltage winding."),
    Column("vk_percent", "短絡電圧_percent", "%", "Short-circuit voltage."),
    Column("vkr_percent", "短絡抵抗_percent", "%", "Real part of the short-circuit voltage."),
    Column("i0_percent", "無負荷電流_percent", "%", "No-load current; 0 if blank."),
    Column("pfe_kw", "鉄損_kW", "kW", "Iron losses; 0 if blank."),
    Column("shift_degree", "位相差_degree", "degree", "Phase shift, high over low voltage; 0 if blank."),
    Column("tap_side", "タップ側", "", "Winding with the taps: `hv` or `lv`."),
    Column("tap_min", "タップ最小", "1", "Lowest position."),
    Column("tap_max", "タップ最大", "1", "Highest position."),
    Column("tap_neutral", "タップ基準", "1", "Position with the rated ratio; 0 if blank."),
    Column("tap_step_percent", "タップ幅_percent", "%", "Ratio change per position."),
    Column("tap_pos", "タップ位置", "1", "Position at the start; the neutral one if blank."),
)

# kind -> table of the network it ends up in; names must differ in one table
KINDS = {"line": "line", "three_wire": "line", "trafo": "trafo", "svr": "trafo", "switch": "switch"}
KIND_WORDS = {"線路": "line", "単相三線": "three_wire", "変圧器": "trafo", "開閉器": "switch"}
STATES = {"closed": True, "open": False, "投入": True, "開放": False, "入": True, "切": False}
STATES |= {"1": True, "0": False, "true": True, "false": False}


def by_heading(columns: Iterable[Column]) -> Mapping[str, Column]:
    """What a header may say -> column."""
    return {heading: column for column in columns for heading in (column.name, column.japanese)}
