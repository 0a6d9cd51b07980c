"""A real ensemble of a small study, written and read back: what it leaves, and that a member alone is the same."""

import numpy as np
import pytest

from cosim.results.folder import RunFolder
from cosim.run import MARK, RunOptions, build, execute
from tests.cosim.small_ensemble import BROKEN, MEMBERS, SCALE


def test_an_ensemble_leaves_members_drivers_and_bands_and_no_series(ensemble):
    assert ensemble.complete
    assert {group for group in ensemble.groups() if not group.endswith("-bands")} == set()
    assert {"bus-bands", "branch-bands", "device-bands", "boundary-bands"} <= set(ensemble.groups())
    table = ensemble.members()
    assert table["member"].to_pylist() == list(range(MEMBERS))
    assert table["loads.school.profile.scale"].to_pylist() == SCALE
    drivers = ensemble.drivers()
    assert drivers["paths"] == ["devices.battery.capacity_kwh", "loads.school.profile.scale"]
    assert drivers["rho"]["boundary:pcc.max_import_kw"]["loads.school.profile.scale"] > drivers["significant_rho"]
    assert ensemble.manifest["ensemble"] == {
        "size": MEMBERS, "seed": 1, "sampling": "random", "member": None,
        "varied": ["devices.battery.capacity_kwh", "loads.school.profile.scale", "weather.seed"],
    }  # fmt: skip


def test_figures_of_the_summary_are_quantiles_of_the_columns_of_the_members(ensemble):
    column = ensemble.members()["boundary:pcc.max_import_kw"].to_numpy()
    known = column[np.isfinite(column)]
    figure = ensemble.summary()["figures"]["boundary:pcc.max_import_kw"]
    assert figure["p50"] == pytest.approx(np.median(known), rel=1e-9)
    assert (figure["min"], figure["max"]) == pytest.approx((known.min(), known.max()), rel=1e-9)


def test_findings_say_in_how_many_members_and_agree_with_the_hours_of_the_members(ensemble):
    table = ensemble.members()
    concerned = set()
    for finding in ensemble.findings():
        hours = table[f"hours|{finding['id']}"].to_numpy()
        assert finding["members"] == (hours > 0).sum(), finding["id"]
        assert finding["member_share"] == pytest.approx(finding["members"] / MEMBERS)
        assert finding["hours"] == pytest.approx(hours[hours > 0].mean())
        if finding["severity"] == "violation":
            concerned |= set(np.flatnonzero(hours > 0).tolist())
    assert ensemble.summary()["members_in_violation"] == len(concerned) > 1


def test_a_member_without_solution_is_marked_from_its_step_on_and_named(ensemble):
    table = ensemble.members()
    steps = ensemble.summary()["period"]["steps"]
    assert table["grid.failed_steps"].to_pylist() == [steps if member == BROKEN else 0 for member in range(MEMBERS)]
    (failed,) = [finding for finding in ensemble.findings() if finding["rule"] == "convergence"]
    assert (failed["members"], failed["worst_member"]) == (1, BROKEN)
    assert f"member {BROKEN} from step 0" in failed["hint"]


@pytest.mark.parametrize("member", [0, 7])
def test_a_member_alone_has_the_row_it_has_among_the_others_to_the_bit(ensemble, run_ensemble, member):
    alone = run_ensemble(members=MEMBERS, member=member)
    assert alone.manifest["ensemble"]["member"] == member
    assert alone.drivers() == {}
    among, own = ensemble.members().to_pylist()[member], alone.members().to_pylist()[0]
    # a finding that only others have is 0 for this member, and no column where it runs alone
    assert {key: value for key, value in among.items() if key in own} == pytest.approx(own, rel=0, abs=0, nan_ok=True)
    assert {value for key, value in among.items() if key not in own} <= {0.0}
    assert alone.first_member == member
    band, series = ensemble.band("bus", "vm_pu|school"), alone.column("bus", "vm_pu|school")
    assert (band["min"] <= series).all()
    assert (series <= band["max"]).all()


def test_the_series_of_every_member_are_kept_on_request(small_study, tmp_path):
    given = RunOptions(quiet=True, report=False, on_failure=MARK, engine="pandapower", members=2)
    scenario = small_study.scenario
    full = scenario.model_copy(update={"ensemble": scenario.ensemble.model_copy(update={"series": True})})
    asked = type(small_study)(**{**vars(small_study), "scenario": full})
    execute(asked, build(asked, given), tmp_path, given)
    run = RunFolder(tmp_path)
    assert {"bus", "bus-bands"} <= set(run.groups())
    one, two = (run.column("bus", "vm_pu|school", member=member) for member in (0, 1))
    assert run.band("bus", "vm_pu|school")["max"] == pytest.approx(np.maximum(one, two))
