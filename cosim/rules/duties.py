"""Who answers for what, by wires regime and mode (facts.md 3.2). What the law leaves to contracts is marked."""

from __future__ import annotations

from dataclasses import dataclass

from cosim.rules.terms import Duty, IslandArrangement, Mode, Party, Supply, Wires


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers, and whom he may commission with the work; both as parties."""

    party: Party
    commissioned: Party | None
    certainty: str


_U = "assumed: facts.md 3.2 [U]"
_TABLE_3_2 = "sourced: facts.md 3.2 [S001]"
NORMAL, ISLAND = Mode.NORMAL, Mode.ISLAND
_COMMISSIONED = frozenset({Duty.BALANCE, Duty.VOLTAGE})
_OF_TABLE_3_2 = _COMMISSIONED | {Duty.RESTORATION, Duty.METERING}

# regime -> whose wires they are: he answers for whatever the table below does not give to somebody else
WIRES_PARTY: dict[Wires, Party] = {
    Wires.PREMISES: Party.OWNER,
    Wires.PRIVATE_LINE: Party.SUPPLIER,
    Wires.SPECIFIED_TRANSMISSION: Party.SPECIFIED_OPERATOR,
    Wires.GENERAL_UTILITY: Party.UTILITY,
    Wires.DISTRIBUTION_LICENCE: Party.LICENSEE,
}
_ELSE: dict[tuple[Wires, Duty, Mode], Answer] = {
    (Wires.PREMISES, Duty.BALANCE, NORMAL): Answer(Party.UTILITY, None, _U),  # the residual
    (Wires.PRIVATE_LINE, Duty.BALANCE, NORMAL): Answer(Party.SUPPLIER, None, _U),
    (Wires.SPECIFIED_TRANSMISSION, Duty.BALANCE, NORMAL): Answer(Party.RETAILER, None, _U),
    (Wires.GENERAL_UTILITY, Duty.BALANCE, NORMAL): Answer(Party.RETAILER, None, _U),
    (Wires.DISTRIBUTION_LICENCE, Duty.BALANCE, NORMAL): Answer(Party.RETAILER, None, _U),
}


# whoever supplies a customer answers for its half hours and for whether it may be supplied so (facts.md 3.1, 3.2);
# what was agreed at its metering point is the customer's own business
SUPPLY_PARTY: dict[tuple[Supply, Duty], Party] = {
    (Supply.OWN, Duty.ELIGIBILITY): Party.OWNER,
    (Supply.OWN, Duty.CONNECTION): Party.OWNER,
    (Supply.SPECIFIED_SUPPLY, Duty.ELIGIBILITY): Party.SUPPLIER,
    (Supply.SPECIFIED_SUPPLY, Duty.BALANCE): Party.SUPPLIER,
    (Supply.SPECIFIED_TRANSMISSION_RETAIL, Duty.ELIGIBILITY): Party.SPECIFIED_OPERATOR,
    (Supply.SPECIFIED_TRANSMISSION_RETAIL, Duty.BALANCE): Party.RETAILER,
    (Supply.RETAIL, Duty.ELIGIBILITY): Party.RETAILER,
    (Supply.RETAIL, Duty.BALANCE): Party.RETAILER,
    (Supply.SELF_WHEELING, Duty.ELIGIBILITY): Party.USER,
    (Supply.SELF_WHEELING, Duty.BALANCE): Party.USER,
    (Supply.SELF_WHEELING, Duty.CONNECTION): Party.USER,
}

# form -> who applies for it, and so holds its permits (facts.md 3.1 [S001]; of (a), (d) and (e) [U])
APPLICANT: dict[str, Party] = {
    "self_consumption": Party.OWNER,
    "specified_supply": Party.SUPPLIER,
    "specified_transmission": Party.SPECIFIED_OPERATOR,
    "self_wheeling": Party.USER,
    "existing_line_microgrid": Party.MICROGRID_OPERATOR,
    "distribution_licence": Party.LICENSEE,
    "specified_electricity": Party.SPECIFIED_OPERATOR,
}


def answer(wires: Wires, island: IslandArrangement, duty: Duty, mode: Mode) -> Answer:
    """Who answers for a duty in a section.

    In an existing-line microgrid whoever runs the wires keeps every duty, in the island too; with balancing it and
    holding its voltage he may commission the microgrid operator (footnote of table 3.2).
    """
    if island is IslandArrangement.EXISTING_LINE and duty in _OF_TABLE_3_2:
        commissioned = Party.MICROGRID_OPERATOR if duty in _COMMISSIONED and mode is ISLAND else None
        return Answer(WIRES_PARTY[wires], commissioned, _TABLE_3_2)
    return _ELSE.get((wires, duty, mode), Answer(WIRES_PARTY[wires], None, _U))
