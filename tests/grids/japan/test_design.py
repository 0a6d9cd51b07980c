"""From a preset and changes to a design: what merges how, what follows, and every guard."""

import pytest
from pydantic import ValidationError

from grids.errors import DescriptionError, GridError
from grids.japan.design import _problems, figures_of, resolve
from grids.japan.presets import INFO, designs
from grids.japan.spec import Design, DesignSpec


def spec(**changes):
    return DesignSpec.model_validate(changes)


def resolved(preset="jp-rural", **changes):
    return resolve(preset, spec(**changes))


def problems(preset="jp-rural", **changes):
    with pytest.raises(DescriptionError) as caught:
        resolved(preset, **changes)
    return {problem.route: problem.message for problem in caught.value.problems}


def test_every_preset_is_listed_complete_and_free_of_problems():
    assert set(INFO) == set(designs()) == {"jp-rural", "jp-suburban", "jp-urban", "jp-remote-island"}
    for design in designs().values():
        assert list(_problems(design, {})) == []


def test_an_unknown_preset_is_named_with_the_one_probably_meant():
    with pytest.raises(GridError, match="did you mean 'jp-rural'"):
        resolve("jp-rual", None)
    with pytest.raises(GridError, match="there are: jp-rural"):
        resolve("X", None)


def test_what_the_scenario_leaves_out_is_the_presets():
    base, changed = designs()["jp-rural"], resolved(trunk={"km": 7})
    assert changed.trunk.km == 7
    assert changed.model_copy(update={"trunk": base.trunk}) == base
    assert resolved() == base


def test_mappings_merge_and_null_deletes():
    changed = resolved(hv_customers={"mill": None, "farm": {"kw": 80, "at": 2}, "school": {"kw": 70}})
    assert set(changed.hv_customers) == {"school", "farm"}
    assert (changed.hv_customers["school"].kw, changed.hv_customers["school"].type) == (70, "school")
    assert resolved("jp-suburban", bank={"lrt": {"compensation": None}}).bank.lrt.compensation is None


def test_a_reference_of_ones_own_ends_the_presets_schedule():
    assert resolved(bank={"lrt": {"delay_s": 90}}).bank.lrt.schedule
    lrt = resolved(bank={"lrt": {"reference_v": 6600}}).bank.lrt
    assert (lrt.reference_v, lrt.schedule) == (6600, ())


def test_the_schema_has_the_same_fields_without_a_default_of_their_own():
    assert set(DesignSpec.model_fields) == set(Design.model_fields)
    trunk = DesignSpec.model_json_schema()["$defs"]["DesignSpecTrunk"]["properties"]
    assert trunk["km"]["unit"] == "km"
    assert trunk["km"]["default"] is None
    with pytest.raises(ValidationError):
        spec(trunk={"km": -1})
    with pytest.raises(ValidationError):
        spec(trunk={"length": 1})


def test_penetration_is_pv_rating_over_annual_peak_demand():
    figures = figures_of(resolved(pv={"penetration": 0.8, "share_of_homes": 0.3}))
    assert figures.pv_homes == round(0.3 * figures.homes)
    assert figures.pv_kw == pytest.approx(0.8 * figures.peak_kw, abs=1e-9)
    assert figures.penetration == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("pv", "follows"),
    [
        ({"penetration": 1.0}, {"penetration": 1.0, "share_of_homes": 0.25}),  # the preset's share stays
        ({"share_of_homes": 0.5}, {"penetration": 0.6, "share_of_homes": 0.5}),
        ({"kw_per_home": 5.5}, {"penetration": 0.6, "kw_per_home": 5.5}),
        ({"share_of_homes": 0.4, "kw_per_home": 5.5}, {"share_of_homes": 0.4, "kw_per_home": 5.5}),
    ],
)
def test_two_of_three_pv_figures_count_and_the_scenarios_come_first(pv, follows):
    given = resolved(pv=pv).pv.model_dump()
    assert {key: value for key, value in given.items() if value is not None} == follows


