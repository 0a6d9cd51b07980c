"""When an import margin is judged, whose the elements at a section's border are, and the day of the law, by runs."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.limits.giving import Giving
from tests.cosim.wired_study import demand, findings, plant, run

MARGIN = "min-import|boundary:pcc"
RELAYS = {
    "rpr": {"kind": "reverse-power", "at": "pcc", "trips": ["tripped"], "normal": {"setting_kw": 1}},
    "upr": {"kind": "under-power", "at": "pcc", "trips": ["tripped"], "normal": {"setting_kw": 3}},
}


def giving(bus, kw):
    """A plant of 10 kW that gives this much all the time."""
    return plant(bus, 10) | {"profile": {"kind": "constant", "value": kw, "unit": "kW"}}


def works(tripped_kw, kept_kw):
    """Works that import 4 kW, with a plant that relays trip and one that they do not."""
    return {
        "loads": {"works": demand("site", 4 + tripped_kw + kept_kw)},
        "devices": {"tripped": giving("site", tripped_kw), "kept": giving("site", kept_kw)},
    }


@pytest.mark.parametrize(("tripped_kw", "kept_kw", "judged"), [(5, 0, True), (0, 5, False), (0, 0, False)])
def test_with_relays_the_margin_counts_while_a_plant_they_trip_gives_power(tmp_path, tripped_kw, kept_kw, judged):
    """4 kW are less than the under-power relay's 3 kW and 3 kW within the step; it is interlocked with its plant."""
    over = works(tripped_kw, kept_kw) | {"relays": RELAYS, "limits": {"intra_step_kw": 3}}
    found = findings(run(tmp_path, over))
    assert (MARGIN in found) is judged
    assert "relay-trip|relay:upr" not in found


@pytest.mark.parametrize(("kw", "judged"), [(5, True), (0, False)])
def test_without_relays_it_counts_while_anything_behind_the_point_gives_power(tmp_path, kw, judged):
    over = works(0, kw) | {"boundaries": {"pcc": {"min_import_kw": 6}}}
    over["devices"]["roofs"] = giving("far", 10)  # not behind it
    assert (MARGIN in findings(run(tmp_path, over))) is judged


def test_what_takes_power_gives_none_and_what_is_not_known_is_judged(toy):
    layout = replace(toy().layout, boundaries=("a", "b", "c", "d"), tripping=((0, 1), (1,), (), None))
    judged = Giving(np.arange(4), layout).judged(np.array([[0.1, -0.1], [0.0, 0.2]]))
    assert judged.tolist() == [[True, False, False, True], [True, True, False, True]]


def test_a_line_cut_at_one_end_is_of_the_section_at_its_other_end(tmp_path):
    over = {
        "limits": {"line_loading_percent": 1},
        "sections": {"field": {"contains": ["far"], "wires": "distribution_licence", "operator": "licensee"}},
        "boundaries": {"edge": {"into": "field", "at": ["line:second@from"], "kind": "section", "contract_kw": 900}},
        "loads": {"village": demand("far", 500)},
    }
    found = findings(run(tmp_path, over))
    assert [found[f"line-loading|line:{name}"]["section"] for name in ("first", "second")] == ["", "field"]
    assert found["line-loading|line:second"]["responsible"] == "licensee"


@pytest.mark.parametrize(("day", "severity"), [("2013-05-30", "violation"), ("2013-05-31", "information")])
def test_a_bank_is_judged_by_the_law_of_the_day_the_scenario_names(tmp_path, day, severity):
    over = {
        "rules": {"as_of": day},
        "boundaries": {"bank": {"at": ["line:first@from"], "kind": "bank"}},
        "devices": {"roofs": plant("far", 300)},
    }
    assert findings(run(tmp_path, over))["bank-reverse|boundary:bank"]["severity"] == severity
