"""Use of somebody else's wires: self-wheeling (自己託送), wheeling bills, and what a licensee pays upstream.

A wheeling tariff is a tariff file whose energy charge is of kind `wheeling`; base and energy are billed like any other
tariff (contract power by half hours), at the delivery point, and carry the charge `wheeling` or `upstream`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from cosim.settlement.japan_bill import JapanBill, japan_bills
from cosim.settlement.japan_contract import Contract
from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.tariff import WheelingRate
from cosim.settlement.tariff_file import TariffFile
from grids.arrays import FloatArray

PARTS = frozenset({"base", "energy"})  # no levy, no fuel adjustment: those belong to supply, not to wires


@dataclass(frozen=True)
class SelfWheeling:
    """Own generation brought over public wires to an own site, half hour by half hour; all (K,) kWh, >= 0."""

    used_kwh: FloatArray  # delivered and used at the destination
    surplus_kwh: FloatArray  # delivered beyond the demand: cannot be used, a balancing matter
    lost_kwh: FloatArray  # losses the sender makes good
    residual_kwh: FloatArray  # demand the site still buys from its retailer


def self_wheeling(sent_kwh: FloatArray, demand_kwh: FloatArray, loss_percent: float) -> SelfWheeling:
    """What of a generator's energy serves another site: `sent x (1 - loss)`, up to the demand of the same half hour.

    `sent = used + surplus + lost` and `demand = used + residual` (facts.md 3.1, 3.3).

    Args:
        sent_kwh: (K,) fed in at the plant for this purpose.
        demand_kwh: (K,) demand of the destination.
        loss_percent: losses of the wheeling tariff.

    Raises:
        ValueError: a negative energy, or lengths that differ.
    """
    if sent_kwh.shape != demand_kwh.shape or (sent_kwh < 0).any() or (demand_kwh < 0).any():
        raise ValueError("plant and destination need one energy >= 0 for each of the same half hours")
    delivered = at_delivery(sent_kwh, loss_percent)
    used = np.minimum(delivered, demand_kwh)
    return SelfWheeling(used, delivered - used, sent_kwh - delivered, demand_kwh - used)


def at_delivery(sent_kwh: FloatArray, loss_percent: float) -> FloatArray:
    """(K,) what of an injected energy counts as delivered."""
    return sent_kwh * (1.0 - loss_percent / 100.0)


def at_injection(delivered_kwh: FloatArray, loss_percent: float) -> FloatArray:
    """(K,) what has to be injected so that an energy is delivered: `delivered / (1 - loss)`."""
    return delivered_kwh / (1.0 - loss_percent / 100.0)


def loss_percent_of(tariff: TariffFile, day: date) -> float:
    """Losses a wheeling tariff asks the sender to make good on a day; ValueError for a tariff that is none."""
    return _rate(tariff, day).loss_percent


def wheeling_bills(
    delivered: HalfHours, tariff: TariffFile, contract: Contract | None = None, *, charge: str = "wheeling"
) -> tuple[JapanBill, ...]:
    """What the owner of the wires gets for energy delivered at one point, by month.

    Args:
        delivered: energy delivered there, in its import register.
        tariff: the wheeling tariff of the point's voltage.
        contract: contract power; left out = measured.
        charge: name its lines carry: `wheeling`, or `upstream` for what a licensee pays.

    Raises:
        ValueError: the tariff is no wheeling tariff.
    """
    for month in delivered.months:
        _rate(tariff, month.first_day)
    bills = japan_bills(delivered, tariff, contract, applies=PARTS)
    return tuple(replace(bill, lines=tuple(replace(line, charge=charge) for line in bill.lines)) for bill in bills)


def upstream_bills(
    points: Mapping[str, HalfHours], tariff: TariffFile, contracts: Mapping[str, Contract] | None = None
) -> dict[str, tuple[JapanBill, ...]]:
    """What a distribution licensee (配電事業者) pays the utility upstream: each boundary point by itself.

    Import at one point is not set against export at another (planner.md 2.9).

    Args:
        points: boundary point -> half hours, import = drawn from the utility.
        tariff: the utility's tariff for the area's connection.
        contracts: contract power by point; left out = measured.
    """
    known = contracts or {}
    return {name: wheeling_bills(meter, tariff, known.get(name), charge="upstream") for name, meter in points.items()}


def _rate(tariff: TariffFile, day: date) -> WheelingRate:
    energy = tariff.at(day).energy
    if not isinstance(energy, WheelingRate):
        raise ValueError(f"tariff {tariff.name} is no wheeling tariff: its energy charge is of kind {energy.kind}")
    return energy