def test_the_third_pv_figure_follows():
    by_share = figures_of(resolved(pv={"share_of_homes": 0.4, "kw_per_home": 5.5}))
    assert by_share.pv_homes == 200
    assert by_share.penetration == pytest.approx(200 * 5.5 / by_share.peak_kw)
    by_rating = figures_of(resolved(pv={"penetration": 0.6, "kw_per_home": 5.5}))
    assert by_rating.pv_kw == pytest.approx(0.6 * by_rating.peak_kw)  # exact, so the rating gives way a little
    assert by_rating.kw_per_home == pytest.approx(5.5, rel=0.01)
    none = figures_of(resolved(pv={"penetration": 0}))
    assert (none.pv_homes, none.pv_kw) == (0, 0)


@pytest.mark.parametrize(
    ("pv", "message"),
    [
        ({"penetration": 0.5, "share_of_homes": 0.2, "kw_per_home": 5}, "give two of"),
        ({"penetration": 0.5, "share_of_homes": 0.0001}, "no home of 500 gets PV"),
        ({"penetration": 5, "kw_per_home": 3}, "the feeder has 500"),
    ],
)
def test_pv_figures_that_cannot_be_are_refused(pv, message):
    assert message in problems(pv=pv)["design", "pv"]


@pytest.mark.parametrize(
    ("changes", "route", "message"),
    [
        ({"trunk": {"conductors": ["Al-OC-12"]}}, ("trunk", "conductors", 0), "did you mean 'Al-OC-120'"),
        ({"laterals": {"conductor": "OW-38"}}, ("laterals", "conductor"), "is for low voltage"),
        ({"mains": {"service_conductor": "DV-9"}}, ("mains", "service_conductor"), "there is no conductor"),
        ({"poles": {"sizes_kva": [31], "homes": [8]}}, ("poles", "sizes_kva", 0), "no pole transformer of 31 kVA"),
        ({"poles": {"homes": [8]}}, ("poles", "homes"), "as many numbers as sizes_kva"),
        ({"taps": {"fixed_v": 6700}}, ("taps", "fixed_v"), "no tap of 6700 V"),
        ({"bank": {"sn_mva": 12}}, ("bank", "sn_mva"), "no bank transformer of 12 MVA"),
        ({"station_v": 6700}, ("station_v",), "no effect with source: substation"),
        ({"trunk": {"nodes": 2}, "laterals": {"count": 0}, "hv_customers": {"mill": None, "school": None}},
         ("trunk", "sections"), "3 sections need as many nodes"),
        ({"laterals": {"count": 17}}, ("laterals", "count"), "there are 16"),
        ({"ties": 4}, ("ties",), "at most 3"),
        ({"hv_customers": {"mill": {"at": 17}}}, ("hv_customers", "mill", "at"), "the trunk has 16 nodes"),
        ({"hv_customers": {"n03": {"kw": 1, "at": 1}}}, ("hv_customers", "n03"), "uses the name 'n03'"),
        ({"svrs": {"mill": {"at": "s2"}}}, ("svrs", "mill"), "uses the name 'mill'"),
        ({"svrs": {"svr1": {"at": "s4"}}}, ("svrs", "svr1", "at"), "no s4 on feeder 1; the last are n16 and s3"),
        ({"svrs": {"svr1": {"at": "s2", "feeder": 2}}}, ("svrs", "svr1", "at"), "the last are n4"),
        ({"svrs": {"svr1": {"at": "n1", "feeder": 5}}}, ("svrs", "svr1", "feeder"), "there are 4 feeders"),
        ({"svrs": {"svr1": {"at": "n6"}, "svr2": {"at": "s2"}}}, ("svrs", "svr2", "at"), "'svr1' is there already"),
        ({"svrs": {"svr1": {"at": "s2", "model": "SVR-300"}}}, ("svrs", "svr1", "model"), "did you mean"),
        ({"trunk": None}, ("trunk",), "Field required"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_place(changes, route, message):
    assert message in problems(**changes)["design", *route]


def test_a_bank_has_no_effect_on_an_island_with_a_diesel_station():
    assert "no effect" in problems("jp-remote-island", bank={"sn_mva": 10})["design", "bank"]


def test_all_problems_are_said_at_once():
    assert len(problems(ties=9, laterals={"conductor": "X"}, taps={"fixed_v": 1})) == 3
