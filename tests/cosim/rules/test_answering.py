"""Who answers for what, by wires, mode and supply relation: the tables of facts.md 3.2."""

from dataclasses import replace
from datetime import date

import pytest

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from cosim.rules.answering import who_answers, with_answers
from cosim.rules.checks import static_breaches
from cosim.rules.duties import WIRES_PARTY, answer
from cosim.rules.facts import Arrangement, BalancingFact, BoundaryFact, CustomerFact, PlanFact, PlantFact, SectionFact
from cosim.rules.terms import Duty, IslandArrangement, Mode, Party, Relation, Scheme, Supply, Wires
from tests.cosim.rules.arrangements import HOME, TOWN, arrangement, wheeled, with_customer, with_section

EXISTING, NONE, OWN = IslandArrangement.EXISTING_LINE, IslandArrangement.NONE, IslandArrangement.OWN
NORMAL, ISLAND = Mode.NORMAL, Mode.ISLAND


def finding(rule: str, subject: str, section: str = TOWN) -> Finding:
    """A finding of a rule."""
    times = {"first": "", "last": "", "worst_at": ""}
    made = notice(rule, subject, Severity.VIOLATION, Extent(times, 1.0, 1, 1, 1.0, 0), label="", hint="")
    return replace(made, section=section)


def told(facts: Arrangement) -> dict[str, list[str]]:
    """Rule -> who answers for each of its findings, of all that is broken before the run."""
    answers: dict[str, list[str]] = {}
    for one in static_breaches(facts):
        stated = replace(finding(one.rule, one.subject, one.section), label=one.label)
        answers.setdefault(one.rule, []).extend(found.responsible for found in with_answers([stated], facts))
    return answers


def responsible(facts: Arrangement, rule: str, subject: str, section: str = TOWN) -> str:
    """Who answers for it."""
    (found,) = with_answers([finding(rule, subject, section)], facts)
    return found.responsible


@pytest.mark.parametrize("wires", [Wires.GENERAL_UTILITY, Wires.DISTRIBUTION_LICENCE])
@pytest.mark.parametrize("duty", [Duty.BALANCE, Duty.RESTORATION, Duty.METERING, Duty.VOLTAGE])
@pytest.mark.parametrize("mode", list(Mode))
def test_in_an_existing_line_microgrid_the_wires_operator_keeps_every_duty(wires, duty, mode):
    """Table 3.2, and the same on a licensee's wires (Isumi); only in the island work may be commissioned."""
    found = answer(wires, EXISTING, duty, mode)
    assert found.party is WIRES_PARTY[wires]
    commissioned = mode is ISLAND and duty in {Duty.BALANCE, Duty.VOLTAGE}
    assert found.commissioned is (Party.MICROGRID_OPERATOR if commissioned else None)
    assert found.certainty.startswith("sourced")


@pytest.mark.parametrize(
    ("wires", "voltage", "balance_normal", "balance_island", "restoration"),
    [
        (Wires.PREMISES, Party.OWNER, Party.UTILITY, Party.OWNER, Party.OWNER),
        (Wires.PRIVATE_LINE, Party.SUPPLIER, Party.SUPPLIER, Party.SUPPLIER, Party.SUPPLIER),
        (
            Wires.SPECIFIED_TRANSMISSION,
            Party.SPECIFIED_OPERATOR,
            Party.RETAILER,
            Party.SPECIFIED_OPERATOR,
            Party.SPECIFIED_OPERATOR,
        ),
        (Wires.DISTRIBUTION_LICENCE, Party.LICENSEE, Party.RETAILER, Party.LICENSEE, Party.LICENSEE),
    ],
)
def test_the_other_forms_answer_as_the_table_says(wires, voltage, balance_normal, balance_island, restoration):
    assert [answer(wires, OWN, Duty.VOLTAGE, mode).party for mode in Mode] == [voltage, voltage]
    assert answer(wires, OWN, Duty.BALANCE, NORMAL).party is balance_normal
    assert answer(wires, OWN, Duty.BALANCE, ISLAND).party is balance_island
    assert answer(wires, OWN, Duty.RESTORATION, ISLAND).party is restoration
    assert "[U]" in answer(wires, OWN, Duty.VOLTAGE, NORMAL).certainty


def test_existing_line_and_licence_differ_in_who_answers_for_the_voltage():
    named = {Party.UTILITY: "Utility Ltd", Party.LICENSEE: "Town Wires"}
    existing = SectionFact(TOWN, Wires.GENERAL_UTILITY, EXISTING, parties=named)
    licence = SectionFact(TOWN, Wires.DISTRIBUTION_LICENCE, NONE, parties=named)
    assert who_answers(existing, Duty.VOLTAGE, NORMAL) == "Utility Ltd"
    assert who_answers(licence, Duty.VOLTAGE, NORMAL) == "Town Wires"


