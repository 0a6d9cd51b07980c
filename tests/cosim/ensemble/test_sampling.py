"""Which member draws what: streams, strata, lists, sizes, and what is refused before the run."""

import numpy as np
import pytest
from scipy import stats

from cosim.ensemble.sampling import draw, notes
from cosim.errors import InputError, UsageError

SCALE = "loads.school.profile.scale"
ROOF = "devices.roof.power_kw"
UNIT = {"dist": "uniform", "low": 0, "high": 1}
SIZES = {"dist": "lognormal", "median": 100, "sigma": 0.5}
EVERY = ("random", "latin-hypercube", "sobol")


def column(loaded, path, members, member=None):
    draws = draw(loaded, members=members, member=member)
    return next(one.values for one in draws.drawn if one.path == path)


@pytest.mark.parametrize("sampling", EVERY)
def test_a_member_alone_draws_what_it_draws_among_all(load, sampling):
    loaded = load(
        {SCALE: UNIT, ROOF: SIZES, "weather.seed": {"dist": "range", "start": 0, "stop": 4}}, sampling=sampling
    )
    every = draw(loaded, members=12, member=None)
    for member in (0, 7, 11):
        alone = draw(loaded, members=12, member=member)
        assert (alone.size, alone.count, alone.member.tolist()) == (12, 1, [member])
        assert [one.values for one in alone.drawn] == [(one.values[member],) for one in every.drawn]


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_a_member_added_leaves_the_others_alone(load, sampling):
    loaded = load({SCALE: UNIT, ROOF: SIZES}, sampling=sampling)
    for path in (SCALE, ROOF):
        assert column(loaded, path, 9) == column(loaded, path, 40)[:9]


def test_a_path_added_leaves_the_others_alone_with_random_sampling(load):
    assert column(load({SCALE: UNIT}), SCALE, 20) == column(load({ROOF: SIZES, SCALE: UNIT}), SCALE, 20)


@pytest.mark.parametrize("sampling", EVERY)
def test_the_order_of_the_paths_in_the_file_does_not_matter(load, sampling):
    one, other = (
        load({SCALE: UNIT, ROOF: SIZES}, sampling=sampling),
        load({ROOF: SIZES, SCALE: UNIT}, sampling=sampling),
    )
    assert column(one, SCALE, 8) == column(other, SCALE, 8)


@pytest.mark.parametrize("sampling", EVERY)
def test_the_seed_and_the_path_make_the_draws(load, sampling):
    vary = {SCALE: UNIT, "devices.roof.power_kw": UNIT | {"low": 0.0001}}
    first = column(load(vary, sampling=sampling), SCALE, 16)
    assert first == column(load(vary, sampling=sampling), SCALE, 16)
    assert not set(first) & set(column(load(vary, sampling=sampling, seed=1), SCALE, 16))
    assert not set(first) & set(column(load(vary, sampling=sampling), ROOF, 16))


def test_random_draws_follow_their_distribution(load):
    values = column(load({SCALE: UNIT}), SCALE, 2000)
    assert stats.kstest(values, "uniform").pvalue > 0.01
    pairs = np.corrcoef(values[:-1], values[1:])[0, 1]
    assert abs(pairs) < 0.06  # 2.7 standard errors


@pytest.mark.parametrize("sampling", ["latin-hypercube", "sobol"])
def test_each_of_n_equal_parts_is_drawn_once(load, sampling):
    loaded = load({SCALE: UNIT, ROOF: SIZES}, sampling=sampling)
    roof = stats.lognorm(0.5, scale=100).cdf(column(loaded, ROOF, 16))
    for values in (column(loaded, SCALE, 16), roof):
        assert sorted(int(16 * value) for value in values) == list(range(16))


def test_sobol_fills_the_plane_evenly(load):
    """The first two dimensions of a Sobol sequence are a (0, m, 2)-net: every 4 x 4 box holds one of 16 points."""
    loaded = load({SCALE: UNIT, "devices.battery.power_kw": {"dist": "uniform", "low": 1, "high": 2}}, sampling="sobol")
    pairs = zip(column(loaded, SCALE, 16), column(loaded, "devices.battery.power_kw", 16), strict=True)
    assert len({(int(4 * one), int(4 * (other - 1))) for one, other in pairs}) == 16


