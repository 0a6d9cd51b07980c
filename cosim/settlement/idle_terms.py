"""Terms that are given and change nothing: said instead of left aside."""

from __future__ import annotations

from collections.abc import Container, Iterator

from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.terms import Credit, Method, NetMeteringTerms, Surplus

ROLLED = (Surplus.ROLL, Surplus.STEP)


def idle_terms(tariff: TariffFile, terms: NetMeteringTerms, given: Container[str]) -> Iterator[tuple[str, str]]:
    """(name, why it changes nothing and what to do) of every term that has no effect on the bill of a tariff.

    Args:
        tariff: the tariff that is billed by.
        terms: rules of a net-metering bill, those left out as they are by default.
        given: names of the terms somebody gave, as `power_factor_percent`.
    """
    found: dict[str, str] = {}
    if terms.method is Method.NET_PURCHASE_AND_SALE:
        if terms.surplus in ROLLED:
            found["surplus"] = f"{terms.method} sells each interval's surplus apart, nothing rolls: purchase or forfeit"
        if terms.credit is Credit.REPRESENTATIVE:
            found["credit"] = f"{terms.method} credits nothing, it bills the purchase: leave it out"
    if terms.surplus is not Surplus.STEP:
        found["cycle_months"] = f"only surplus by {Surplus.STEP} has cycles: leave it out, or choose {Surplus.STEP}"
    rates = [period.rates for period in tariff.periods]
    if all(one.power_factor is None for one in rates):
        found["power_factor_percent"] = f"tariff {tariff.name} has no power-factor clause: leave it out"
    if all(one.demand_months == 1 for one in rates):
        found["previous_max_kw"] = f"tariff {tariff.name} charges the peak of the month alone: leave it out"
    yield from ((name, why) for name, why in found.items() if name in given)
