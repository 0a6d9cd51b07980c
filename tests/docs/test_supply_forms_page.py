"""The page of the supply forms says what the code says."""

import re
from pathlib import Path

import yaml

from cosim.rules.charges import charges_of
from cosim.rules.forms import FORMS
from cosim.rules.register import RULES
from cosim.rules.terms import Duty, Supply
from cosim.scenario.keys.arrangement import RulesSpec
from cosim.scenario.keys.customers import CustomerSpec
from cosim.scenario.keys.sections import SectionSpec
from tests.cosim.rules.arrangements import arrangement, with_customer

PAGE = (Path(__file__).parents[2] / "docs" / "supply-forms.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """Cells of the table whose first column is called `head`, without backticks."""
    _, _, below = PAGE.partition(f"| {head} |")
    lines = [line for line in below.partition("\n\n")[0].splitlines()[2:] if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_forms_is_that_of_the_code():
    expected = []
    for form in FORMS.values():
        since = f"from {form.since}" if form.until is None else f"{form.since} to {form.until}"
        permits = ", ".join(sorted(form.permits))
        expected.append([form.letter, form.id, form.title_ja, form.wires, form.island, form.supply, permits, since])
    assert rows("letter") == expected


def test_the_table_of_rules_has_every_rule_of_eligibility_and_balance_with_its_forms():
    told = {row[0]: row[2] for row in rows("rule")}
    known = {rule.id: rule.forms for rule in RULES.values() if rule.duty in {Duty.ELIGIBILITY, Duty.BALANCE}}
    assert told == known


def test_the_table_of_charges_is_what_applies():
    told = {row[0]: row[1] for row in rows("supply relation")}
    facts = {supply: with_customer(arrangement("existing_line_microgrid"), supply=supply) for supply in Supply}
    applying = {
        supply: ", ".join(row.charge for row in charges_of(one, one.customers[0]) if row.applies)
        for supply, one in facts.items()
    }
    assert told == applying


def test_every_form_named_on_the_page_exists():
    assert set(re.findall(r"form: ([a-z_]+)", PAGE)) <= set(FORMS)


def test_the_example_is_one():
    example = yaml.safe_load(PAGE.partition("```yaml")[2].partition("```")[0])
    assert set(example) == {"rules", "sections", "customers"}
    RulesSpec.model_validate(example["rules"])
    assert SectionSpec.model_validate(example["sections"]["line"]).wires == "private_line"
    supplies = [CustomerSpec.model_validate(one).supply for one in example["customers"].values()]
    assert supplies == [Supply.SPECIFIED_SUPPLY, Supply.SPECIFIED_TRANSMISSION_RETAIL]
