"""The page of the forms' scenarios says what the register, the scenarios and the runs say."""

import re
from pathlib import Path

import pytest

from cosim.rules.register import RULES
from cosim.run import RunOptions, build, execute
from cosim.scenario.bundled import ids, source
from cosim.scenario.loading import find_source, read_document
from cosim.scenario.tree import plain
from cosim.scenario.validation import load_scenario

PAGE = (Path(__file__).parents[2] / "docs" / "forms-scenarios.md").read_text(encoding="utf-8")
LETTERS = "abcdef"
IDS = {name.split("-")[1]: name for name in ids() if name.startswith("forms-")}
WORKS_V = 210.0


def rows(head):
    """Cells of the table whose first column is called `head`, without backticks."""
    _, _, below = PAGE.partition(f"\n| {head} |")
    lines = [line for line in below.partition("\n\n")[0].splitlines()[2:] if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def letters_of(severity):
    return {"violation": "V", "warning": "W", "information": "I"}[severity]


def test_the_table_of_rules_is_the_register_and_what_the_variants_expect():
    documents = {letter: read_document(find_source(name)) for letter, name in IDS.items()}

    def mark(rule, letter):
        if letter not in rule.forms:
            return ""
        tree = plain(documents[letter].resolved(f"breaks-{rule.id}"))
        (finding,) = tree["expect"]["findings"]
        return letters_of(finding["severity"])

    bound = [rule for rule in RULES.values() if rule.forms]
    assert rows("rule") == [[rule.id, *(mark(rule, letter) for letter in LETTERS)] for rule in bound]


def test_every_scenario_is_on_the_page():
    assert [row[0] for row in rows("id")] == [IDS[letter] for letter in LETTERS]


def test_what_the_page_says_of_the_town_is_in_its_file():
    tree = plain(read_document(source("town")).resolved())
    devices = tree["devices"]
    told = "PV 60 kW, two gas engines of 25 kW and a battery of 50 kW, 100 kWh"
    assert told in PAGE
    assert devices["site-pv"]["power_kw"] == 60
    assert (devices["engines"]["count"], devices["engines"]["power_kw"]) == (2, 25)
    assert (devices["battery"]["power_kw"], devices["battery"]["capacity_kwh"]) == (50, 100)


def test_variants_named_on_the_page_exist():
    for name, variant in re.findall(r"cosim run (\S+) --variant (\S+)", PAGE):
        assert variant in read_document(find_source(name)).variants


@pytest.mark.slow
@pytest.mark.parametrize("told", rows("form"), ids=lambda row: row[0])
def test_one_cable_is_judged_as_the_page_says(told, tmp_path):
    letter, voltage, rule, severity, answers = told
    options = RunOptions(variant=f"breaks-{rule}", threads=1, quiet=True, report=False)
    loaded = load_scenario(IDS[letter], variant=options.variant)
    (finding,) = (one for one in execute(loaded, build(loaded, options), tmp_path, options) if one.rule == rule)
    assert (finding.subject, finding.severity, finding.responsible) == ("bus:works", severity, answers)
    assert f"{finding.value * WORKS_V:.1f} V" == voltage
