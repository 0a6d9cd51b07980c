"""Terms without effect are said."""

from datetime import date

import pytest

from cosim.settlement.idle_terms import idle_terms
from cosim.settlement.tariff import TariffSpec
from cosim.settlement.tariff_file import Period, load_tariff
from cosim.settlement.terms import Credit, Method, NetMeteringTerms, Surplus

APART = Method.NET_PURCHASE_AND_SALE


@pytest.mark.parametrize(
    ("terms", "given", "idle"),
    [
        ({}, ["method", "credit", "surplus"], []),
        ({"method": APART, "surplus": Surplus.FORFEIT}, ["method", "surplus"], []),
        ({"method": APART, "surplus": Surplus.ROLL}, ["method", "surplus"], ["surplus"]),
        ({"method": APART, "surplus": Surplus.STEP}, ["surplus", "cycle_months"], ["surplus"]),
        ({"method": APART, "credit": Credit.REPRESENTATIVE}, ["credit"], ["credit"]),
        ({"credit": Credit.REPRESENTATIVE}, ["credit"], []),
        ({"surplus": Surplus.ROLL}, ["cycle_months"], ["cycle_months"]),
        ({"surplus": Surplus.STEP}, ["cycle_months"], []),
    ],
)
def test_terms_of_net_metering(terms, given, idle):
    found = idle_terms(load_tariff("kr-2004-residential"), NetMeteringTerms(**terms), given)
    assert [name for name, _ in found] == idle


def test_terms_of_a_japanese_contract():
    given, plain = ("power_factor_percent", "previous_max_kw"), NetMeteringTerms()
    full = load_tariff("jp-hv-business")
    assert list(idle_terms(full, plain, given)) == []
    rates = TariffSpec(energy={"kind": "flat", "per_kwh": 20})
    bare = full.model_copy(update={"periods": [Period(first=date(2020, 1, 1), rates=rates)]})
    assert [name for name, _ in idle_terms(bare, plain, given)] == list(given)
    assert list(idle_terms(bare, plain, ())) == []
