"""The meters of a run, read back."""

import numpy as np
import pytest

from cosim.errors import UsageError
from cosim.results.metered import Metered, MeteredPoint, MeteredWheeling
from cosim.results.metering import Metering
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


WAY = MeteredWheeling("farm", "hall", (1,), loss_percent=5.0)


@pytest.fixture
def wheeled(toy, tmp_path):
    """`wheeled(steps, point, ...)` -> the meters of a toy run with something wheeled to the hall behind `pcc`."""

    def run(steps, wheeled=("farm",), unclear=(), step_s=900, **metered):
        point = MeteredPoint("pcc", "pcc", "home", (0,), wheeled, unclear)
        kept = Metered((point,), wheeling=(WAY,), **({"customers": {"hall": (0,)}} | metered))
        study = toy(step_s=step_s, duration_s=step_s * len(steps))
        study.feed(Metering(tmp_path, kept), steps).close(complete=True)
        return read_run(tmp_path)

    return run


def step(imported, sent, use, q=0.0):
    return {
        "boundary_p_mw": (0, imported),
        "boundary_q_mvar": (0, q),
        "p_actual_mw": (0, sent, 0),
        "p_served_mw": (use, 0),
    }


def test_what_is_wheeled_is_not_bought_and_what_is_sent_beyond_the_use_serves_nobody(wheeled):
    # half hours: 100 kWh drawn and used; 60 sent and 5 % lost: 57 arrive; then 200 sent of which 100 can be used
    steps = [step(0.2, 0.12, 0.2, q=0.1)] * 2 + [step(0.2, 0.1, 0.2), step(0.2, 0.7, 0.2)]
    run = wheeled(steps)
    assert run.wheeled_kwh("pcc") == pytest.approx([57, 100])
    assert run.half_hours("pcc").import_kwh == pytest.approx([100, 100])
    bought = run.purchased_half_hours("pcc")
    assert bought.import_kwh == pytest.approx([43, 0])
    assert bought.kvarh == pytest.approx([50 * 0.43, 0])  # the power factor of the meter
    assert run.purchased("pcc").load_kwh == pytest.approx([43, 0])
    (note,) = run.said_of("pcc", run.members)
    assert "157.0 kWh come through pcc by self-wheeling" in note


def test_where_nothing_is_wheeled_all_is_bought(wheeled):
    run = wheeled([step(0.2, 0.1, 0.2)] * 2, wheeled=())
    assert run.purchased_half_hours("pcc").import_kwh == pytest.approx([100])
    assert run.said_of("pcc", run.members) == ()


@pytest.mark.parametrize(
    ("steps", "options", "message"),
    [
        ([step(0.2, 0.1, 0.2)] * 2, {"unclear": ("hall",)}, "hall is supplied by self-wheeling, and the run does not"),
        ([step(0.2, 0.1, 0.2)] * 2, {"customers": {}}, "a bill of what is bought needs a run of whole clock half"),
        ([step(0.2, 0.1, 0.2)] * 2, {"step_s": 3600}, "a bill of what is bought needs a run of whole clock half"),
        ([step(0.05, 0.1, 0.2)] * 2, {}, "in some half hours more is wheeled to customers behind pcc"),
    ],
)
def test_where_nobody_can_tell_what_is_wheeled_there_is_no_bill(wheeled, steps, options, message):
    run = wheeled(steps, **options)
    for bought in (run.purchased, run.purchased_half_hours):
        if bought == run.purchased or "step_s" not in options:
            with pytest.raises(UsageError, match=message):
                bought("pcc")


def test_own_generation_behind_two_metering_points_is_no_bill_of_one(toy, tmp_path):
    points = (MeteredPoint("pcc", "pcc", "home", (0,)), MeteredPoint("section", "pcc", "home", (0,)))
    for own, told in ((0.1, True), (0.0, False)):
        steps = [{"boundary_p_mw": (0.2, 0.2), "p_actual_mw": (own, 0, 0)}] * 2
        toy(duration_s=1800).feed(Metering(tmp_path, Metered(points)), steps).close(complete=True)
        run = read_run(tmp_path)
        if told:
            with pytest.raises(UsageError, match="pcc and section lead into one section with own generation"):
                run.purchased("pcc")
        else:
            assert run.purchased("pcc").load_kwh.size == 1


def test_a_run_kept_without_what_is_wheeled_is_to_be_run_again(wheeled, tmp_path):
    import json

    import pyarrow.parquet as pq

    from cosim.results.metering import METADATA, NAME

    wheeled([step(0.2, 0.1, 0.2)] * 2)
    table = pq.ParquetFile(tmp_path / NAME).read()
    about = json.loads(table.schema.metadata[METADATA])
    del about["wheeling"]
    pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(about).encode()}), tmp_path / NAME)
    with pytest.raises(UsageError, match="run the scenario again"):
        read_run(tmp_path)