def test_a_party_is_called_by_its_name_else_as_operator_else_by_the_law():
    plain = SectionFact(TOWN, Wires.DISTRIBUTION_LICENCE, NONE)
    assert who_answers(plain, Duty.WIRES, NORMAL) == Party.LICENSEE.words
    assert who_answers(replace(plain, operator="Town"), Duty.WIRES, NORMAL) == "Town"
    assert who_answers(replace(plain, operator="Town"), Duty.BALANCE, NORMAL) == Party.RETAILER.words
    both = replace(plain, operator="Town", parties={Party.LICENSEE: "Town Wires"})
    assert who_answers(both, Duty.WIRES, NORMAL) == "Town Wires"


def test_what_the_author_says_stands():
    said = SectionFact(TOWN, Wires.GENERAL_UTILITY, EXISTING, answers={ISLAND: "consortium"})
    assert who_answers(said, Duty.VOLTAGE, ISLAND) == "consortium"
    assert who_answers(said, Duty.VOLTAGE, NORMAL) == Party.UTILITY.words


def test_a_commissioned_operator_is_named():
    area = SectionFact(TOWN, Wires.GENERAL_UTILITY, EXISTING, parties={Party.MICROGRID_OPERATOR: "Isumi MG"})
    assert who_answers(area, Duty.BALANCE, ISLAND).endswith("may commission Isumi MG")


def test_a_finding_of_a_section_says_who_answers_and_one_about_the_run_nobody():
    facts = with_section(arrangement("distribution_licence"), operator="Town Wires")
    assert responsible(facts, "voltage-100v", "bus:x") == "Town Wires"
    assert responsible(facts, "voltage-100v-excursion", "bus:x") == "Town Wires"
    assert responsible(facts, "cross-check", "grid:network") == ""


def test_outside_every_section_the_wires_are_the_utilitys_and_without_an_arrangement_nobody_is_named():
    facts = arrangement("distribution_licence")
    assert responsible(facts, "voltage-100v", "bus:x", section="") == Party.UTILITY.words
    assert responsible(facts, "cross-check", "grid:network", section="") == ""
    nothing = replace(facts, sections=(), customers=())
    assert responsible(nothing, "voltage-100v", "bus:x", section="") == ""


PLAN = PlanFact(None, 10.0, 0, 10.0)


@pytest.mark.parametrize(
    ("supply", "relation", "who"),
    [
        (Supply.SPECIFIED_TRANSMISSION_RETAIL, None, Party.RETAILER),
        (Supply.SPECIFIED_SUPPLY, Relation.UNION, Party.SUPPLIER),
        (Supply.RETAIL, None, Party.RETAILER),
        (Supply.SELF_WHEELING, Relation.CAPITAL, Party.USER),
    ],
)
def test_half_hours_are_the_business_of_whoever_supplies(supply, relation, who):
    """On one private line the homes' retailer plans, not the supplier whose wires they are."""
    facts = with_customer(arrangement("specified_supply"), supply=supply, relation=relation)
    facts = replace(facts, balancing=(BalancingFact("group", (HOME,), (), PLAN),))
    assert responsible(facts, "planned-balancing", "balancing:group") == who.words
    named = with_section(facts, parties={who: "Somebody"})
    assert responsible(named, "planned-balancing", "balancing:group") == "Somebody"


def test_who_wheels_to_himself_answers_for_it_also_outside_every_section():
    facts = wheeled(with_customer(arrangement("self_wheeling"), section=""))
    assert responsible(facts, "wheeling-surplus", "wheeling:way", section="") == Party.USER.words
    assert responsible(facts, "close-relation", f"customer:{HOME}", section="") == Party.USER.words


def test_the_voltage_of_a_customer_is_the_business_of_the_wires_not_of_its_supplier():
    facts = arrangement("distribution_licence")
    assert responsible(facts, "no-supply", f"customer:{HOME}") == Party.LICENSEE.words


def test_own_supply_is_the_business_of_the_supplier_whosever_the_wires_are():
    facts = arrangement("specified_transmission")
    assert responsible(facts, "own-supply", f"section:{TOWN}") == Party.SUPPLIER.words
    assert responsible(facts, "permits", f"section:{TOWN}") == Party.SPECIFIED_OPERATOR.words


def metered(form: str, **given) -> Arrangement:
    """A section of a form behind a metering point."""
    return arrangement(form, boundaries=(BoundaryFact("meter", "pcc", TOWN, 180.0),), **given)


@pytest.mark.parametrize("rule", ["contract-power", "export-limit", "power-factor", "connection-class"])
def test_what_was_agreed_at_a_meter_on_public_wires_is_the_business_of_the_customer_behind_it(rule):
    """Form (d) of the town: the mill takes 210 kW at its meter, and not the utility, whose wires lead there."""
    facts = metered("self_wheeling")
    assert responsible(facts, rule, "boundary:meter") == f"customer {HOME}, {Party.USER.words}"
    assert responsible(with_section(facts, parties={Party.USER: "Mill"}), rule, "boundary:meter") == "Mill"
    retail = with_customer(facts, supply=Supply.RETAIL)
    assert responsible(retail, rule, "boundary:meter") == f"customer {HOME} (需要家)"
    several = replace(retail, customers=(*retail.customers, CustomerFact("other", Supply.RETAIL, None, TOWN)))
    assert responsible(several, rule, "boundary:meter") == "whoever is behind boundary:meter (需要家)"


