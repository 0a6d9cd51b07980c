from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cosim.settlement.imbalance import imbalance_price, imbalances
from tests.cosim.settlement.japan import meter


def test_shortfall_is_bought_and_surplus_sold_at_the_price_of_its_half_hour():
    point = meter("2024-05-01T00:00", [10, 10, 0], export_kwh=[0, 0, 5])
    (found,) = imbalances(point, np.array([8.0, 13.0, -9.0]), np.array([15.0, 20.0, 200.0]))
    # drawn 2 more than planned; 3 less; fed in 5 instead of 9: 4 short
    assert (found.shortfall_kwh, found.surplus_kwh) == (6, 3)
    assert (found.charge, found.receipt, found.due) == (2 * 15 + 4 * 200, 3 * 20, 770)
    assert (found.planned_kwh, found.actual_kwh) == (12, 15)


@given(hnp.arrays(np.float64, 48, elements=st.floats(0, 500)), hnp.arrays(np.float64, 48, elements=st.floats(-5, 600)))
def test_a_perfect_plan_costs_nothing(energy, price):
    (found,) = imbalances(meter("2024-05-01T00:00", energy), energy.copy(), price)
    assert (found.shortfall_kwh, found.surplus_kwh, found.due) == (0, 0, 0)


@given(hnp.arrays(np.float64, 48, elements=st.floats(0, 500)), hnp.arrays(np.float64, 48, elements=st.floats(0, 500)))
def test_what_was_drawn_is_the_plan_and_its_imbalance(energy, plan):
    (found,) = imbalances(meter("2024-05-01T00:00", energy), plan, np.ones(48))
    gap = found.planned_kwh + found.shortfall_kwh - found.surplus_kwh - found.actual_kwh
    assert abs(gap) <= Decimal("0.0001")  # each register is rounded to a thousandth of a Wh a half hour


def test_the_price_follows_spot_up_to_the_cap_of_its_day():
    # 16 January 2021 23:00 to 17 January 00:30: no cap on the first day, 200 on the second (facts.md 6.2)
    point = meter("2021-01-16T23:00", (1, 3))
    price = imbalance_price(np.array([150.0, 250.0, 250.0]), point, factor=1.2, transitional=True)
    assert price.tolist() == pytest.approx([180, 300, 200])
    later = meter("2024-05-01T00:00", (1, 2))
    spike = np.array([550.0, 100.0])
    assert imbalance_price(spike, later, factor=1.2, transitional=False).tolist() == pytest.approx([600, 120])
    assert imbalance_price(spike, later, factor=1.2, transitional=True).tolist() == pytest.approx([200, 120])


def test_a_plan_that_does_not_fit_is_refused():
    point = meter("2024-05-01T00:00", (1, 4))
    with pytest.raises(ValueError, match="each metered half hour"):
        imbalances(point, np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="without a value"):
        imbalances(point, np.full(4, np.nan), np.ones(4))
