"""The EMS in whole runs: what its review found, held."""

import pandas as pd
import pytest

from cosim.errors import InputError

CAPPED = "{at: welfare-pcc, strategies: [{kind: contract-cap, limit_kw: 58}, {kind: export-cap}]}"


def findings(folder, rule):
    return [each for each in folder.findings() if each["rule"] == rule]


def test_no_export_holds_without_a_margin_when_losses_lag(run):
    folder = run("hioki", "outage", "boundaries.welfare-pcc.min_import_kw=null")
    assert findings(folder, "no-export") == []


def test_the_minimum_import_is_kept_in_every_live_step(run):
    assert findings(run("hioki"), "min-import") == []


def test_idle_engines_start_for_a_contract_the_site_would_break(run):
    folder = run("hioki", "closed-day", f"ems.welfare={CAPPED}", "boundaries.welfare-pcc.contract_kw=58")
    table = folder.series("device").to_pandas()
    assert table[[f"p_mw|baths[{engine}]" for engine in range(4)]].sum().sum() > 0
    assert findings(folder, "contract-power") == []


def test_one_outage_may_begin_where_another_ends(run):
    events = "{first: {kind: source-off, subject: 'source:utility', at: PT10H, duration: PT2H}, "
    events += "second: {kind: source-off, subject: 'source:utility', at: PT12H, duration: PT2H}}"
    folder = run("hioki", "closed-day", f"events={events}", "expect=null")
    bus = folder.series("bus").to_pandas()
    dead = pd.to_datetime(bus["time"], utc=True).dt.tz_convert("Asia/Tokyo")[bus["vm_pu|welfare-lv"] == 0]
    assert len(dead) == 16
    assert (dead.iloc[0].hour, dead.iloc[-1].hour) == (10, 13)


def test_engines_start_in_the_very_step_the_calendar_opens(run):
    table = run("hioki", "winter-open").series("device").to_pandas()
    time = pd.to_datetime(table["time"], utc=True).dt.tz_convert("Asia/Tokyo")
    opening = table[time == pd.Timestamp("2020-01-16 06:00", tz="Asia/Tokyo")]
    assert opening["p_mw|baths[0]"].iloc[0] > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("loads.hospital.bus=null", "loads.hospital.buses=[welfare-lv, admin-lv]"), "both sides"),
        (("ems.welfare.cut_order=[admin-pv]",), "admin-pv"),
    ],
)
def test_an_entry_that_straddles_or_stands_elsewhere_is_refused(run, changes, said):
    with pytest.raises(InputError, match=said):
        run("hioki", "closed-day", *changes)