def test_what_was_agreed_at_a_customer_s_point_is_its_own_business_also_outside_every_section():
    facts = arrangement("distribution_licence")
    assert responsible(facts, "connection-class", f"customer:{HOME}") == f"customer {HOME} (需要家)"
    assert responsible(facts, "connection-class", "customer:of-the-network") == "customer of-the-network (需要家)"
    outside = with_customer(arrangement("self_wheeling"), section="")
    assert responsible(outside, "connection-class", f"customer:{HOME}", "") == f"customer {HOME}, {Party.USER.words}"
    owner = with_section(metered("self_consumption"), operator="Works")
    assert responsible(owner, "connection-class", f"customer:{HOME}") == "Works"
    assert responsible(owner, "contract-power", "boundary:meter") == "Works"


@pytest.mark.parametrize(
    ("form", "who"), [("distribution_licence", Party.LICENSEE), ("existing_line_microgrid", Party.UTILITY)]
)
def test_a_contract_between_two_networks_is_the_business_of_who_runs_the_wires(form, who):
    facts = arrangement(form)
    assert responsible(facts, "contract-power", "boundary:edge") == who.words
    assert responsible(facts, "export-limit", "boundary:edge") == who.words


def test_a_relay_on_public_wires_is_the_business_of_whose_plant_it_takes_off():
    assert responsible(arrangement("distribution_licence"), "relay-trip", "relay:ovr").startswith("owner of what relay")
    assert responsible(metered("self_wheeling"), "relay-trip", "relay:rpr") == f"customer {HOME}, {Party.USER.words}"
    site = with_section(metered("self_consumption"), operator="Works")
    assert responsible(site, "relay-trip", "relay:rpr") == "Works"


@pytest.mark.parametrize(
    ("form", "who"),
    [
        ("specified_supply", Party.SUPPLIER),
        ("specified_transmission", Party.SPECIFIED_OPERATOR),
        ("self_wheeling", Party.USER),
        ("existing_line_microgrid", Party.MICROGRID_OPERATOR),
        ("distribution_licence", Party.LICENSEE),
    ],
)
def test_permits_and_the_form_are_the_business_of_who_applies_for_it(form, who):
    facts = with_section(arrangement(form, as_of=date(1990, 1, 1)), permits=frozenset(), operator="Wires")
    named = with_section(facts, parties={who: "Somebody"})
    assert set(told(named)["permits"]) == set(told(named)["in-force"]) == {"Somebody"}
    assert answers_for_the_form(named) == "Somebody"


def answers_for_the_form(facts: Arrangement) -> str:
    """As the table of the arrangement says it."""
    return who_answers(facts.sections[0], Duty.ELIGIBILITY, NORMAL)


def test_where_a_section_has_two_forms_each_is_the_business_of_its_own_applicant():
    """An existing-line microgrid on a licensee's wires."""
    area = arrangement("existing_line_microgrid")
    both = with_section(area, wires=Wires.DISTRIBUTION_LICENCE, permits=frozenset(), consortium=frozenset())
    found = told(replace(both, boundaries=()))
    assert sorted(found["permits"]) == sorted([Party.LICENSEE.words, Party.MICROGRID_OPERATOR.words])
    assert found["consortium"] == [Party.MICROGRID_OPERATOR.words]
    assert found["upstream-contract"] == [Party.LICENSEE.words]


def test_plants_that_may_not_be_wheeled_from_are_the_business_of_who_wheels():
    facts = wheeled(arrangement("self_wheeling"), {"section": "", "scheme": Scheme.FIT}, user_owned=False)
    named = with_section(facts, parties={Party.USER: "Mill"})
    assert (told(named)["fit-barred"], told(named)["new-plant"]) == (["Mill"], ["Mill"])


def test_a_group_of_plants_alone_is_the_business_of_who_runs_them():
    facts = arrangement("self_consumption", balancing=(BalancingFact("sun", (), ("roof",), PLAN),))
    inside = with_section(replace(facts, plants=(PlantFact("roof", "pv", "source", TOWN, 50.0),)), operator="Works")
    assert responsible(inside, "planned-balancing", "balancing:sun") == "Works"
    outside = replace(facts, plants=(PlantFact("roof", "pv", "source", "", 50.0),))
    assert responsible(outside, "planned-balancing", "balancing:sun", "") == "whoever runs device:roof (発電者)"


def test_what_the_author_says_stands_also_against_supply_relations_and_forms():
    group = (BalancingFact("group", (HOME,), (), PLAN),)
    facts = with_section(metered("self_wheeling", balancing=group), answers={NORMAL: "consortium"}, permits=frozenset())
    assert set(told(facts)["permits"]) == {"consortium"}
    for rule, subject in (
        ("planned-balancing", "balancing:group"),
        ("close-relation", f"customer:{HOME}"),
        ("contract-power", "boundary:meter"),
        ("own-supply", f"section:{TOWN}"),
    ):
        assert responsible(facts, rule, subject) == "consortium"
