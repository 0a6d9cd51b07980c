"""Runs side by side: rows, changes, and words that claim no more than the findings show."""

import json

import pytest

from cosim.compare.comparison import compare
from cosim.compare.rows import Group, Row, percent_text
from cosim.errors import UsageError
from cosim.findings import Severity
from cosim.results.manifest import Status


def row(comparison, key, statistic=None):
    found = [row for row in comparison.rows if row.key == key and statistic in {None, row.statistic}]
    assert len(found) == 1, [(row.key, row.statistic) for row in comparison.rows]
    return found[0]


def keys(comparison):
    return [row.key for row in comparison.rows]


def said(comparison):
    return {claim.label: claim.sentence for claim in comparison.claims}


# changes


def test_amounts_change_in_percent_and_levels_in_their_own_unit(make_run):
    none = make_run("a", "none", figures={"grid.losses_mwh": (40.0, "MWh"), "level:6.6kV.vm_max_pu": (1.04, "pu"),
                                          "regulator:svr.operations": (0.0, "1")})  # fmt: skip
    svr = make_run("b", "svr", figures={"grid.losses_mwh": (50.0, "MWh"), "level:6.6kV.vm_max_pu": (1.02, "pu"),
                                        "regulator:svr.operations": (12.0, "1")})  # fmt: skip
    found = compare([none, svr])
    assert row(found, "grid.losses_mwh").change_text(1) == "+25 %"
    assert row(found, "level:6.6kV.vm_max_pu").change_text(1) == "-0.0200"
    assert row(found, "regulator:svr.operations").change_text(1) == "+12"
    assert [row.change_text(0) for row in found.rows] == ["", "", ""]
    assert [row.group for row in found.rows] == [Group.VOLTAGE, Group.WIRES, Group.REGULATORS]


@pytest.mark.parametrize(
    ("values", "unit", "text"),
    [
        ((40.0, 40.0), "MWh", "="),
        ((40.0, 0.0), "MWh", "-100 %"),
        ((40.0, 0.01), "MWh", "<-99 %"),  # something is left
        ((40.0, 1e-9), "MWh", "-100 %"),  # dust of the solver reads 0
        ((0.0, 5.0), "MWh", "+5,000"),  # no share of nothing: in the unit shown, kWh
        ((-5.0, 5.0), "JPY", "+10"),  # a share over a change of sign says nothing
        ((-100.0, -80.0), "JPY", "+20 %"),
        ((1.0, 21.0), "kg", "x21"),
        ((4000.0, 4001.0), "JPY", "~0 %"),
        ((None, 1.0), "MWh", ""),
        ((1.0, None), "MWh", ""),
        ((60.0, 45.0), "%", "-15"),
    ],
)
def test_a_change_is_written_so_that_it_cannot_mislead(values, unit, text):
    assert Row(Group.ENERGY, "key", "words", unit, values).change_text(1) == text


def test_a_rounded_percentage_never_reads_as_all():
    assert percent_text(-99.97) == "<-99 %"
    assert percent_text(-99.2) == "-99 %"
    assert percent_text(-100.0) == "-100 %"


def test_small_energies_are_shown_in_kilo_and_missing_ones_as_dashes():
    small = Row(Group.ENERGY, "key", "words", "MWh", (0.0381, None, 0.0))
    assert (small.texts(), small.shown_unit) == (("38.1", "-", "0"), "kWh")
    assert Row(Group.ENERGY, "key", "words", "MWh", (38.1, 0.5)).shown_unit == "MWh"


# which rows


