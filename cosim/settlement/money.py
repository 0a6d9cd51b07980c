"""Exact decimal money and energy. Rounding happens where a tariff says so and nowhere else."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from pydantic import Field

from grids.parameters import Parameters

ZERO = Decimal(0)
KWH_QUANTUM = Decimal("0.000001")  # a thousandth of a Wh; below it floats of a simulation carry no meaning


class RoundingMode(StrEnum):
    """What becomes of the part below the smallest unit of account."""

    HALF_UP = "half-up"
    DOWN = "down"


_MODES = {RoundingMode.HALF_UP: ROUND_HALF_UP, RoundingMode.DOWN: ROUND_DOWN}


class Rounding(Parameters):
    """How amounts of a currency are rounded."""

    digits: int = Field(0, ge=0, le=6, description="Digits behind the decimal point.")
    mode: RoundingMode = Field(RoundingMode.HALF_UP, description="half-up, or down (cut off).")

    def apply(self, amount: Decimal) -> Decimal:
        """The amount in units of account; towards 0 with `down`."""
        return amount.quantize(Decimal(1).scaleb(-self.digits), rounding=_MODES[self.mode])


def rate(value: float) -> Decimal:
    """A printed rate exactly as printed: 54.6, not the nearest binary fraction."""
    return Decimal(repr(value))


def kwh(value: float) -> Decimal:
    """An energy in kWh to a thousandth of a Wh."""
    return Decimal(repr(float(value))).quantize(KWH_QUANTUM, rounding=ROUND_HALF_EVEN)
