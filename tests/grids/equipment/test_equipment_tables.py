"""The tables against facts.md 1.3-1.5 and against what physics allows."""

import csv
from math import hypot, log, pi, sqrt
from pathlib import Path

import pytest

from grids.equipment import tables
from grids.errors import GridError

OVERHEAD = {  # facts.md 1.5: R20, X50 low and high, X60 low and high, ampacity low and high
    "Cu-OC-22": (0.849, 0.37, 0.37, 0.44, 0.44, 115, 150),
    "Cu-OC-38": (0.491, 0.35, 0.35, 0.42, 0.42, 190, 190),
    "Cu-OC-60": (0.309, 0.32, 0.34, 0.38, 0.41, 260, 260),
    "Cu-OC-100": (0.184, 0.30, 0.32, 0.36, 0.39, 370, 370),
    "Cu-OC-150": (0.120, 0.29, 0.31, 0.35, 0.37, 480, 480),
    "Al-OC-58": (0.50, 0.34, 0.34, 0.41, 0.41, 180, 210),
    "Al-OC-120": (0.24, 0.30, 0.32, 0.36, 0.38, 300, 330),
    "Al-OC-240": (0.120, 0.27, 0.29, 0.33, 0.35, 480, 530),
}
CABLES = {  # facts.md 1.5: R90, X50 and X60 of the 600 V cable, ampacity in air
    "CVT-38": (0.626, 0.077, 0.093, 170),
    "CVT-60": (0.397, 0.077, 0.092, 225),
    "CVT-100": (0.239, 0.077, 0.093, 310),
    "CVT-150": (0.160, 0.074, 0.089, 405),
    "CVT-200": (0.121, 0.076, 0.091, 485),
    "CVT-250": (0.0985, 0.074, 0.089, 560),
    "CVT-325": (0.0770, 0.072, 0.087, 660),
}
WIRES = {14: 1.33, 22: 0.84, 38: 0.497, 60: 0.309, 100: 0.184, 150: 0.12}  # facts.md 1.5: mm2 -> R20
POLES = {10: (2.1, 1.3), 20: (1.9, 1.5), 30: (1.7, 1.7), 50: (1.5, 2.0), 75: (1.4, 2.3), 100: (1.3, 2.6)}


def test_overhead_lines_are_those_of_the_fact_base():
    assert {name for name, one in tables.conductors().items() if one.kind == "overhead"} == set(OVERHEAD)
    for name, (r, x50, x50_high, x60, x60_high, amperes, amperes_high) in OVERHEAD.items():
        one = tables.conductor(name)
        assert (one.r_ohm_per_km, one.r_at_degc) == (r, 20)
        assert x50 <= one.x50_ohm_per_km <= x50_high
        assert x60 - 0.005 <= one.x60_ohm_per_km <= x60_high + 0.005  # printed with two digits
        assert amperes <= one.max_i_a <= amperes_high


def test_cables_are_those_of_the_fact_base():
    for name, (r, x50, x60, amperes) in CABLES.items():
        one = tables.conductor(name)
        assert (one.kind, one.r_ohm_per_km, one.r_at_degc, one.max_i_a) == ("cable", r, 90, amperes)
        assert one.x50_ohm_per_km - x50 == pytest.approx(0.03)
        assert one.x60_ohm_per_km - x60 == pytest.approx(0.03)
        assert 300 <= one.c_nf_per_km <= 500
    assert tables.conductor("CVT-500").max_i_a == 855


def test_low_voltage_wires_are_those_of_the_fact_base():
    for area, r in WIRES.items():
        one = tables.conductor(f"OW-{area}")
        assert (one.kind, one.r_ohm_per_km) == ("low_voltage", r)
        assert 0.25 <= one.x50_ohm_per_km < one.x60_ohm_per_km <= 0.30
    for area in (8, 14, 22, 38):
        one = tables.conductor(f"DV-{area}")
        assert one.kind == "service"
        assert one.r_ohm_per_km == WIRES.get(area, 2.36)
        assert 0.08 <= one.x50_ohm_per_km < one.x60_ohm_per_km <= 0.111


@pytest.mark.parametrize("one", tables.conductors().values(), ids=str)
def test_a_conductor_obeys_its_metal_and_its_geometry(one):
    area = float(one.name.rsplit("-", 1)[1])
    resistivity = one.r_at(20) * area  # ohm mm2/km; solid metal 17.2 (Cu), 28.3 (Al); strands are longer and thinner
    assert (17.2 <= resistivity <= 20.0) if one.metal == "Cu" else (28.0 <= resistivity <= 30.0)
    # the same geometry at both frequencies; cables and wires are printed with two or three digits
    assert one.x60_ohm_per_km / one.x50_ohm_per_km == pytest.approx(1.2, abs=0.06)
    if one.kind == "overhead":
        radius = 1.15 * sqrt(area / pi)  # mm, stranded
        per_km = 2 * pi * 50 * 2e-4
        low, high = (per_km * log(spacing / (0.76 * radius)) for spacing in (600, 820))
        assert low - 0.01 <= one.x50_ohm_per_km <= high + 0.01
        nf_per_km = 2 * pi * 8.854 / log(700 / radius)
        assert one.c_nf_per_km == pytest.approx(nf_per_km, rel=0.2)
    if one.kind != "service":
        assert 0.9 <= one.max_i_a / area <= 7


