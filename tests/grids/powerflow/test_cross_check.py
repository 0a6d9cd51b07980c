"""The certificate: equal engines pass, planted errors are caught, and the sample is bounded and seeded."""

from dataclasses import replace

import numpy as np
import pandapower.networks
import pytest

from grids.powerflow.cross_check import MOST_SAMPLES, TOLERANCE_PU, Collector, SamplePlan, cross_check
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine
from grids.powerflow.pgm_input import PgmInput
from grids.powerflow.results import taken


@pytest.fixture(scope="module")
def case():
    """CIGRE MV, 3 members x 8 steps with loads that move, and the reference."""
    from grids.normalise import normalise

    grid = normalise(pandapower.networks.create_cigre_network_mv(with_der="pv_wind"))
    loads, generators = grid.loads, grid.generators
    grid = grid.with_points([(one.name, one.bus) for one in loads], [(one.name, one.bus) for one in generators])
    factors = np.random.default_rng(1).uniform(0.3, 1.0, (24, 1))
    powers = [
        np.array([[getattr(element, name) for element in elements]]) * factors
        for elements in (generators, loads)
        for name in ("p_mw", "q_mvar")
    ]
    return grid, grid.normal.spread(24).flow(*powers), PandapowerEngine(grid)


def certificate(case, fast, state=None, result=None):
    """Both steps of a check over the 8 steps."""
    _, own, reference = case
    collector = Collector(SamplePlan(8, 3, seed=1), np.arange(3))
    state = own if state is None else state
    collector.observe(0, state, fast.solve(own) if result is None else result)
    return cross_check(collector.samples, reference, "pgm")


def test_equal_engines_pass_and_the_difference_is_printed(case):
    report = certificate(case, PgmEngine(case[0]))
    assert report.passed
    assert 0.0 < report.max_abs_vm_pu < 1e-9
    assert report.max_abs_loading_percent < 1e-6
    assert 8 <= report.samples <= 8 + 3
    assert (report.engine, report.reference) == ("pgm", "pandapower")


def planted(monkeypatch, change):
    """A fast engine whose input tables are wrong."""
    right = PgmInput.tables

    def wrong(self, connected, source_on, node):
        tables = right(self, connected, source_on, node)
        change(tables)
        return tables

    monkeypatch.setattr(PgmInput, "tables", wrong)


def another_tap(tables):
    trafo = tables["transformer"]
    trafo["tap_size"], trafo["tap_max"], trafo["tap_pos"] = 0.0125 * trafo["u1"], 9, trafo["tap_pos"] + 1


def switch_dropped(tables):
    tables["generic_branch"]["to_status"][3] = 1 - tables["generic_branch"]["to_status"][3]


def source_impedance(tables):
    tables["source"]["sk"] = 1e10


@pytest.mark.parametrize("change", [another_tap, switch_dropped, source_impedance])
def test_a_planted_error_is_caught(case, monkeypatch, change):
    planted(monkeypatch, change)
    grid = case[0]
    report = certificate(case, PgmEngine(grid))
    assert not report.passed
    assert report.max_abs_vm_pu > TOLERANCE_PU
    assert report.bus in grid.index.bus


def test_a_stale_row_is_caught(case):
    """A result that belongs to another step's state."""
    fast = PgmEngine(case[0])
    state = case[1]
    shifted = taken(state, np.roll(np.arange(24), 3))
    report = certificate(case, fast, result=fast.solve(shifted))
    assert not report.passed


def test_a_flow_the_reference_cannot_solve_is_no_pass(case):
    grid, state, _ = case
    impossible = replace(state, p_load_mw=state.p_load_mw * 100.0)
    report = certificate(case, PgmEngine(grid), state=impossible, result=PgmEngine(grid).solve(state))
    assert report.unsolved == report.samples
    assert not report.passed


