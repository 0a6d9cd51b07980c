from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cosim.settlement.tariff_file import load_tariff
from cosim.settlement.wheeling import (
    at_delivery,
    at_injection,
    loss_percent_of,
    self_wheeling,
    upstream_bills,
    wheeling_bills,
)
from tests.cosim.settlement.japan import meter, tariff

WIRES = {
    "demand_charge_per_kw_month": 620,
    "demand_months": 12,
    "energy": {"kind": "wheeling", "per_kwh": 2.6, "loss_percent": 4},
}
ENERGIES = hnp.arrays(np.float64, 12, elements=st.floats(0, 1e4))


def test_wheeled_energy_serves_the_demand_of_its_half_hour_after_losses():
    sent, demand = np.array([100.0, 100.0, 0.0]), np.array([50.0, 120.0, 30.0])
    found = self_wheeling(sent, demand, 4.0)
    assert found.used_kwh.tolist() == [50, 96, 0]
    assert found.surplus_kwh.tolist() == [46, 0, 0]
    assert found.lost_kwh.tolist() == [4, 4, 0]
    assert found.residual_kwh.tolist() == [0, 24, 30]


@given(ENERGIES, ENERGIES, st.floats(0, 20))
def test_no_wheeled_energy_appears_or_vanishes(sent, demand, loss):
    found = self_wheeling(sent, demand, loss)
    assert found.used_kwh + found.surplus_kwh + found.lost_kwh == pytest.approx(sent, abs=1e-9)
    assert found.used_kwh + found.residual_kwh == pytest.approx(demand, abs=1e-9)
    assert not (found.surplus_kwh * found.residual_kwh).any()  # never both in one half hour
    assert at_delivery(at_injection(demand, loss), loss) == pytest.approx(demand)


def test_energies_that_cannot_be_wheeled_are_refused():
    with pytest.raises(ValueError, match="same half hours"):
        self_wheeling(np.ones(2), np.ones(3), 4)
    with pytest.raises(ValueError, match=">= 0"):
        self_wheeling(-np.ones(2), np.ones(2), 4)


def test_a_wheeling_bill_is_base_and_energy_and_no_levy():
    # one of 31 days: base 620/31 = 20 JPY/kW, 18 kW; 432 kWh x 2.6 = 1,123.2; cut to the yen
    (bill,) = wheeling_bills(meter("2024-05-01T00:00", (9, 48)), tariff(**WIRES))
    assert [(line.charge, line.amount) for line in bill.lines] == [
        ("wheeling", Decimal("360.00")),
        ("wheeling", Decimal("1123.20")),
        ("wheeling", Decimal("-0.20")),
    ]
    assert bill.total == 1483


def test_a_licensee_pays_each_boundary_point_by_itself():
    ways = meter("2024-05-01T00:00", (9, 48)), meter("2024-05-01T00:00", (0, 48), export_kwh=np.full(48, 20.0))
    bills = upstream_bills(dict(zip(["north", "south"], ways, strict=True)), tariff(**WIRES))
    assert [bills[name][0].total for name in ("north", "south")] == [1483, 0]  # export does not lower the import
    assert {line.charge for line in bills["north"][0].lines} == {"upstream"}


def test_only_a_wheeling_tariff_bills_wires():
    with pytest.raises(ValueError, match="is no wheeling tariff: its energy charge is of kind flat"):
        wheeling_bills(meter("2024-05-01T00:00", (9, 48)), tariff())
    assert loss_percent_of(load_tariff("jp-wheeling-hv"), date(2020, 4, 20)) == 3.3  # planner.md 4, Hioki
