"""What the options of `cosim settle` mean, and what is said where they or their input make no sense."""

from pathlib import Path

import pytest

from cosim.errors import UsageError
from cosim.results.metered import Metered, MeteredPoint
from cosim.results.metering import Metering
from cosim.settlement.settle_input import SettleOptions, settle, terms_of
from cosim.settlement.tariff_file import load_tariff
from cosim.settlement.terms import Credit, Method, Surplus

APART = Method.NET_PURCHASE_AND_SALE


@pytest.mark.parametrize(
    ("tariff", "options", "message"),
    [
        ("kr-2004-residential", {"method": APART, "surplus": Surplus.STEP}, "--surplus: net-purchase-and-sale sells"),
        ("kr-2004-residential", {"method": APART, "credit": Credit.REPRESENTATIVE}, "--credit: net-purchase-and-sale"),
        ("kr-2004-residential", {"cycle_months": 6}, "--cycle-months: only surplus by step has cycles"),
        ("jp-wheeling-hv", {"power_factor_percent": 90}, "--power-factor-percent: tariff jp-wheeling-hv has no"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(tariff, options, message):
    with pytest.raises(UsageError, match=message):
        terms_of(load_tariff(tariff), SettleOptions(**options))


def test_a_run_without_metering_points_has_nothing_to_bill(toy, tmp_path):
    kept = Metered((MeteredPoint("section", "section", "area"),), {"hall": (0,)})
    toy(duration_s=1800).feed(Metering(tmp_path, kept), [{}, {}]).close(complete=True)
    with pytest.raises(UsageError, match=r"has no metering point \(a boundary of kind pcc\), so nothing to bill"):
        settle(tmp_path, SettleOptions(tariff="jp-hv-business"))


def test_an_input_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="there is no such file or folder: gone"):
        settle(Path("gone"), SettleOptions(tariff="jp-hv-business"))
