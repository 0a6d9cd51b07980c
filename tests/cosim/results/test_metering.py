"""The registers of meters, from steps reckoned by hand and from real runs."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from cosim.results import metering
from cosim.results.metered import Metered, MeteredPoint, MeteredWheeling
from cosim.results.metering import METADATA, NAME, SPOT, Metering
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import MemberSeries

POINT = MeteredPoint("pcc", "pcc", "home", plants=(0, 1))


def table(study, steps, tmp_path, *, complete=True, **metered):
    sink = study.feed(Metering(tmp_path, Metered((POINT,), **metered)), steps)
    sink.close(complete=complete)
    return pq.ParquetFile(tmp_path / NAME).read()


def test_import_and_export_of_one_half_hour_are_two_registers_not_netted(toy, tmp_path):
    flows = [(0, 0.4), (0, -0.2), (0, 0.1), (0, 0.1)]
    found = table(toy(), [{"boundary_p_mw": flow} for flow in flows], tmp_path)
    assert found["import_kwh|pcc"].to_pylist() == pytest.approx([100, 50])
    assert found["export_kwh|pcc"].to_pylist() == pytest.approx([50, 0])
    assert found["t_s"].to_pylist() == [0, 1800]
    assert found["dt_s"].to_pylist() == [1800, 1800]
    assert found["time"].to_pylist() == ["2020-04-20T00:00:00+09:00", "2020-04-20T00:30:00+09:00"]


def test_reactive_energy_has_registers_of_its_own(toy, tmp_path):
    steps = [{"boundary_q_mvar": (0, q)} for q in (0.2, -0.4)]
    found = table(toy(duration_s=1800), steps, tmp_path)
    assert found["import_kvarh|pcc"].to_pylist() == pytest.approx([50])
    assert found["export_kvarh|pcc"].to_pylist() == pytest.approx([100])


def test_only_plants_behind_the_point_count_as_generation_and_their_own_use_does_not(toy, tmp_path):
    steps = [{"p_actual_mw": (0.2, -0.1, 0.5)}, {"p_actual_mw": (0.1, 0.1, -0.5)}]  # the third is a battery
    found = table(toy(duration_s=1800), steps, tmp_path)
    assert found["generation_kwh|pcc"].to_pylist() == pytest.approx([50 + 50])


def test_what_the_loads_of_a_customer_took_is_recorded_beside_the_points(toy, tmp_path):
    steps = [{"p_served_mw": (0.2, 0.04)}, {"p_served_mw": (0.4, 0.04)}]
    found = table(toy(duration_s=1800), steps, tmp_path, customers={"hall": (0,), "both": (0, 1)})
    assert found["use_kwh|hall"].to_pylist() == pytest.approx([150])
    assert found["use_kwh|both"].to_pylist() == pytest.approx([170])


@pytest.mark.parametrize("size", [1, 2, 4])
def test_blocks_may_end_within_a_half_hour(toy, tmp_path, size):
    sink = Metering(tmp_path, Metered((POINT,)))
    toy().feed(sink, [{"boundary_p_mw": (0, p)} for p in (0.4, 0.2, 0.1, 0.3)], size)
    assert sink.table()["import_kwh|pcc"].to_pylist() == pytest.approx([150, 100])


def test_a_step_without_solution_spoils_its_half_hour_of_its_member_only(toy, tmp_path):
    steps = [{"boundary_p_mw": (0, 0.4), "converged": [[True], [k != 1]]} for k in range(4)]
    found = table(toy(members=2), steps, tmp_path)["import_kwh|pcc"].to_numpy().reshape(2, 2)
    assert found == pytest.approx(np.array([[200, np.nan], [200, 200]]), nan_ok=True)


def test_an_interrupted_run_keeps_the_half_hours_metered_to_their_end(toy, tmp_path):
    steps = [{"boundary_p_mw": (0, 0.4)}] * 3  # of four
    found = table(toy(), steps, tmp_path, complete=False)
    assert found["t_s"].to_pylist() == [0]
    assert found["import_kwh|pcc"].to_pylist() == pytest.approx([200])


def test_a_run_interrupted_before_its_first_half_hour_ends_leaves_no_file(toy, tmp_path):
    sink = toy().feed(Metering(tmp_path, Metered((POINT,))), [{"boundary_p_mw": (0, 0.4)}])
    sink.close(complete=False)
    assert not (tmp_path / NAME).exists()


def test_steps_longer_than_half_hours_are_intervals_themselves(toy, tmp_path):
    steps = [{"boundary_p_mw": (0, 0.4)}, {"boundary_p_mw": (0, 0.1)}]
    found = table(toy(step_s=3600, duration_s=7200), steps, tmp_path)
    assert found["dt_s"].to_pylist() == [3600, 3600]
    assert found["import_kwh|pcc"].to_pylist() == pytest.approx([400, 100])


def test_the_spot_price_is_the_mean_over_the_half_hour_and_a_later_member_has_later_dates(toy, tmp_path):
    study = toy(members=2, duration_s=1800)
    members = MemberAxis(study.axis, np.array([0, 1]), np.array([0, 2]))
    prices = np.repeat(np.arange(3.0), 96)[np.newaxis, :196, np.newaxis] + [[[0], [2]] * 98]
    spot = MemberSeries.of(prices, members)
    found = table(study, [{}, {}], tmp_path, spot=spot, currency="JPY", days=np.array([0, 2]))
    assert found[SPOT].to_pylist() == pytest.approx([1, 3])
    assert [text[:10] for text in found["time"].to_pylist()] == ["2020-04-20", "2020-04-22"]
    about = json.loads(found.schema.metadata[METADATA])
    assert (about["timezone"], about["currency"]) == ("Asia/Tokyo", "JPY")
    assert about["points"] == [{"name": "pcc", "kind": "pcc", "section": "home", "wheeled": [], "unclear": []}]


def test_too_many_values_are_not_metered_and_that_is_said(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(metering, "MOST_VALUES", 9)
    sink = toy().feed(Metering(tmp_path, Metered((POINT,))), [{}])
    sink.close(complete=True)
    assert not (tmp_path / NAME).exists()
    assert "10 values, at most 9" in sink.notes[0]


def test_customers_are_left_out_before_the_points_are(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(metering, "MOST_VALUES", 10)
    sink = toy().feed(Metering(tmp_path, Metered((POINT,), {"hall": (0,)})), [{}])
    assert "import_kwh|pcc" in sink.table().column_names
    assert "use_kwh|hall" not in sink.table().column_names
    assert "without customers: 14 values, at most 10" in sink.notes[0]


def test_rows_go_by_the_numbers_of_the_ensemble(toy, tmp_path):
    study = toy(members=2, duration_s=900)
    study.layout = replace(study.layout, numbers=np.array([12, 40]))
    assert table(study, [{}], tmp_path)["member"].to_pylist() == [12, 40]


def test_the_registers_of_a_run_add_up_to_its_figures(ensemble):
    found = pq.ParquetFile(ensemble.path / NAME).read()
    members = ensemble.members()
    count = len(members)
    whole = np.arange(count) != 3  # whose power flow has no solution

    def total(column):
        return found[column].to_numpy().reshape(-1, count).sum(axis=0)[whole]

    for column, figure in (
        ("import_kwh|pcc", "boundary:pcc.import_mwh"),
        ("export_kwh|pcc", "boundary:pcc.export_mwh"),
        ("generation_kwh|pcc", "device:roof.generation_mwh"),
        ("use_kwh|school", "load:school.served_mwh"),
    ):
        assert total(column) == pytest.approx(1e3 * members[figure].to_numpy()[whole], rel=1e-9), column


def test_what_plants_send_over_public_wires_has_a_register_of_its_own(toy, tmp_path):
    steps = [{"p_actual_mw": (0.2, -0.1, 0.5)}, {"p_actual_mw": (0.1, 0.1, -0.5)}]
    way = MeteredWheeling("farm", "hall", (1, 2), loss_percent=4.0)
    found = table(toy(duration_s=1800), steps, tmp_path, wheeling=(way,))
    assert found["sent_kwh|farm"].to_pylist() == pytest.approx([0.25 * 500 + 0.25 * 100])  # each unit by itself
    about = json.loads(found.schema.metadata[METADATA])
    assert about["wheeling"] == [{"name": "farm", "customer": "hall", "loss_percent": 4.0}]