def test_rows_that_read_the_same_and_single_devices_are_left_out_and_counted(make_run):
    figures = {"grid.losses_mwh": (40.0, "MWh"), "device:a.curtailed_export_mwh": (1.0, "MWh"),
               "device:b.curtailed_export_mwh": (2.0, "MWh")}  # fmt: skip
    one = make_run("a", "one", figures=figures)
    two = make_run("b", "two", figures=figures | {"device:b.curtailed_export_mwh": (5.0, "MWh")})
    found = compare([one, two])
    assert keys(found) == ["device:*.curtailed_export_mwh"]
    assert row(found, "device:*.curtailed_export_mwh").values == (3.0, 6.0)
    assert found.details == 1  # device b
    everything = compare([one, two], everything=True)
    assert {"grid.losses_mwh", "device:a.curtailed_export_mwh", "findings.violation"} <= set(keys(everything))
    assert (everything.equal, everything.details) == (0, 0)
    assert found.equal == len(everything.rows) - 2


def test_no_figure_is_lost_whatever_its_name(make_run):
    figures = {"some-kind:thing.of_tomorrow": (1.0, "furlong"), "grid.losses_mwh": (1.0, "MWh")}
    found = compare([make_run("a", "one", figures=figures), make_run("b", "two")], everything=True)
    assert row(found, "some-kind:thing.of_tomorrow").group is Group.OTHER
    assert row(found, "some-kind:thing.of_tomorrow").values == (1.0, None)


def test_extremes_over_customers_become_one_row_by_quantity(make_run):
    def run(name, low):
        return make_run(name, name, figures={"customer:a.vm_min_pu": (low, "pu"), "customer:b.vm_min_pu": (0.97, "pu"),
                                             "customer:a.leg_max_v": (low + 100.0, "V")})  # fmt: skip

    found = compare([run("one", 0.95), run("two", 0.99)])
    assert row(found, "customer:*.vm_min_pu").values == (0.95, 0.97)
    assert row(found, "customer:*.vm_min_pu").words == "lowest voltage of any customer"
    assert row(found, "customer:*.leg_max_v").texts() == ("100.95", "100.99")
    assert row(found, "customer:*.leg_max_v").change_text(1) == "+0.04"
    assert row(found, "customer:*.leg_max_v").words == "highest leg of any customer"


def test_patterns_select_by_figure_or_words_and_show_equal_rows_too(make_run):
    figures = {"grid.losses_mwh": (40.0, "MWh"), "boundary:pcc.max_import_kw": (9.0, "kW")}
    runs = [make_run("a", "one", figures=figures), make_run("b", "two", figures=figures)]
    assert keys(compare(runs, patterns=["boundary:*"])) == ["boundary:pcc.max_import_kw"]
    assert keys(compare(runs, patterns=["Losses", "peak import"])) == ["grid.losses_mwh", "boundary:pcc.max_import_kw"]
    with pytest.raises(UsageError, match="no figure matches losse\\[s\\]"):
        compare(runs, patterns=["losse[s]"])


# findings


def test_cured_is_said_only_where_nothing_is_left(make_run, finding):
    before = make_run(
        "a",
        "none",
        findings=[finding("voltage-100v", "bus:a", 1.04, 30.0), finding("voltage-100v", "bus:b", 1.03, 6.5)],
    )
    less = make_run("b", "taps", findings=[finding("voltage-100v", "bus:a", 1.03, 20.5)])
    gone = make_run("c", "svr")
    found = compare([before, less, gone])
    hours = row(found, "rule:voltage-100v.hours_above")
    assert hours.values == (36.5, 20.5, 0.0)
    assert [hours.change_text(at) for at in (1, 2)] == ["-44 %", "cured"]
    assert row(found, "rule:voltage-100v.longest_hours_above").values == (30.0, 20.5, 0.0)
    assert row(found, "rule:voltage-100v.places_above").values == (2.0, 1.0, 0.0)
    assert row(found, "rule:voltage-100v.worst_above").values == (1.04, 1.03, None)
    assert said(found) == {
        "taps": "voltage-100v above: reduced by 44 %, 20.5 of 36.5 h left at 1 place (was 2), "
        "worst 1.0300 pu (limit 1.0190), was 1.0400 pu",
        "svr": "voltage-100v above: cured (36.5 h at 2 places in none)",
    }