@pytest.mark.parametrize("sampling", EVERY)
def test_lists_and_ranges_go_round_whatever_the_seed(load, sampling):
    vary = {
        SCALE: {"dist": "list", "values": [1, 0.5]},
        "weather.seed": {"dist": "range", "start": 4, "stop": 8, "step": 2},
    }
    for seed in (0, 1):
        loaded = load(vary, sampling=sampling, seed=seed)
        assert column(loaded, SCALE, 5) == (1.0, 0.5, 1.0, 0.5, 1.0)
        assert column(loaded, "weather.seed", 5) == (4, 6, 8, 4, 6)
        assert column(loaded, "weather.seed", 5, member=3) == (4,)


def test_values_have_the_type_of_their_field(load):
    loaded = load(
        {
            "weather.seed": {"dist": "normal", "mean": 50, "sd": 10, "low": 0},
            ROOF: {"dist": "choice", "values": [1, 2]},
            "grid.tables.switches.breaker.closed": {"dist": "choice", "values": [True, False]},
        }
    )
    found = {one.path: one for one in draw(loaded, members=8, member=None).drawn}
    types = {"weather.seed": (int, "1"), ROOF: (float, "kW"), "grid.tables.switches.breaker.closed": (bool, "1")}
    assert found.keys() == types.keys()
    for path, (kind, unit) in types.items():
        assert {type(value) for value in found[path].values} == {kind}
        assert found[path].unit == unit


def test_zero_has_one_sign(load):
    loaded = load({SCALE: {"dist": "list", "values": [-0.0]}})
    assert str(column(loaded, SCALE, 1)[0]) == "0.0"


def test_a_plain_run_draws_nothing(load):
    draws = draw(load({SCALE: UNIT}, seed=3), members=None, member=None)
    assert (draws.size, draws.member.tolist(), draws.seed, draws.drawn) == (1, [0], 3, ())
    assert draw(load({}), members=None, member=None).seed == 0


def test_the_size_comes_from_the_command_line_or_for_one_member_from_the_file(load):
    loaded = load({SCALE: UNIT}, members=5)
    assert draw(loaded, members=3, member=None).size == 3
    assert draw(loaded, members=None, member=4).size == 5
    assert draw(loaded, members=1, member=None).drawn[0].values == column(loaded, SCALE, 3)[:1]


@pytest.mark.parametrize(
    ("ensemble", "asked", "message"),
    [
        ({}, {"members": None, "member": 0}, "needs the size"),
        ({"members": 3}, {"members": None, "member": 3}, r"--member must be 0 to 2.*\(given 3\)"),
        ({}, {"members": 4, "member": -1}, "--member must be 0 to 3"),
        ({}, {"members": 0, "member": None}, "--members must be 1 to"),
        ({}, {"members": 10**9, "member": None}, "--members must be 1 to"),
    ],
)
def test_a_member_that_is_not_there_is_refused(load, ensemble, asked, message):
    with pytest.raises(UsageError, match=message):
        draw(load({SCALE: UNIT}, **ensemble), **asked)


def test_members_of_a_scenario_that_varies_nothing_get_a_note(load):
    loaded = load({})
    assert "ensemble.vary is empty" in notes(loaded, draw(loaded, members=3, member=None))[0]
    assert notes(loaded, draw(loaded, members=None, member=None)) == ()
    varied = load({SCALE: UNIT})
    assert notes(varied, draw(varied, members=3, member=None)) == ()


def test_what_only_a_larger_ensemble_draws_wrong_is_told_before_it_runs(load):
    values = [0.5] * 40 + [1.5, 1.6]
    loaded = load(
        {
            "devices.battery.soc_initial": {"dist": "list", "values": values},
            ROOF: {"dist": "list", "values": [1] * 41 + [0]},
        },
        members=40,
    )
    draw(loaded, members=40, member=None)
    draw(loaded, members=42, member=39)
    with pytest.raises(InputError) as caught:
        draw(loaded, members=42, member=None)
    told = {problem.path: (problem.message, problem.given) for problem in caught.value.problems}
    what = "draws what does not fit: must be"
    assert told == {
        "ensemble.vary.devices.battery.soc_initial": (
            f"member 40 {what} at most 1; 2 of 42 members draw such values",
            "1.5",
        ),
        "ensemble.vary.devices.roof.power_kw": (
            f"member 41 {what} above 0 kW; 1 of 42 members draw such values",
            "0.0",
        ),
    }
    assert all(problem.line and problem.file.endswith("case.cosim.yaml") for problem in caught.value.problems)
    with pytest.raises(InputError, match=r"member 41 draws what does not fit: must be above 0 kW \(0.0\)"):
        draw(loaded, members=42, member=41)
