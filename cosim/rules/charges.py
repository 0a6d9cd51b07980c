"""Which charges apply to a customer: what its supply relation and the wires it is reached over mean (facts.md 3.1).

Data only: what they come to, a tariff says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from cosim.rules.facts import Arrangement, CustomerFact
from cosim.rules.terms import Party, Supply, Wires

CUSTOMER = "customer"  # who pays, where it is no party of the arrangement


class Charge(StrEnum):
    """A charge of a bill, or one that a supplier or licensee carries for its customers."""

    BASE = "base"  # 基本料金
    ENERGY = "energy"  # 電力量料金
    FUEL_ADJUSTMENT = "fuel_adjustment"  # 燃料費調整
    LEVY = "levy"  # 再生可能エネルギー発電促進賦課金
    WHEELING = "wheeling"  # 託送料金
    STANDBY = "standby"  # 予備電力, 自家発補給電力
    UPSTREAM = "upstream"  # what a licensee pays the utility above
    IMBALANCE = "imbalance"  # インバランス料金
    OWN_PRICE = "own_price"  # price of a supplier with wires of its own


class Basis(StrEnum):
    """What a charge is reckoned on."""

    PURCHASED_MWH = "purchased_mwh"  # energy bought from a retailer or supplier
    MAX_PURCHASED_KW = "max_purchased_kw"  # highest half hour of that
    WHEELED_MWH = "wheeled_mwh"  # energy delivered over others' wires
    IMBALANCE_MWH = "imbalance_mwh"  # of the whole balancing group
    SECTION_IMPORT_MWH = "section_import_mwh"  # of the whole section, over its edge
    SECTION_MAX_IMPORT_KW = "section_max_import_kw"

    @property
    def unit(self) -> str:
        """Unit of the amount."""
        return "kW" if self.value.endswith("kw") else "MWh"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One charge, whether it applies to a customer, and why."""

    charge: Charge
    applies: bool
    basis: Basis | None
    payer: str  # "customer", or the party that carries it
    why: str
    certainty: str


_TABLE = "derived: facts.md 3.1"
_U = "assumed: facts.md 3.1 [U]"
_BILL = "assumed: facts.md 6.1 [U]"


def _yes(charge: Charge, basis: Basis, why: str, certainty: str, payer: str = CUSTOMER) -> ChargeRow:
    return ChargeRow(charge, True, basis, payer, why, certainty)


def _no(charge: Charge, why: str, certainty: str = _TABLE) -> ChargeRow:
    return ChargeRow(charge, False, None, "", why, certainty)


def _retail(what: str) -> tuple[ChargeRow, ...]:
    """The parts of a retailer's bill."""
    return (
        _yes(Charge.BASE, Basis.MAX_PURCHASED_KW, f"contract power of {what}", _BILL),
        _yes(Charge.ENERGY, Basis.PURCHASED_MWH, what, _BILL),
        _yes(Charge.FUEL_ADJUSTMENT, Basis.PURCHASED_MWH, what, _BILL),
    )


def _within_own_price(whose: str) -> tuple[ChargeRow, ...]:
    why = f"contained in the {whose} own price"
    return tuple(_no(charge, why) for charge in (Charge.BASE, Charge.ENERGY, Charge.FUEL_ADJUSTMENT))


