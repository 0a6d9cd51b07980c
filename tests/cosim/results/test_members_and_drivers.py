"""Members side by side, and what drives them: rank correlation against scipy's, columns that say nothing left out."""

import numpy as np
import pytest
from scipy import stats

from cosim.ensemble.draws import Drawn, Draws
from cosim.results.drivers import FEWEST_MEMBERS, find_drivers, rank_correlation, significant_rho
from cosim.results.figures import Figure
from cosim.results.members import member_table

M = 30
SCALE = np.random.default_rng(1).uniform(0.5, 2.0, M)


def drawn(path, values):
    return Drawn(path, tuple(path.split(".")), "1", tuple(values))


def draws(*varied, members=M):
    return Draws(100, np.arange(members), 0, varied)


def found(varied, figures, hours=None, members=M):
    table = {key: Figure(key, np.asarray(values, dtype=float), "1") for key, values in figures.items()}
    return find_drivers(draws(*varied, members=members), list(table.values()), hours or {})


def test_a_row_holds_the_number_of_the_member_its_draws_figures_and_hours():
    varied = drawn("devices.pv.scale", [1.5, 2.5]), drawn("grid.normal.S3", [True, False])
    ensemble = Draws(10, np.array([3, 7]), 0, varied)
    figures = [Figure("grid.import_mwh", np.array([4.0, np.nan]), "MWh"), Figure("a.b", np.array([1.0, 2.0]), "1")]
    table = member_table(ensemble, figures, {"voltage-100v|bus:lv": np.array([0.0, 0.5])})
    assert table.column_names == [
        "member", "devices.pv.scale", "grid.normal.S3", "a.b", "grid.import_mwh", "hours|voltage-100v|bus:lv",
    ]  # fmt: skip
    assert table.to_pylist()[1] == {
        "member": 7, "devices.pv.scale": 2.5, "grid.normal.S3": False, "a.b": 2.0,
        "grid.import_mwh": pytest.approx(np.nan, nan_ok=True), "hours|voltage-100v|bus:lv": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize("ties", [False, True])
def test_the_coefficient_is_spearmans(ties):
    rng = np.random.default_rng(2)
    inputs, outputs = rng.uniform(size=(3, M)), rng.uniform(size=(4, M))
    if ties:
        inputs, outputs = np.round(4 * inputs), np.round(4 * outputs)
    ours = rank_correlation(list(inputs), list(outputs))
    for row in range(3):
        for column in range(4):
            assert ours[row, column] == pytest.approx(stats.spearmanr(inputs[row], outputs[column]).statistic)


def test_what_always_goes_together_is_one_whatever_its_shape():
    rho = found([drawn("a.scale", SCALE)], {"up": np.exp(SCALE), "down": 1 / SCALE})["rho"]
    assert rho == {"down": {"a.scale": -1.0}, "up": {"a.scale": 1.0}}


def test_the_strongest_driver_comes_first_and_findings_are_compared_too():
    other = np.random.default_rng(3).uniform(size=M)
    hours = {"v|bus:lv": np.where(SCALE > 1.2, SCALE, 0.0)}
    report = found([drawn("weak.scale", other), drawn("strong.scale", SCALE)], {"x": SCALE + 0.1 * other}, hours)
    assert list(report["rho"]["x"]) == list(report["rho"]["hours|v|bus:lv"]) == ["strong.scale", "weak.scale"]
    assert report["rho"]["x"]["strong.scale"] > 0.9
    assert abs(report["rho"]["x"]["weak.scale"]) < 0.5


def test_truth_values_have_an_order_and_words_and_seeds_have_none():
    open_or_closed = [bool(value > 1.0) for value in SCALE]
    varied = [
        drawn("grid.normal.S3", open_or_closed), drawn("weather.seed", range(M)), drawn("x.mode", ["a", "b"] * 15),
        drawn("y.sigma", [0.1] * M),
    ]  # fmt: skip
    report = found(varied, {"x": SCALE})
    assert report["paths"] == ["grid.normal.S3"]
    assert report["left_out"] == [
        {"path": "weather.seed", "why": "its values have no order"},
        {"path": "x.mode", "why": "its values have no order"},
        {"path": "y.sigma", "why": "every member has the same value"},
    ]
    assert report["rho"]["x"]["grid.normal.S3"] > 0.8


def test_figures_that_say_nothing_are_left_out():
    missing = np.where(np.arange(M) == 3, np.nan, SCALE)
    figures = {
        "constant": np.full(M, 2.0), "rounding": 1.0 + 1e-13 * SCALE, "missing": missing,
        "balance.residual_mw": SCALE, "kept": SCALE,
    }  # fmt: skip
    assert list(found([drawn("a.scale", SCALE)], figures)["rho"]) == ["kept"]


@pytest.mark.parametrize("members", [10, 100])
def test_the_threshold_is_where_scipy_finds_one_percent(members):
    bound = significant_rho(members)
    freedom = members - 2
    t = bound * np.sqrt(freedom / (1 - bound**2))
    assert 2 * stats.t.sf(t, freedom) == pytest.approx(0.01)


def test_unrelated_values_pass_the_threshold_about_once_in_a_hundred():
    rng = np.random.default_rng(4)
    rho = rank_correlation(list(rng.uniform(size=(40, M))), list(rng.uniform(size=(250, M))))
    assert 0.005 < (np.abs(rho) > significant_rho(M)).mean() < 0.015


def test_with_few_members_no_threshold_is_told():
    few = FEWEST_MEMBERS - 1
    report = found([drawn("a.scale", SCALE[:few])], {"x": SCALE[:few]}, members=few)
    assert report["significant_rho"] is None
    assert report["members"] == few


def test_where_nothing_differs_nothing_is_told():
    assert found([], {"x": SCALE})["rho"] == {}
    assert found([drawn("a.scale", SCALE)], {})["rho"] == {}


def test_a_member_that_failed_counts_only_for_the_failure():
    failed = np.where(np.arange(M) == 3, 4.0, 0.0)
    scale, partial = SCALE.copy(), SCALE.copy()
    scale[3], partial[3] = 99.0, np.nan
    report = found([drawn("a.scale", scale)], {"x": partial, "grid.failed_steps": failed}, {"convergence|g": failed})
    assert report["members"] == M - 1
    assert report["rho"]["x"] == {"a.scale": 1.0}
    assert set(report["rho"]) == {"x", "grid.failed_steps", "hours|convergence|g"}
    assert report["rho"]["grid.failed_steps"]["a.scale"] > 0.2


def test_where_every_member_failed_only_the_failures_are_compared():
    report = found([drawn("a.scale", SCALE)], {"x": SCALE, "grid.failed_steps": SCALE})
    assert (report["members"], report["significant_rho"]) == (0, None)
    assert report["rho"] == {"grid.failed_steps": {"a.scale": 1.0}}
