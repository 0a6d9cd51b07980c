"""The meters of a run, read back."""

import numpy as np
import pytest

from cosim.errors import UsageError
from cosim.results.metering import Metered, MeteredPoint, Metering
from cosim.settlement.run_meters import read_run
from tests.cosim.small_ensemble import BROKEN, MEMBERS

POINTS = (MeteredPoint("pcc", "pcc", "home", (0, 1)), MeteredPoint("section", "section", "area", ()))


@pytest.fixture
def metered(toy, tmp_path):
    """`metered(steps, ...)` -> the meters of a toy run."""

    def run(steps, members=1, days=(0,), **study):
        kept = Metered(POINTS, {"hall": (0,)}, days=np.array(days * members if len(days) == 1 else days))
        toy(members=members, **study).feed(Metering(tmp_path, kept), steps).close(complete=True)
        return read_run(tmp_path)

    return run


def test_use_is_import_less_export_plus_own_generation(metered):
    run = metered([{"boundary_p_mw": (0, p), "p_actual_mw": (0.2, 0, 0)} for p in (0.1, -0.1, 0.2, 0.2)])
    meter = run.meter("pcc")
    assert meter.load_kwh == pytest.approx([100, 200])
    assert meter.generation_kwh == pytest.approx([100, 100])
    assert (run.names, run.edges, run.customers) == (("pcc",), {"home": ("pcc",), "area": ("section",)}, ("hall",))


def test_what_a_battery_sends_out_counts_as_generation_so_that_no_use_is_negative(metered):
    run = metered([{"boundary_p_mw": (0, -0.3), "p_actual_mw": (0.1, 0, 0.2)}] * 2, duration_s=1800)
    meter = run.meter("pcc")
    assert meter.load_kwh.tolist() == [0.0]
    assert meter.generation_kwh == pytest.approx([150])


def test_half_hours_have_both_registers_and_the_reactive_energy_of_the_import(metered):
    steps = [{"boundary_p_mw": (0, p), "boundary_q_mvar": (0, q)} for p, q in ((0.4, 0.2), (-0.2, -0.1))]
    half = metered(steps, duration_s=1800).half_hours("pcc")
    assert (half.import_kwh[0], half.export_kwh[0], half.kvarh[0]) == pytest.approx((100, 50, 25))


def test_a_member_that_starts_later_is_metered_on_its_own_dates(metered):
    run = metered([{}, {}], members=2, days=(0, 31), duration_s=1800)
    first, second = (run.meter("pcc", member).months for member in run.members)
    assert (str(first[0]), str(second[0])) == ("2020-04", "2020-05")


def test_a_run_that_begins_within_a_half_hour_has_no_japanese_half_hours(metered, toy):
    late = toy().start.replace(minute=15)
    run = metered([{}] * 5, start=late, duration_s=4500)
    assert run.meter("pcc").edges_s[0] % 1800 == 900
    with pytest.raises(UsageError, match="does not consist of whole clock half hours"):
        run.half_hours("pcc")


def test_every_member_of_a_run_is_found_by_its_number(ensemble):
    run = read_run(ensemble.path)
    assert run.members == tuple(range(MEMBERS))
    whole = ensemble.members()["boundary:pcc.import_mwh"].to_numpy()
    assert run.half_hours("pcc", 7).import_kwh.sum() == pytest.approx(1e3 * whole[7], rel=1e-9)
    assert run.spot(7) is None
    assert not run.known(BROKEN)


@pytest.mark.parametrize(
    ("name", "member", "message"),
    [
        ("nowhere", 0, "no meter at nowhere; there are pcc"),
        ("pcc", 99, "the run has the members 0 to 11; 99 is none of them"),
        ("pcc", None, "the run has the members 0 to 11; name one"),
        ("pcc", BROKEN, "member 3 has steps without solution"),
    ],
)
def test_what_no_meter_recorded_is_refused(ensemble, name, member, message):
    with pytest.raises(UsageError, match=message):
        read_run(ensemble.path).meter(name, member)


def test_a_folder_without_meters_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"holds no metering\.parquet"):
        read_run(tmp_path)