def test_a_remedy_that_turns_over_into_undervoltage_is_no_reduction(make_run, finding):
    midday = make_run("a", "none", findings=[finding("voltage-100v", "bus:a", 1.04, 30.0)])
    evening = make_run("b", "taps", findings=[finding("voltage-100v", "bus:a", 0.88, 3.0)])
    found = compare([midday, evening])
    assert row(found, "rule:voltage-100v.hours_above").change_text(1) == "cured"
    assert row(found, "rule:voltage-100v.hours_below").change_text(1) == "new"
    assert [claim.sentence for claim in found.claims] == [
        "voltage-100v above: cured (30 h at 1 place in none)",
        "voltage-100v below: new, 3 h at 1 place, worst 0.8800 pu (limit 0.9048)",
    ]


def test_hours_of_a_place_that_breaches_both_sides_are_told_apart(make_run, finding):
    both = make_run("a", "none", findings=[finding("voltage-100v", "bus:a", 1.04, 30.0, above=22.0)])
    same = make_run("b", "taps", findings=[finding("voltage-100v", "bus:a", 0.88, 9.0, above=1.0)])
    found = compare([both, same])
    assert row(found, "rule:voltage-100v.hours_above").values == (22.0, 1.0)
    assert row(found, "rule:voltage-100v.hours_below").values == (8.0, 8.0)  # shown though equal: it is what is left
    assert row(found, "rule:voltage-100v.hours_above").change_text(1) == "-95 %"
    assert row(found, "rule:voltage-100v.worst_above").values == (1.04, None)  # a finding keeps its worst side only


def test_legs_in_volts_and_buses_in_per_unit_are_one_rule_with_a_worst_value_each(make_run, finding):
    legs = [finding("voltage-100v", "customer:c@a", 107.5, 2.0, unit="V", limit=107.0),
            finding("voltage-100v", "bus:b", 1.04, 3.0)]  # fmt: skip
    found = compare([make_run("a", "none", findings=legs), make_run("b", "svr", findings=legs[:1])])
    assert row(found, "rule:voltage-100v.hours_above").values == (5.0, 2.0)
    everything = compare([run.path for run in found.runs], everything=True)
    assert row(everything, "rule:voltage-100v.worst_v_above").texts() == ("107.50", "107.50")
    assert row(everything, "rule:voltage-100v.worst_pu_above").values == (1.04, None)
    assert said(found)["svr"].endswith("at 1 place (was 2), worst 107.50 V (limit 107.00), was 1.0400 pu")


def test_findings_without_sides_are_not_split(make_run, finding):
    old = [finding("voltage-100v", "bus:a", 1.04, 30.0).as_dict() | {"hours_above": None}]
    runs = [make_run("a", "none", findings=[finding("voltage-100v", "bus:a", 1.04, 30.0)]), make_run("b", "svr")]
    (runs[0] / "findings.json").write_text(json.dumps(old), encoding="utf-8")
    assert row(compare(runs), "rule:voltage-100v.hours").values == (30.0, 0.0)


def test_a_rule_that_worsens_or_appears_is_said_so(make_run, finding):
    contract = {"severity": Severity.WARNING, "unit": "kW", "limit": 100.0}
    before = make_run("a", "none", findings=[finding("contract-power", "boundary:pcc", 120.0, 4.0, **contract)])
    worse = make_run("b", "worse", findings=[finding("contract-power", "boundary:pcc", 140.0, 5.0, **contract)])
    same = make_run("c", "same", findings=[finding("contract-power", "boundary:pcc", 120.0, 4.0, **contract)])
    other = make_run("d", "other", findings=[finding("no-supply", "grid:network", 5.0, 5.0, unit="h", limit=0.0)])
    assert [claim.sentence for claim in compare([before, worse, same, other]).claims] == [
        "contract-power: increased by 25 %, 5 h instead of 4 h at 1 place, worst 140 kW (limit 100), was 120 kW",
        "contract-power: unchanged, 4 h at 1 place, worst 120 kW (limit 100)",
        "no-supply: new, 5 h at 1 place, worst 5 h (limit 0)",
        "contract-power: cured (4 h at 1 place in none)",
    ]