_NO_OWN_PRICE = _no(Charge.OWN_PRICE, "no supplier with wires of its own")
_NO_STANDBY = _no(Charge.STANDBY, "no plant of a supplier stands in for the grid")
_NO_UPSTREAM = _no(Charge.UPSTREAM, "no licensee between customer and utility")
_ROWS: dict[Supply, tuple[ChargeRow, ...]] = {
    Supply.OWN: (
        *_retail("what is bought at the metering point"),
        _yes(Charge.LEVY, Basis.PURCHASED_MWH, "on what is bought, not on what is generated and used behind the meter",
             _TABLE),
        _no(Charge.WHEELING, "none on own wires; for what is bought it is in the retailer's price"),
        _no(Charge.STANDBY, "what own plants do not give is bought as usual", _U),
        _NO_UPSTREAM,
        _no(Charge.IMBALANCE, "the utility supplies the residual"),
        _NO_OWN_PRICE,
    ),
    Supply.SPECIFIED_SUPPLY: (
        *_within_own_price("supplier's"),
        _no(Charge.LEVY, "not supplied by a retailer", _U),
        _no(Charge.WHEELING, "own line"),
        _yes(Charge.STANDBY, Basis.SECTION_MAX_IMPORT_KW, "standby and back-up from the grid at the edge of the line",
             _TABLE, Party.SUPPLIER),
        _NO_UPSTREAM,
        _no(Charge.IMBALANCE, "the supplier balances its own part and buys the residual at the edge"),
        _yes(Charge.OWN_PRICE, Basis.PURCHASED_MWH, "the supplier's price by contract, wires included", _TABLE),
    ),
    Supply.SPECIFIED_TRANSMISSION_RETAIL: (
        *_within_own_price("operator's"),
        _yes(Charge.LEVY, Basis.PURCHASED_MWH, "retail supply", _U),
        _no(Charge.WHEELING, "none to the utility: the operator's wires are paid in its own price"),
        _no(Charge.STANDBY, "what comes over the edge is bought within the balancing group", _U),
        _NO_UPSTREAM,
        _yes(Charge.IMBALANCE, Basis.IMBALANCE_MWH, "planned half hours, the edge included (計画値同時同量)", _TABLE,
             Party.RETAILER),
        _yes(Charge.OWN_PRICE, Basis.PURCHASED_MWH, "the operator's price, wires included", _TABLE),
    ),
    Supply.RETAIL: (
        *_retail("what the retailer supplies"),
        _yes(Charge.LEVY, Basis.PURCHASED_MWH, "retail supply", _TABLE),
        _yes(Charge.WHEELING, Basis.PURCHASED_MWH, "over the utility's wires, in the retailer's price", _TABLE,
             Party.RETAILER),
        _NO_STANDBY,
        _NO_UPSTREAM,
        _yes(Charge.IMBALANCE, Basis.IMBALANCE_MWH, "of the retailer's balancing group", _TABLE, Party.RETAILER),
        _NO_OWN_PRICE,
    ),
    Supply.SELF_WHEELING: (
        *_retail("what is bought beside what is wheeled"),
        _yes(Charge.LEVY, Basis.PURCHASED_MWH, "on what is bought, not on what is wheeled",
             "sourced: facts.md 3.1 [W43][W44]"),
        _yes(Charge.WHEELING, Basis.WHEELED_MWH, "connection supply at the destination (接続供給)", _TABLE, Party.USER),
        _NO_STANDBY,
        _NO_UPSTREAM,
        _yes(Charge.IMBALANCE, Basis.IMBALANCE_MWH, "generation and demand are planned by half hours",
             "sourced: facts.md 3.1 [W43]; details [U]", Party.USER),
        _NO_OWN_PRICE,
    ),
}  # fmt: skip
_UPSTREAM = _yes(
    Charge.UPSTREAM, Basis.SECTION_MAX_IMPORT_KW, "the licensee buys connection of the utility above", _TABLE,
    Party.LICENSEE,
)  # fmt: skip


def charges_of(facts: Arrangement, customer: CustomerFact) -> tuple[ChargeRow, ...]:
    """Every charge, in the order of `Charge`, and whether it applies to a customer."""
    return tuple(_on_wires(_ROWS[customer.supply], facts.wires(customer), customer.supply))


def _on_wires(rows: tuple[ChargeRow, ...], wires: Wires, supply: Supply) -> Iterator[ChargeRow]:
    """The rows of a relation where the wires are not the utility's."""
    licensed = wires is Wires.DISTRIBUTION_LICENCE
    for row in rows:
        if licensed and row.charge is Charge.UPSTREAM and supply is not Supply.OWN:
            yield _UPSTREAM
        elif licensed and row.charge is Charge.WHEELING and row.applies:
            yield replace(row, why="over the licensee's wires, by its own wheeling tariff")
        elif wires is Wires.SPECIFIED_TRANSMISSION and row.charge is Charge.WHEELING and supply is Supply.RETAIL:
            yield replace(row, why="over the specified operator's wires, by its own tariff", certainty=_U)
        else:
            yield row
