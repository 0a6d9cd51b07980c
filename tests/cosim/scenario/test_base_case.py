"""The key `base_case`: what it may change, that it deletes what is there, and what follows it."""

from pathlib import Path

import pytest
import yaml

from cosim.errors import InputError
from cosim.scenario.resolved import to_yaml
from cosim.scenario.validation import load_base_case, load_scenario, validate_file
from tests.cosim.wired_study import demand, plant, write

ROOFS = {"devices": {"roofs": plant("far", 600), "field": plant("near", 100)}, "loads": {"village": demand("far", 50)}}
WITHOUT = {"base_case": {"devices": {"roofs": None}}}


def problems(folder, over):
    return {problem.path: problem.message for problem in validate_file(write(folder, ROOFS | over)).problems}


def test_the_base_case_is_the_scenario_with_keys_laid_over_it(tmp_path):
    loaded = load_scenario(write(tmp_path, ROOFS | WITHOUT))
    base = load_base_case(loaded)
    assert set(base.scenario.devices) == {"field"}
    assert set(loaded.scenario.devices) == {"field", "roofs"}
    assert base.variant == "base case"
    assert "base_case" not in base.data
    assert "expect" not in base.data


def test_a_scenario_without_one_has_none(tmp_path):
    assert load_base_case(load_scenario(write(tmp_path, ROOFS))) is None
    off = ROOFS | WITHOUT | {"variants": {"plain": {"base_case": None}}}
    assert load_base_case(load_scenario(write(tmp_path, off), variant="plain")) is None


def test_overrides_hold_in_both(tmp_path):
    loaded = load_scenario(write(tmp_path, ROOFS | WITHOUT), sets=["time.duration=PT1H", "devices.field.power_kw=7"])
    for one in (loaded, load_base_case(loaded)):
        assert one.scenario.time.duration_s == 3600
        assert one.scenario.devices["field"].power_kw == 7


def test_a_variant_changes_what_the_base_case_is_laid_over(tmp_path):
    over = ROOFS | WITHOUT | {"variants": {"small": {"devices": {"field": {"power_kw": 9}}}}}
    base = load_base_case(load_scenario(write(tmp_path, over), variant="small"))
    assert base.scenario.devices["field"].power_kw == 9
    assert base.variant == "small, base case"


def test_the_resolved_scenario_keeps_its_base_case_and_runs_again(tmp_path):
    path = write(tmp_path, ROOFS | WITHOUT)
    text = to_yaml(load_scenario(path).tree)
    assert yaml.safe_load(text)["base_case"] == {"devices": {"roofs": None}}
    Path(path).write_text(text, encoding="utf-8")
    assert set(load_base_case(load_scenario(path)).scenario.devices) == {"field"}


@pytest.mark.parametrize("key", ["time", "name", "expect", "variants", "extends", "abstract"])
def test_what_must_be_the_same_cannot_be_changed(tmp_path, key):
    assert problems(tmp_path, {"base_case": {key: {"duration": "PT1H"}}}) == {
        f"base_case.{key}": f"a base case cannot change {key}"
    }


def test_members_are_those_of_the_study(tmp_path):
    assert "base_case.ensemble.seed" in problems(tmp_path, {"base_case": {"ensemble": {"seed": 4}}})


def test_a_null_that_deletes_nothing_is_a_misspelled_name(tmp_path):
    found = problems(tmp_path, {"base_case": {"devices": {"rofs": None}}})
    assert found == {"base_case.devices.rofs": "deletes what is not there"}
    with pytest.raises(InputError, match="deletes what is not there"):
        load_scenario(tmp_path / "wired.cosim.yaml")


def test_nulls_below_a_misspelled_key_are_told_of_that_key_alone(tmp_path):
    assert problems(tmp_path, {"base_case": {"device": {"solar": None}}}) == {"device": "base case: unknown key"}


def test_a_misspelled_name_says_what_was_meant(tmp_path):
    (found,) = validate_file(write(tmp_path, ROOFS | {"base_case": {"devices": {"rofs": None}}})).problems
    assert found.hint == "did you mean roofs?"


def test_what_only_a_variant_has_may_be_deleted(tmp_path):
    extra = {"variants": {"more": {"devices": {"wind": plant("near", 10)}}}, "base_case": {"devices": {"wind": None}}}
    assert problems(tmp_path, extra) == {}


def test_its_own_problems_are_located_and_say_whose_they_are(tmp_path):
    found = problems(tmp_path, {"base_case": {"devices": {"field": {"bus": "nowhere"}}}})
    assert found["devices.field.bus"].startswith("base case: ")
    loaded = load_scenario(tmp_path / "wired.cosim.yaml")
    with pytest.raises(InputError, match=r"base case: .*nowhere"):
        load_base_case(loaded)


def test_problems_of_the_study_are_told_once(tmp_path):
    found = validate_file(
        write(tmp_path, ROOFS | WITHOUT | {"devices": {"field": plant("nowhere", 1)} | ROOFS["devices"]})
    )
    assert found.problems == ()
    over = ROOFS | WITHOUT | {"loads": {"village": demand("nowhere", 1)}}
    (problem,) = validate_file(write(tmp_path, over)).problems
    assert not problem.message.startswith("base case")


def test_draws_for_what_is_gone_go_with_it(tmp_path):
    vary = {
        path: {"dist": "uniform", "low": 1, "high": 2}
        for path in ("devices.roofs.profile.scale", "loads.village.profile.scale")
    }
    over = ROOFS | WITHOUT | {"ensemble": {"members": 3, "vary": vary}}
    assert validate_file(write(tmp_path, over)).problems == ()
    base = load_base_case(load_scenario(tmp_path / "wired.cosim.yaml"))
    assert set(base.scenario.ensemble.vary) == {"loads.village.profile.scale"}


def test_it_must_be_a_mapping(tmp_path):
    assert "base_case" in problems(tmp_path, {"base_case": 5})