def test_a_rule_that_a_run_does_not_judge_is_not_cured(make_run, finding):
    before = make_run("a", "none", findings=[finding("voltage-100v", "bus:a", 1.04, 30.0)])
    blind = make_run("b", "blind", limits=())
    found = compare([before, blind])
    assert row(found, "rule:voltage-100v.hours_above").values == (30.0, None)
    assert said(found) == {"blind": "voltage-100v above: not judged here, this run has no such limit"}
    assert any(note.startswith("the limits differ: contract-power, voltage-100v") for note in found.notes)
    back = compare([blind, before])
    assert said(back) == {"none": "voltage-100v above: not judged in blind; 30 h at 1 place"}


def test_changed_bounds_are_noted(make_run):
    wide = {"id": "voltage-100v", "quantity": "vm_pu", "subjects": ["bus:a"], "window_s": 1800, "lower": 0.9,
            "upper": 1.1, "unit": "pu"}  # fmt: skip
    found = compare([make_run("a", "one"), make_run("b", "two", limits=[wide])])
    assert "the limits differ: contract-power, voltage-100v; breaches are counted against each run's own" in found.notes


def test_information_is_no_claim(make_run, finding):
    reverse = finding("reverse-flow", "switch:s", 50.0, 4.0, severity=Severity.INFORMATION, unit="kW", limit=0.0)
    found = compare([make_run("a", "one", findings=[reverse]), make_run("b", "two")])
    assert row(found, "rule:reverse-flow.hours").values == (4.0, 0.0)
    assert said(found) == {"two": "no violations and no warnings, as in one"}


# runs that are not alike


def test_runs_of_another_time_are_compared_in_numbers_only(make_run, finding):
    week = make_run("a", "week", duration_s=7 * 86400, findings=[finding("voltage-100v", "bus:a", 1.04, 30.0)])
    day = make_run("b", "day", step_s=300, engine={"name": "pandapower", "version": "3.5"})
    found = compare([week, day])
    assert said(found) == {"day": "another scenario or time than week: nothing is said in words"}
    assert row(found, "rule:voltage-100v.hours_above").change_text(1) == "-100 %"
    assert found.notes == (
        "the periods differ: 2020-04-20 00:00 to 2020-04-27 00:00 (week); 2020-04-20 00:00 to 2020-04-21 00:00 (day). "
        "So sums and hours are not those of the same time",
        "the steps differ: 15 min (week); 5 min (day). So means over a step are not the same quantity",
        "the engines differ: pgm 1.12 (week); pandapower 3.5 (day)",
    )


@pytest.mark.parametrize("status", [Status.RUNNING, Status.FAILED])
def test_nothing_is_claimed_of_a_run_that_did_not_finish(make_run, finding, status):
    before = make_run("a", "none", findings=[finding("voltage-100v", "bus:a", 1.04, 30.0)],
                      figures={"grid.losses_mwh": (1.0, "MWh")})  # fmt: skip
    dead = make_run("b", "svr", status=status)
    found = compare([before, dead])
    assert said(found) == {"svr": "nothing can be said: svr did not finish"}
    assert "cured" not in {row.change_text(1) for row in found.rows}
    assert found.runs[1].standing.startswith("UNFINISHED: ")
    if status is Status.RUNNING:
        assert {row.values[1] for row in found.rows} == {None}
    assert said(compare([dead, before])) == {"none": "nothing can be said: svr did not finish"}


def test_names_of_columns_are_as_short_as_they_can_be(make_run):
    def labels(*folders):
        return [run.label for run in compare(folders).runs]

    base, svr = make_run("one-001"), make_run("one-svr-001", "svr")
    assert labels(base, svr) == ["study", "svr"]
    assert labels(svr, make_run("two-svr-001", "svr", scenario="other")) == ["study svr", "other svr"]
    assert labels(svr, make_run("one-svr-002", "svr")) == ["one-svr-001", "one-svr-002"]
    assert labels(svr, make_run("deep/one-svr-001", "svr")) == [str(svr), str(svr.parent / "deep" / "one-svr-001")]