def test_reactance_follows_the_frequency_and_nothing_between():
    one = tables.conductor("Cu-OC-60")
    assert (one.x_ohm_per_km(50), one.x_ohm_per_km(60)) == (0.33, 0.396)
    with pytest.raises(GridError, match=r"Cu-OC-60: reactances are known at 50 and 60 Hz, not at 16\.7"):
        one.x_ohm_per_km(16.7)


def test_resistance_rises_by_a_fifth_to_75_degrees():
    for name in ("Cu-OC-60", "Al-OC-120"):  # facts.md 1.5 [D]
        one = tables.conductor(name)
        assert one.r_at(75) / one.r_at(20) == pytest.approx(1.22, abs=0.005)
        assert one.r_at(one.r_at_degc) == one.r_ohm_per_km
    assert tables.conductor("CVT-60").r_at(20) == pytest.approx(0.309, rel=0.01)  # the wire of the same size


def test_a_literature_trunk_line_is_met_within_six_percent():
    one = tables.conductor("Cu-OC-60")  # 0.313 + j0.377 ohm/km at 60 Hz, facts.md 1.5 [U]
    assert one.r_ohm_per_km == pytest.approx(0.313, rel=0.02)
    assert one.x_ohm_per_km(60) == pytest.approx(0.377, rel=0.06)


def test_pole_transformers_are_those_of_the_fact_base():
    assert set(tables.pole_transformers()) == set(POLES)
    for size, (r, x) in POLES.items():
        unit = tables.pole_transformer(size)
        assert unit.vkr_percent == r
        assert unit.vk_percent == pytest.approx(hypot(r, x), rel=1e-12)
        assert unit.pfe_kw / unit.sn_kva * 100 <= unit.i0_percent  # the iron loss is part of the no-load current
    unit = tables.pole_transformer(50)
    regulation = unit.r_percent * 0.95 + unit.x_percent * sqrt(1 - 0.95**2)
    assert regulation == pytest.approx(2, abs=0.1)  # facts.md 1.3 [W09]


def test_taps_give_the_no_load_voltages_of_the_fact_base():
    legs = {6750: 102.7, 6600: 105.0, 6450: 107.4, 6300: 110.0, 6150: 112.7}  # facts.md 1.3 [D], at 6600 V
    assert tables.pole_taps() == tuple(legs)
    for tap, leg in legs.items():
        turns = 1 + tables.pole_tap_position(tap) * tables.pole_tap_step_v() / tables.POLE_RATED_V
        assert 105 / turns == pytest.approx(leg, abs=0.06)
    assert [tables.pole_tap_position(tap) for tap in legs] == [1, 0, -1, -2, -3]


def test_banks_keep_the_fault_level_at_the_medium_voltage_bus():
    for unit in tables.bank_transformers().values():
        fault_mva = 100 * unit.sn_mva / unit.vk_percent
        assert fault_mva <= sqrt(3) * 6.6 * 12.5  # 12.5 kA, facts.md 1.4
        if unit.sn_mva in {10, 20, 30}:
            assert fault_mva == pytest.approx(133, abs=0.5)
        assert unit.tap_max * unit.tap_step_percent == pytest.approx(10)
        assert 17 <= unit.tap_max - unit.tap_min + 1 <= 23
        assert 100 * unit.pfe_kw / (1000 * unit.sn_mva) <= unit.i0_percent
    assert {key[1] for key in tables.bank_transformers()} == {66, 77}


def test_regulators_stay_in_the_ranges_of_the_fact_base():
    assert {unit.sn_kva for unit in tables.svrs().values()} == {3000, 5000}
    for unit in tables.svrs().values():
        assert 75 <= unit.step_v <= 150
        assert 8 <= unit.tap_max - unit.tap_min + 1 <= 9
        assert 5 <= unit.tap_max * unit.tap_step_percent <= 10
        assert unit.tap_step_percent == pytest.approx(100 * unit.step_v / 6600)
        assert (unit.vk_percent, unit.vkr_percent) == (0.5, 0.1)  # prototypes.md 5
    assert tables.svc("SVC-300").q_kvar == 300


@pytest.mark.parametrize(
    ("look_up", "message"),
    [
        (lambda: tables.conductor("Al-OC120"), "no conductor 'Al-OC120'; did you mean 'Al-OC-120'"),
        (lambda: tables.conductor("XYZ"), "there are: Cu-OC-22, "),
        (lambda: tables.svr("SVR-500"), "no SVR model 'SVR-500'; did you mean 'SVR-5000'"),
        (lambda: tables.svc("x"), "there are: SVC-300"),
        (lambda: tables.pole_transformer(40), "sizes are 10, 20, 30, 50, 75, 100 kVA"),
        (lambda: tables.pole_tap_position(6500), "taps are 6750, 6600, 6450, 6300, 6150 V"),
        (lambda: tables.bank_transformer(10, 22), "no bank transformer of 10 MVA at 22 kV; there are: 6 MVA 66 kV"),
    ],
)
def test_an_unknown_name_is_answered_by_what_there_is(look_up, message):
    with pytest.raises(GridError, match=message):
        look_up()


def test_every_row_says_where_it_is_from_and_how_sure_it_is():
    files = sorted(Path(tables.__file__).parent.glob("*.csv"))
    assert len(files) == 6
    for path in files:
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert "facts.md 1." in row["source"] + row["certainty"], (path.name, row)
                assert row["certainty"].split(":")[0] in {"sourced", "derived", "assumed"}
                # "assumed" when anything in the row is nobody's but ours
                assert "[U]" not in row["source"] or row["certainty"].startswith("assumed"), (path.name, row)
