"""Profile-driven generation: ceiling, ratings of single units, refusals."""

import numpy as np
import pytest

from simulators.models.generation import Generation, GenerationParameters
from simulators.ports import CUT_RATING, CUT_SET, P_AVAILABLE, P, Q


def test_delivers_within_rating_and_ceiling():
    wind = Generation([GenerationParameters(power_kw=1500)], units=1)
    _, out = wind.step(None, {P_AVAILABLE: np.array([[1.6]])}, np.array([[1.0]]), 900)
    assert out[P].tolist() == [[1.0]]
    assert out[CUT_RATING][0, 0] == pytest.approx(0.1)
    assert out[CUT_SET][0, 0] == pytest.approx(0.5)
    assert out[Q].tolist() == [[0.0]]


def test_power_factor_absorbs_without_costing_active_power():
    plant = Generation([GenerationParameters(power_kw=1000, power_factor=0.95)], units=1)
    _, out = plant.step(None, {P_AVAILABLE: np.array([[1.0]])}, None, 900)
    assert out[P][0, 0] == 1.0
    assert out[Q][0, 0] == pytest.approx(-0.32868, abs=1e-5)  # planner.md 5, two-bus case


def test_each_unit_may_have_its_own_rating():
    plant = Generation([GenerationParameters(power_kw=(1.0, 2.0, 3.0))], units=3)
    _, out = plant.step(None, {P_AVAILABLE: np.full((1, 3), 0.0025)}, None, 900)
    assert out[P].tolist() == [[0.001, 0.002, 0.0025]]
    assert plant.range(None, {}, 900).max_mw.tolist() == [[0.001, 0.002, 0.003]]


def test_a_rating_for_the_wrong_number_of_units_is_refused():
    with pytest.raises(ValueError, match="2 ratings for 3 units"):
        Generation([GenerationParameters(power_kw=(1.0, 2.0))], units=3)


def test_a_generator_without_rating_is_refused():
    with pytest.raises(ValueError, match="power_kw"):
        Generation([GenerationParameters()], units=1)
