"""Hioki's days emerge (document 1, 2.2.4; planner.md section 4), and move the right way when their cause is turned."""

import numpy as np
import pandas as pd
import pytest

ENGINES = [f"p_mw|baths[{engine}]" for engine in range(4)]


def day(folder, date: str) -> pd.DataFrame:
    """One local day in quarter hours: engines' kW, PV, curtailment, tank."""
    table = folder.series("device").to_pandas()
    time = pd.to_datetime(table["time"], utc=True).dt.tz_convert("Asia/Tokyo")
    found = pd.DataFrame(
        {
            "engines_kw": table[ENGINES].sum(axis=1) * 1e3,
            "pv_kw": table["p_mw|welfare-pv"] * 1e3,
            "cut_kw": (table["p_available_mw|welfare-pv"] - table["p_mw|welfare-pv"]) * 1e3,
            "tank": table["tank_soc|baths"],
        }
    ).set_index(pd.DatetimeIndex(time))
    return found.loc[date]


def kwh(values: pd.Series) -> float:
    return float(values.sum() / 4)


def half_hours_on(found: pd.DataFrame) -> int:
    return int((found.engines_kw.resample("30min").max() > 0.1).sum())


def hours_on(found: pd.DataFrame) -> set[int]:
    return {moment.hour for moment, kw in found.engines_kw.items() if kw > 0.1}


@pytest.fixture(scope="module")
def winter(run):
    return day(run("hioki", "winter-open"), "2020-01-16")


def test_on_an_open_winter_day_engines_run_in_the_morning_and_in_the_evening_only(winter):
    morning, evening = {6, 7, 8}, {16, 17, 18, 19, 20}
    assert morning | evening <= hours_on(winter) <= morning | evening | {9}
    # planner.md: 683-689 kWh with its own script
    assert kwh(winter.engines_kw) == pytest.approx(685, rel=0.03)


def test_the_morning_run_fills_the_tank_for_the_opening(winter):
    at_six, at_ten = (
        winter.between_time("05:45", "05:45").tank.iloc[0],
        winter.between_time("09:45", "09:45").tank.iloc[0],
    )
    assert at_ten > at_six + 0.7


def test_on_the_clear_closed_tuesday_engines_rest_and_pv_is_curtailed(run):
    found = day(run("hioki", "closed-day"), "2020-04-21")
    assert kwh(found.engines_kw) == 0
    # planner.md: 931 kWh available, 159 of them curtailed, up to 38 kW
    assert kwh(found.pv_kw + found.cut_kw) == pytest.approx(931, rel=0.02)
    assert kwh(found.cut_kw) == pytest.approx(159, rel=0.10)
    assert found.cut_kw.max() == pytest.approx(38, rel=0.10)


def test_in_the_price_spike_an_engine_runs_in_all_48_half_hours_and_heat_is_dumped(run):
    folder = run("hioki", "price-spike")
    assert half_hours_on(day(folder, "2021-01-13")) == 48
    assert folder.summary()["figures"]["device:baths.heat_dumped_mwh"]["value"] > 0.5


def test_in_the_outage_everything_is_off_and_demand_is_unserved(run):
    folder = run("hioki", "outage")
    dark = day(folder, "2020-04-22").between_time("10:00", "14:45")
    assert (dark.engines_kw == 0).all()
    assert (dark.pv_kw == 0).all()
    figures = folder.summary()["figures"]
    assert figures["load:hospital.unserved_no_supply_mwh"]["value"] == pytest.approx(0.065 * 5, rel=1e-6)
    assert figures["device:welfare-pv.curtailed_relay_mwh"]["value"] > 0.3


def test_nothing_is_exported_and_every_curtailed_kwh_has_its_reason(run):
    figures = run("hioki").summary()["figures"]
    for point in ("welfare-pcc", "admin-pcc"):
        assert figures[f"boundary:{point}.export_mwh"]["value"] == pytest.approx(0, abs=1e-9)
    assert figures["device:admin-pv.curtailed_export_mwh"]["value"] > 0.5  # the weekend
    for reason in ("rating", "voltage", "order", "island", "relay"):
        assert figures[f"device:admin-pv.curtailed_{reason}_mwh"]["value"] == 0


# the cause turned, the effect must move


def test_cheap_evenings_and_dear_noons_move_the_engines_to_noon(run):
    swapped = '{kind: daily, days: {any: {"00:00": 6.0, "10:00": 12.0, "15:00": 3.5}}, unit: JPY/kWh}'
    found = day(run("hioki", "winter-open", "market.spot=null", f"market.spot={swapped}"), "2020-01-16")
    assert kwh(found.between_time("10:00", "14:45").engines_kw) > 100
    assert kwh(found.between_time("16:00", "20:45").engines_kw) == 0


def test_a_bath_that_closes_on_the_open_day_stops_its_engines(run, winter):
    found = day(
        run("hioki", "winter-open", "customers.yusuiin.calendar.closed_weekdays=[tuesday, thursday]"), "2020-01-16"
    )
    assert kwh(found.engines_kw) < 0.1 * kwh(winter.engines_kw)


def test_lpg_at_250_yen_keeps_only_the_evening(run, winter):
    found = day(run("hioki", "winter-open", "market.fuels.lpg.per_m3=250"), "2020-01-16")
    assert hours_on(found) <= {16, 17, 18, 19, 20}
    assert 0 < kwh(found.engines_kw) < kwh(winter.engines_kw)


def test_with_dumping_forbidden_the_spike_no_longer_runs_round_the_clock(run):
    found = day(run("hioki", "price-spike", "devices.baths.dump_allowed=false"), "2021-01-13")
    assert half_hours_on(found) < 40


def test_an_overcast_closed_day_is_not_curtailed(run):
    """24 April is overcast in the station's year; close the bath on that Friday."""
    folder = run(
        "hioki",
        "closed-day",
        "time.start=2020-04-24T00:00",
        "customers.yusuiin.calendar.closed_dates=[2020-04-24]",
    )
    assert kwh(day(folder, "2020-04-24").cut_kw) == pytest.approx(0, abs=0.5)


def test_equal_seeds_give_equal_bytes_and_another_seed_others(tmp_path, run):
    from cosim.run import RunOptions, build, execute
    from cosim.scenario.validation import load_scenario

    def noisy(seed: int) -> tuple[str, ...]:
        return (f"loads.hospital.noise={{sigma: 0.1, seed: {seed}}}", "expect=null")

    first, other = (run("hioki", "closed-day", *noisy(seed)) for seed in (7, 8))
    loaded = load_scenario("hioki", variant="closed-day", sets=noisy(7))
    execute(loaded, build(loaded, RunOptions()), tmp_path, RunOptions(variant="closed-day", quiet=True))
    for name in ("summary.json", "findings.json"):
        assert (tmp_path / name).read_bytes() == (first.path / name).read_bytes()
    assert (other.path / "summary.json").read_bytes() != (first.path / "summary.json").read_bytes()


def test_step_length_does_not_change_what_a_day_costs(run):
    quarter = run("hioki", "price-spike").summary()["figures"]
    five = run("hioki", "price-spike", "time.step=PT5M").summary()["figures"]
    for key in ("boundary:welfare-pcc.import_mwh", "device:welfare-pv.generation_mwh", "load:hospital.served_mwh"):
        assert five[key]["value"] == pytest.approx(quarter[key]["value"], rel=0.05), key
    assert np.isclose(
        five["device:welfare-pv.available_mwh"]["value"], quarter["device:welfare-pv.available_mwh"]["value"], rtol=0.01
    )
