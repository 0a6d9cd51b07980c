"""Tap changers in a feeder: delays, order, memory, reverse modes, hunting."""

from dataclasses import replace

import numpy as np
import pytest

from grids.errors import GridError
from grids.regulators.regulation import Moment
from tests.grids.regulators.regulator_lines import LRT, Line, svr, trunk

QUARTERS = [(1.0 + 1.5 * np.sin(k / 96 * 2 * np.pi) ** 2, 0.0) for k in range(96)]
STEPS = {900: 1, 60: 15, 10: 90}


@pytest.fixture(scope="module")
def days():
    """A day of quarter hours at three step lengths: step -> (feeder, steps)."""
    found = {}
    for dt_s, times in STEPS.items():
        line = Line({"lrt": LRT, "svr1": svr(1), "svr2": svr(2, delay_s=120)})
        found[dt_s] = line, line.run([pair for pair in QUARTERS for _ in range(times)], dt_s)
    return found


def test_delay_counting_agrees_at_10_s_1_min_and_15_min_steps(days):
    counts = {dt_s: line.operations(steps) for dt_s, (line, steps) in days.items()}
    assert counts[900].sum() > 10  # something moved
    assert np.array_equal(counts[900], counts[60])
    assert np.array_equal(counts[900], counts[10])


def test_taps_at_the_end_of_every_quarter_hour_do_not_depend_on_the_step(days):
    ends = {
        dt_s: [step.regulators.tap_pos for step in steps[STEPS[dt_s] - 1 :: STEPS[dt_s]]]
        for dt_s, (_, steps) in days.items()
    }
    assert np.array_equal(ends[900], ends[60])
    assert np.array_equal(ends[900], ends[10])


def test_voltages_end_inside_the_dead_band(days):
    line, steps = days[900]
    for bus, band in (("bank", 0.010), ("b", 0.012), ("d", 0.012)):
        assert abs(line.vm(steps[-1], bus)[0] / 6600 - 1) <= band


def test_a_tap_waits_for_its_whole_delay_and_then_moves():
    line = Line({"svr1": svr(1)})
    steps = line.run([(0.5, 0)] * 3 + [(2.5, 0)] * 15, 10)
    moved = [k for k, step in enumerate(steps) if step.regulators.operations.any()]
    assert moved[0] == 3 + 9  # the step of 10 s that begins 90 s after the load came


def test_a_dip_shorter_than_the_delay_moves_nothing_and_is_forgotten():
    line = Line({"svr1": svr(1)})
    dip = [(2.5, 0)] * 8 + [(0.5, 0)]
    assert line.operations(line.run([(0.5, 0), *dip * 4], 10)).sum() == 0


def test_the_upstream_changer_acts_first_where_both_are_due_at_once():
    line = Line({"svr2": svr(2, delay_s=90), "svr1": svr(1, delay_s=90)})
    assert line.names == ("svr1", "svr2")  # from the source outwards, whatever the order in the file
    steps = line.run([(0.5, 0)] * 2 + [(2.5, 0)] * 12, 10)
    first = next(step for step in steps if step.regulators.operations.any())
    assert first.regulators.operations[0, 0] == 1


def test_taps_have_found_their_places_before_the_first_step_uncounted():
    line = Line({"svr1": svr(1), "svr2": svr(2)})
    first, second = line.run([(3.0, 0)] * 2, 900)
    assert first.regulators.tap_pos.any()
    assert not first.regulators.operations.any()
    assert np.array_equal(first.regulators.tap_pos, second.regulators.tap_pos)


def test_a_member_regulates_as_it_does_alone_to_the_bit():
    specs = {"lrt": LRT, "svr1": svr(1), "svr2": svr(2)}
    rng = np.random.default_rng(7)
    series = [(rng.uniform(0, 4, 5), rng.uniform(0, 4, 5)) for _ in range(12)]
    together = Line(specs).run(series, 300, members=5)
    for member in range(5):
        alone = Line(specs).run([(load[member], pv[member]) for load, pv in series], 300)
        for both, one in zip(together, alone, strict=True):
            assert both.result.vm_pu[member].tobytes() == one.result.vm_pu[0].tobytes()
            assert both.regulators.tap_pos[member].tobytes() == one.regulators.tap_pos[0].tobytes()


def test_members_may_have_their_own_settings():
    low, high = svr(1, reference_v=6450), svr(1, reference_v=6750)
    line = Line({"svr1": [low, high]})
    step = line.run([(0.4, 0)] * 2, 900, members=2)[-1]
    low_v, high_v = line.vm(step, "b")
    assert abs(low_v / 6450 - 1) <= 0.012
    assert abs(high_v / 6750 - 1) <= 0.012


def test_program_control_follows_the_clock():
    schedule = [{"from": "06:00", "reference_v": 6450}, {"from": "18:00", "reference_v": 6750}]
    line = Line({"svr1": svr(1, schedule=schedule)})
    steps = line.run([(1.0, 0)] * 24, 3600)
    assert abs(line.vm(steps[3], "b")[0] / 6750 - 1) <= 0.012  # the day before goes on
    assert abs(line.vm(steps[12], "b")[0] / 6450 - 1) <= 0.012
    assert abs(line.vm(steps[20], "b")[0] / 6750 - 1) <= 0.012


REVERSE = [(0.3, 0.0)] * 2 + [(0.3, 1.5)] * 6  # PV at the end begins to feed back


def reversed_run(**given):
    line = Line({"svr1": svr(1, **given)})
    return line, line.run(REVERSE, 900)


def test_hold_keeps_the_tap_while_power_flows_back():
    _, steps = reversed_run(reverse="hold")
    assert steps[-1].regulators.reverse.all()
    assert not sum(step.regulators.operations for step in steps).any()