def test_notes_of_the_runs_are_repeated_once(make_run):
    found = compare([make_run("a", "one", notes=["synthetic weather"]),
                     make_run("b", "two", notes=["synthetic weather", "source high"])])  # fmt: skip
    assert found.own_notes == ("synthetic weather", "two: source high")


# ensembles


def test_ensembles_show_mean_and_p95_of_amounts_and_the_extreme_of_extremes(make_run):
    def run(name, low):
        return make_run(name, name, members=3, in_violation=1, figures={
            "grid.losses_mwh": ([1.0, 2.0, 3.0 + low], "MWh"), "level:6.6kV.vm_min_pu": ([low, 0.99, 1.0], "pu"),
        })  # fmt: skip

    found = compare([run("one", 0.9), run("two", 0.6)])
    assert row(found, "grid.losses_mwh", "mean").values == pytest.approx((2.3, 2.2))
    assert row(found, "grid.losses_mwh", "p95").values == pytest.approx((3.71, 3.44))
    assert row(found, "level:6.6kV.vm_min_pu").values == (0.9, 0.6)
    assert row(found, "level:6.6kV.vm_min_pu").statistic == "min"


def test_hours_of_an_ensemble_are_means_over_all_members(make_run, finding):
    """Curing the mild half of the members must not read as a rise of the mean over those that are left."""
    both = make_run("a", "none", members=2, in_violation=2,
                    findings=[finding("voltage-100v", "bus:a", 1.04, 6.0, members=2, share=1.0)])  # fmt: skip
    one = make_run("b", "svr", members=2, in_violation=1,
                   findings=[finding("voltage-100v", "bus:a", 1.04, 10.0, members=1, share=0.5)])  # fmt: skip
    found = compare([both, one])
    assert row(found, "rule:voltage-100v.hours_above").values == (6.0, 5.0)
    assert row(found, "findings.members_in_violation").values == (2.0, 1.0)
    assert said(found)["svr"].startswith("voltage-100v above: reduced by 17 %, 5 of 6 h left at 1 place")


def test_a_single_run_beside_an_ensemble_is_noted_and_has_no_p95(make_run):
    found = compare([make_run("a", "one", figures={"grid.losses_mwh": (1.0, "MWh")}),
                     make_run("b", "many", members=2, figures={"grid.losses_mwh": ([1.0, 3.0], "MWh")})])  # fmt: skip
    assert row(found, "grid.losses_mwh", "mean").values == (1.0, 2.0)
    assert row(found, "grid.losses_mwh", "p95").values == (None, 2.9)
    assert any(note.startswith("the numbers of members differ: 1 (one); 2 (many)") for note in found.notes)


# what is refused


def test_folders_that_are_no_runs_and_other_versions_are_refused(make_run, tmp_path):
    run = make_run("a", "one")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"empty is not a run folder: it has no manifest.json"):
        compare([run, tmp_path / "empty"])
    with pytest.raises(UsageError, match="needs two runs"):
        compare([run])
    with pytest.raises(UsageError, match="given twice"):
        compare([run, tmp_path / "empty" / ".." / "a"])
    for name, file in (("b", "summary.json"), ("c", "manifest.json")):
        old = make_run(name, "old")
        content = json.loads((old / file).read_text(encoding="utf-8"))
        (old / file).write_text(json.dumps(content | {"schema": "cosim-old/0"}), encoding="utf-8")
        with pytest.raises(UsageError, match=f"{file} is of another version: schema cosim-old/0, this cosim reads"):
            compare([run, old])
    broken = make_run("d", "broken")
    (broken / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read as a run"):
        compare([run, broken])
