"""The choices of a net-metering settlement (document 2). Light: the command line reads them at start-up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Method(StrEnum):
    """How use and generation are set against each other."""

    NET_METERING = "net-metering"  # 순계량: over the billing period
    NET_PURCHASE_AND_SALE = "net-purchase-and-sale"  # 시간대별 구분계량: each interval apart


class Credit(StrEnum):
    """At which price self-generation is credited against the use."""

    REVERSE_BLOCK = "reverse-block"  # alternative 1: own class, from the top block down
    REPRESENTATIVE = "representative"  # alternative 2: the representative price


class Surplus(StrEnum):
    """What becomes of generation beyond the use of a billing period."""

    PURCHASE = "purchase"  # 해당 기간 중 구매: bought at the end of the period
    FORFEIT = "forfeit"  # 이월전기 무상양도: given away
    ROLL = "roll"  # 월간이월: counts as generation of the next period
    STEP = "step"  # 단계적 이월: rolled within a cycle, what is left at its end is bought


@dataclass(frozen=True)
class NetMeteringTerms:
    """The rules of one settlement.

    Attributes:
        method: netting.
        credit: price of self-generation inside the use.
        surplus: what becomes of the rest.
        purchase_per_kwh: what surplus is bought at (representative price or avoided energy cost).
        cycle_months: length of a cycle of `step`, 6 or 12 months.
    """

    method: Method = Method.NET_METERING
    credit: Credit = Credit.REVERSE_BLOCK
    surplus: Surplus = Surplus.PURCHASE
    purchase_per_kwh: Decimal | None = None
    cycle_months: int = 12