@pytest.mark.parametrize("steps", [1, 5, 35136])
def test_the_sample_is_bounded_seeded_and_spread(steps):
    drawn = list(SamplePlan(steps, 100, seed=7).of(0, steps))
    assert len(drawn) == min(steps, MOST_SAMPLES)
    assert drawn == list(SamplePlan(steps, 100, seed=7).of(0, steps))
    assert all(0 <= k < steps and 0 <= row < 100 for k, row in drawn)
    if steps > 1000:
        assert drawn != list(SamplePlan(steps, 100, seed=8).of(0, steps))
        assert drawn[0][0] < steps / 4 < drawn[-1][0]


def test_the_sample_does_not_depend_on_how_steps_come(case):
    grid, state, _ = case
    result = PgmEngine(grid).solve(state)
    whole, by_step = (Collector(SamplePlan(8, 3, seed=1), np.arange(3)) for _ in range(2))
    whole.observe(0, state, result)
    engine = PgmEngine(grid)
    for k in range(8):
        rows = taken(state, np.arange(3 * k, 3 * k + 3))
        by_step.observe(k, rows, engine.solve(rows))
    assert [(s.k, s.member, s.why) for s in whole.samples] == [(s.k, s.member, s.why) for s in by_step.samples]


def test_the_worst_of_each_quantity_is_always_looked_at(case):
    grid, state, _ = case
    result = PgmEngine(grid).solve(state)
    collector = Collector(SamplePlan(8, 3, seed=1, most=1), np.arange(3))
    collector.observe(0, state, result)
    kept = collector.samples
    assert min(sample.vm_pu.min() for sample in kept) == result.vm_pu.min()
    assert max(sample.vm_pu.max() for sample in kept) == result.vm_pu.max()
    assert max(np.nanmax(sample.loading_percent) for sample in kept) == np.nanmax(result.loading_percent)


def test_a_dead_or_failed_member_is_no_worst_case(case):
    grid, state, _ = case
    dead = replace(state, source_on=np.zeros_like(state.source_on))
    collector = Collector(SamplePlan(8, 3, seed=1, most=0), np.arange(3))
    collector.observe(0, dead, PgmEngine(grid).solve(dead))
    failing = replace(state, p_load_mw=state.p_load_mw * 1e3)
    collector.observe(0, failing, PgmEngine(grid).solve(failing))
    assert collector.samples == []


def test_an_open_switch_with_a_dead_part_behind_it_is_no_error_of_the_engine():
    """The end of an open line behind a Dy transformer: a start without its angle led the reference to 0.06 pu."""
    simbench = pytest.importorskip("simbench")
    from grids.normalise import normalise

    grid = normalise(simbench.get_simbench_net("1-MVLV-rural-4.101-0-sw"))
    loads, generators = grid.loads, grid.generators
    grid = grid.with_points([(one.name, one.bus) for one in loads], [(one.name, one.bus) for one in generators])
    opened = {f"MV1.101 Switch {number}" for number in (99, 100, 122, 127)}
    switches = [at for at, name in enumerate(grid.index.switch) if name in opened]
    assert len(switches) == 4
    state = grid.normal.spread(4).flow(
        *(
            np.repeat([[getattr(element, name) for element in elements]], 4, axis=0)
            for elements in (generators, loads)
            for name in ("p_mw", "q_mvar")
        )
    )
    closed = state.closed.copy()
    closed[np.arange(4), switches] = False
    state = replace(state, closed=closed)
    engine, collector = PgmEngine(grid), Collector(SamplePlan(4, 1, seed=0), np.arange(1))
    result = engine.solve(state)
    assert not result.energised.all()
    collector.observe(0, state, result)
    report = cross_check(collector.samples, PandapowerEngine(grid), "pgm")
    assert report.samples == 4
    assert report.passed


def test_no_flow_is_counted_twice(case):
    report = certificate(case, PgmEngine(case[0]))
    assert report.samples <= 8 + 3
    samples = Collector(SamplePlan(8, 3, seed=1), np.arange(3))
    samples.observe(0, case[1], PgmEngine(case[0]).solve(case[1]))
    places = [(sample.k, sample.member) for sample in samples.samples]
    assert len(places) == len(set(places))
