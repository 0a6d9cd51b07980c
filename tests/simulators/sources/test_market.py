"""Prices: units, currencies, fuels by the unit they are sold in."""

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.models.fuels import FuelName
from simulators.sources.errors import SourceError
from simulators.sources.market import FuelPriceSpec, MarketSpec, build_market


@pytest.fixture
def market(axis_of, calendar_of, in_folder):
    def build(axis=None, **spec):
        return build_market(MarketSpec(**spec), axis or axis_of("2020-04-20", 24, 60), calendar_of(), in_folder)

    return build


@pytest.mark.parametrize(
    ("fuel", "price", "per_kwh"),
    [
        # planner.md 4: 180 JPY/m3 = 90 JPY/kg = 7.03 JPY/kWh of lower heating value
        ("lpg", {"per_m3": 180}, 7.03),
        ("lpg", {"per_kg": 90}, 7.03),
        # facts.md 5.1: 40.6 MJ/Nm3 = 11.278 kWh/Nm3; 100 / 11.278
        ("city_gas", {"per_nm3": 100}, 8.867),
    ],
)
def test_fuel_prices_become_prices_of_heat(market, fuel, price, per_kwh):
    prices = market(fuels={fuel: price}).fuel_per_kwh[FuelName(fuel)]
    assert prices.shape == (24,)
    assert prices == pytest.approx(per_kwh, abs=0.005)


def test_a_fuel_price_may_be_a_series(market):
    steps = {"kind": "daily", "days": {"any": {"00:00": 90, "12:00": 180}}, "unit": "JPY/kg"}
    prices = market(fuels={"lpg": {"per_kg": steps}}).fuel_per_kwh[FuelName.LPG]
    assert prices[12] == pytest.approx(2 * prices[11])


def test_prices_per_mwh_are_turned_into_prices_per_kwh(market):
    spot = {"kind": "constant", "value": 80, "unit": "EUR/MWh"}
    assert market(currency="EUR", spot=spot).spot == pytest.approx(0.08)


def test_the_source_of_prices_is_carried_and_its_absence_said(market):
    assert market(source="JEPX Kyushu").source == "JEPX Kyushu"
    assert "assumed" in market().source
    assert market().spot is None


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"spot": {"kind": "constant", "value": 1, "unit": "EUR/kWh"}}, "the market's currency is JPY"),
        ({"spot": {"kind": "constant", "value": 1, "unit": "kW"}}, "is not a price per kWh"),
        ({"spot": {"kind": "constant", "value": 1, "unit": "JPY/kWh", "peak_kw": 5}}, "a price knows only scale"),
        ({"fuels": {"lpg": {"per_nm3": 1}}}, "use per_m3, per_kg"),
        ({"fuels": {"city_gas": {"per_kg": 1}}}, "use per_nm3"),
        ({"fuels": {"lpg": {"per_m3": {"kind": "constant", "value": 1, "unit": "JPY/kg"}}}}, "not a price per m3"),
    ],
)
def test_a_price_in_the_wrong_unit_is_refused(market, spec, said):
    with pytest.raises(SourceError, match=said):
        market(**spec)


def test_a_fuel_has_one_price():
    for prices in ({}, {"per_m3": 180, "per_kg": 90}):
        with pytest.raises(ValidationError, match="exactly one of"):
            FuelPriceSpec(**prices)


def test_spot_steps_are_averaged_over_the_step(market, axis_of):
    spot = {"kind": "daily", "days": {"any": {"00:00": 6, "06:30": 9}}, "unit": "JPY/kWh"}
    prices = market(axis_of("2020-04-20", 24, 60, half_hours=False), spot=spot).spot
    assert prices[5:8].tolist() == [6, 7.5, 9]
    assert isinstance(prices, np.ndarray)
