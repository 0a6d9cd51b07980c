"""The supply forms of the source documents, as presets of wires regime, island arrangement and supply relation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cosim.rules.terms import IslandArrangement, Permit, Supply, Wires


@dataclass(frozen=True, slots=True)
class SupplyForm:
    """A form as the survey names it (facts.md 3.1). A section takes wires and island from it, a customer its supply."""

    id: str
    letter: str
    title: str
    title_ja: str
    wires: Wires
    island: IslandArrangement
    supply: Supply
    label: str  # legal basis, as text; article numbers changed and are labels only
    permits: frozenset[Permit]
    since: date
    until: date | None
    certainty: str


FORMS: dict[str, SupplyForm] = {
    form.id: form
    for form in (
        SupplyForm(
            "self_consumption", "a", "self-generation for own consumption", "自家発自家消費",
            Wires.PREMISES, IslandArrangement.NONE, Supply.OWN,
            "not an electricity business; rules of private electrical facilities (自家用電気工作物)",
            frozenset(), date(1964, 7, 11), None, "sourced: facts.md 3.1 [S001]",
        ),
        SupplyForm(
            "specified_supply", "b", "specified supply", "特定供給",
            Wires.PRIVATE_LINE, IslandArrangement.OWN, Supply.SPECIFIED_SUPPLY,
            "Electricity Business Act Art. 27-33 (電気事業法第27条の33)",
            frozenset({Permit.PERMISSION}), date(1995, 12, 1), None, "sourced: facts.md 3.1 [S001]; article [U]",
        ),
        SupplyForm(
            "specified_transmission", "c", "specified transmission and distribution", "特定送配電事業",
            Wires.SPECIFIED_TRANSMISSION, IslandArrangement.OWN, Supply.SPECIFIED_TRANSMISSION_RETAIL,
            "Electricity Business Act Art. 27-13, retail Art. 27-15 (電気事業法第27条の13, 第27条の15)",
            frozenset({Permit.NOTIFICATION, Permit.RETAIL_REGISTRATION}), date(2016, 4, 1), None,
            "sourced: facts.md 3.1 [S001][W41]; articles [U]",
        ),
        SupplyForm(
            "self_wheeling", "d", "self-wheeling", "自己託送",
            Wires.GENERAL_UTILITY, IslandArrangement.NONE, Supply.SELF_WHEELING,
            "Electricity Business Act Art. 2(1)5 ro and guideline on self-wheeling (自己託送に係る指針)",
            frozenset({Permit.WHEELING_CONTRACT}), date(2014, 4, 1), None,
            "sourced: facts.md 3.1 [W38][W43]; new applications suspended since 2024-01-01 [W44]",
        ),
        SupplyForm(
            "existing_line_microgrid", "e", "existing-line microgrid", "既存系統線活用 地域マイクログリッド",
            Wires.GENERAL_UTILITY, IslandArrangement.EXISTING_LINE, Supply.RETAIL,
            "no law of its own: wheeling by the utility and subsidy contracts (地域マイクログリッド構築事業)",
            frozenset({Permit.ACTIVATION_AGREEMENT}), date(2018, 4, 1), None,
            "sourced: facts.md 3.1, 3.2 [S001]; its first year [U]",
        ),
        SupplyForm(
            "distribution_licence", "f", "distribution licence", "配電事業",
            Wires.DISTRIBUTION_LICENCE, IslandArrangement.NONE, Supply.RETAIL,
            "Electricity Business Act Art. 27-12-2 ff. (電気事業法第27条の12の2)",
            frozenset({Permit.PERMISSION, Permit.TAKEOVER_PLAN}), date(2022, 4, 1), None,
            "sourced: facts.md 3.1 [S001][W39]",
        ),
        SupplyForm(
            "specified_electricity", "g", "specified electricity business (until 2016)", "特定電気事業",
            Wires.SPECIFIED_TRANSMISSION, IslandArrangement.OWN, Supply.SPECIFIED_TRANSMISSION_RETAIL,
            "Electricity Business Act before the reform of 2016 (旧電気事業法)",
            frozenset({Permit.PERMISSION}), date(1995, 12, 1), date(2016, 4, 1), "assumed: facts.md 3.1 [U]",
        ),
    )
}  # fmt: skip


def form_of(wires: Wires, island: IslandArrangement, supply: Supply) -> SupplyForm | None:
    """The form that a customer's supply relation and the wires it is reached over make up; None = ordinary retail."""
    if supply is not Supply.RETAIL:
        return FORMS[_BY_SUPPLY[supply]]
    if wires is Wires.DISTRIBUTION_LICENCE:
        return FORMS["distribution_licence"]
    if island is IslandArrangement.EXISTING_LINE:
        return FORMS["existing_line_microgrid"]
    return FORMS["specified_transmission"] if wires is Wires.SPECIFIED_TRANSMISSION else None


_BY_SUPPLY = {
    Supply.OWN: "self_consumption",  # behind one meter it is always that, whatever lies outside
    Supply.SPECIFIED_SUPPLY: "specified_supply",
    Supply.SPECIFIED_TRANSMISSION_RETAIL: "specified_transmission",
    Supply.SELF_WHEELING: "self_wheeling",
}
SUPPLY_ON_WIRES: dict[Wires, frozenset[Supply]] = {
    Wires.PREMISES: frozenset({Supply.OWN}),
    # wires of one's own may serve both: Mutsuzawa's station and its homes (planner.md 1.2)
    Wires.PRIVATE_LINE: frozenset({Supply.OWN, Supply.SPECIFIED_SUPPLY, Supply.SPECIFIED_TRANSMISSION_RETAIL}),
    Wires.SPECIFIED_TRANSMISSION: frozenset(
        {Supply.OWN, Supply.SPECIFIED_SUPPLY, Supply.SPECIFIED_TRANSMISSION_RETAIL, Supply.RETAIL}
    ),
    Wires.GENERAL_UTILITY: frozenset({Supply.OWN, Supply.RETAIL, Supply.SELF_WHEELING}),
    Wires.DISTRIBUTION_LICENCE: frozenset({Supply.OWN, Supply.RETAIL, Supply.SELF_WHEELING}),
}