def test_cogeneration_goes_on_with_the_same_side():
    steps = reversed_run(reverse="cogeneration")[1]
    assert steps[-1].regulators.reverse.all()
    assert steps[-1].regulators.tap_pos[0, 0] < steps[0].regulators.tap_pos[0, 0]
    assert not steps[-1].regulators.at_limit.any()


def test_reverse_regulate_under_pv_runs_away_to_a_tap_limit():
    steps = reversed_run(reverse="reverse_regulate", reference_v=6600)[1]
    assert steps[-1].regulators.runaway.all()
    assert abs(steps[-1].regulators.tap_pos[0, 0]) == 4


def switched_over(load_mw):
    """Fed from its far end the regulator's former source side is the weak one."""
    network = trunk()
    network["sources"] = {"far": {"bus": "end"}}
    network["trafos"].pop("bank-t")
    network["buses"].pop("source")
    line = Line({"svr1": svr(1, reverse="reverse_regulate")}, network=network, loads=("bank", "a"))
    return line, line.run([(load_mw, 0)] * 3, 900)[-1]


def test_reverse_regulate_holds_the_other_side_after_a_real_switch_over():
    line, step = switched_over(0.8)
    assert step.regulators.reverse.all()
    assert not step.regulators.at_limit.any()
    assert abs(line.vm(step, "a")[0] / 6600 - 1) <= 0.012


def test_reverse_regulate_without_taps_enough_is_no_runaway_where_the_source_has_changed_sides():
    _, step = switched_over(1.2)
    assert step.regulators.at_limit.all()
    assert not step.regulators.runaway.any()


def test_magnitude_compensation_raises_the_voltage_further_where_phasor_lowers_it():
    ends = {}
    for kind in ("phasor", "magnitude"):
        compensation = {"kind": kind, "r_ohm": 1.9, "x_ohm": 2.3}
        line, steps = reversed_run(compensation=compensation, reference_v=6500)
        ends[kind] = line.vm(steps[-1], "end")[0]
    assert ends["phasor"] < 6700
    assert ends["magnitude"] > 6950


def test_two_badly_set_svrs_are_seen_to_hunt():
    """A dead band narrower than one tap: each move leaves the band on the other side."""
    line = Line({"svr1": svr(1, dead_band_percent=0.4), "svr2": svr(2, dead_band_percent=0.4)})
    steps = line.run([(0.9, 0)] * 8, 900)
    hunting = np.any([step.regulators.hunting[0] for step in steps], axis=0)
    assert hunting[0] or hunting[1]
    healthy = Line({"svr1": svr(1), "svr2": svr(2)})
    assert not np.any([step.regulators.hunting for step in healthy.run([(0.9, 0)] * 8, 900)])


def test_a_pair_that_undoes_each_other_is_named_as_a_pair():
    line = Line({"svr1": svr(1), "svr2": svr(2)})
    watch = line.feeder.regulation.watch
    history = line.feeder.regulation.initial(1).history
    rows = np.array([0])
    for at_s, who, way in ((0, 0, 1.0), (100, 1, -1.0), (200, 0, 1.0)):
        history, hunting = watch.after(history, rows, np.array([who]), np.array([way]), np.array([float(at_s)]))
    assert hunting[0].tolist() == [False, False, True]
    assert watch.members_of(2) == (0, 1)


def test_alternating_taps_further_apart_than_half_an_hour_are_no_hunting():
    line = Line({"svr1": svr(1)})
    watch, history = line.feeder.regulation.watch, line.feeder.regulation.initial(1).history
    for at_s, way in ((0, 1.0), (1000, -1.0), (1801, 1.0)):
        history, hunting = watch.after(history, np.array([0]), np.array([0]), np.array([way]), np.array([float(at_s)]))
    assert not hunting.any()


def test_taps_that_never_come_to_rest_are_reported():
    line = Line({"svr1": svr(1, dead_band_percent=0.05, delay_s=1)})
    step = line.run([(0.7, 0)], 900)[0]
    assert step.regulators.unsettled.all()


def test_nothing_moves_without_voltage():
    line = Line({"svr1": svr(1)})
    state = line.feeder.initial(1)
    dead = state.wires.source_on & False
    state = replace(state, wires=replace(state.wires, source_on=dead))
    zero, loads = np.zeros((1, 1)), np.ones((1, 2))
    step = line.feeder.step(state, zero, zero, loads, loads, Moment(0.0, 900.0))
    assert not step.regulators.operations.any()
    assert not step.regulators.at_limit.any()


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ({"a": svr(1, trafo="svr9")}, "svr9"),
        ({"a": svr(1), "b": svr(1)}, "another regulator already"),
    ],
)
def test_a_controller_without_a_tap_changer_of_its_own_is_refused(specs, said):
    with pytest.raises(GridError, match=said):
        Line(specs)


def test_a_transformer_without_movable_taps_is_refused():
    network = trunk()
    network["trafos"]["svr1"].pop("tap")
    with pytest.raises(GridError, match="no tap that can move"):
        Line({"svr1": svr(1)}, network=network)


@pytest.mark.parametrize("engine", ["pgm", "pandapower"])
def test_both_engines_move_the_same_taps(engine):
    specs = {"lrt": LRT, "svr1": svr(1), "svr2": svr(2)}
    series = [(3.0, 0.0), (0.5, 2.5), (1.0, 1.0)]
    reference = Line(specs).run(series, 900)
    for ours, theirs in zip(Line(specs, engine=engine).run(series, 900), reference, strict=True):
        assert np.array_equal(ours.regulators.tap_pos, theirs.regulators.tap_pos)
        assert ours.result.vm_pu == pytest.approx(theirs.result.vm_pu, abs=1e-6)
