"""Progressive block tariffs: what energy costs, and what own generation takes off from the top block down."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from cosim.settlement.money import ZERO, rate
from grids.parameters import Parameters, quantity


class Block(Parameters):
    """One step of a progressive tariff (누진 단계)."""

    up_to_kwh: float | None = quantity(
        None, unit="kWh", description="Upper end of the block within a billing period; the last block has none.", gt=0
    )
    per_kwh: float = quantity(unit="currency/kWh", description="Price in this block.", vary=True, ge=0)


class Blocks(Parameters):
    """A price that steps up with the energy of the billing period."""

    kind: Literal["blocks"]
    blocks: list[Block] = Field(description="Blocks, lowest first.", min_length=1)
    representative_per_kwh: float | None = quantity(
        None,
        unit="currency/kWh",
        description="Price of the block that stands for the class; also what an EMS plans by.",
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        ends = [block.up_to_kwh for block in self.blocks]
        if None in ends[:-1] or ends[-1] is not None:
            raise ValueError("every block but the last needs up_to_kwh, and the last must not have one")
        known = [end for end in ends if end is not None]
        if known != sorted(set(known)):
            raise ValueError(f"blocks must rise: up_to_kwh {', '.join(f'{end:g}' for end in known)}")
        return self


def block_parts(blocks: Blocks, used_kwh: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """(energy, price) of every block that a use reaches into."""
    below = ZERO
    for block in blocks.blocks:
        end = used_kwh if block.up_to_kwh is None else min(used_kwh, rate(block.up_to_kwh))
        if end <= below:
            return
        yield end - below, rate(block.per_kwh)
        below = end


def block_charge(blocks: Blocks, used_kwh: Decimal) -> Decimal:
    """T(U): the energy charge of a use, not rounded.

    Raises:
        ValueError: a negative use.
    """
    if used_kwh < 0:
        raise ValueError(f"a block tariff has no price for a negative use ({used_kwh} kWh)")
    return sum((energy * price for energy, price in block_parts(blocks, used_kwh)), ZERO)


def reverse_block_credit(blocks: Blocks, used_kwh: Decimal, own_kwh: Decimal) -> Decimal:
    """V1: what own generation saves, not rounded: the sum of `reverse_block_parts`, errors as there."""
    return sum((energy * price for energy, price in reverse_block_parts(blocks, used_kwh, own_kwh)), ZERO)


def reverse_block_parts(blocks: Blocks, used_kwh: Decimal, own_kwh: Decimal) -> list[tuple[Decimal, Decimal]]:
    """(energy, price) of own generation, counted from the top block of the use downwards (document 2, alternative 1).

    `R_k p_k + sum w_i p_i + R_u p_u` of the document, with the sum up to u - 1 and, which its formula misses, only
    `own x p_u` where own generation stays inside one block (facts.md 7.1). Equal to T(U) - T(U - own).

    Args:
        blocks: the tariff.
        used_kwh: U, use of the billing period.
        own_kwh: generation that counts against it, 0 <= own <= U.

    Raises:
        ValueError: own generation outside 0 to U.
    """
    if not 0 <= own_kwh <= used_kwh:
        raise ValueError(f"generation that counts must lie between 0 and the use ({own_kwh} of {used_kwh} kWh)")
    parts, left = [], own_kwh
    for energy, price in reversed(list(block_parts(blocks, used_kwh))):
        taken = min(energy, left)
        if taken:
            parts.append((taken, price))
        left -= taken
    return parts


def representative_price(blocks: Blocks) -> Decimal:
    """The price of the block that stands for the class; ValueError if the tariff names none."""
    if blocks.representative_per_kwh is None:
        raise ValueError("the tariff names no representative price")
    return rate(blocks.representative_per_kwh)
