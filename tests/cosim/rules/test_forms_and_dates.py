"""Forms as presets of wires and supply, and numbers of the law on both sides of the day they changed."""

from datetime import date, timedelta

import pytest

from cosim.rules import dated
from cosim.rules.dated import Dated
from cosim.rules.forms import FORMS, SUPPLY_ON_WIRES, form_of
from cosim.rules.terms import IslandArrangement, Relation, Supply, Wires

DAY = timedelta(days=1)


@pytest.mark.parametrize("form", [form for form in FORMS.values() if form.letter != "g"], ids=lambda form: form.letter)
def test_a_preset_means_itself(form):
    assert form_of(form.wires, form.island, form.supply) is form
    assert form.supply in SUPPLY_ON_WIRES[form.wires]


def test_the_six_forms_and_the_old_one_have_their_letters():
    assert "".join(form.letter for form in FORMS.values()) == "abcdefg"


def test_behind_one_meter_it_is_self_consumption_whatever_lies_outside():
    for wires in Wires:
        assert form_of(wires, IslandArrangement.NONE, Supply.OWN) is FORMS["self_consumption"]


def test_plain_retail_over_a_utilitys_wires_is_no_form():
    assert form_of(Wires.GENERAL_UTILITY, IslandArrangement.NONE, Supply.RETAIL) is None


def test_one_private_line_carries_two_relations():
    """Mutsuzawa: the station under specified supply, the homes under specified transmission (planner.md 1.2)."""
    assert {Supply.SPECIFIED_SUPPLY, Supply.SPECIFIED_TRANSMISSION_RETAIL} <= SUPPLY_ON_WIRES[Wires.PRIVATE_LINE]


@pytest.mark.parametrize(
    ("law", "day", "before", "since"),
    [
        (dated.OWN_SUPPLY_SHARE, date(2012, 4, 1), 1.0, 0.5),
        (dated.OWN_SUPPLY_COUNTS_STORED, date(2014, 4, 1), False, True),
        (dated.OWN_SUPPLY_COUNTS_CONTRACTS, date(2014, 4, 1), False, True),
        (dated.SELF_WHEELING_OWN_PLANT_ONLY, date(2024, 2, 12), False, True),
        (dated.BANK_REVERSE_ALLOWED, date(2013, 5, 31), False, True),
    ],
)
def test_a_rule_changes_on_its_day(law, day, before, since):
    assert (law.at(day - DAY), law.at(day)) == (before, since)


@pytest.mark.parametrize(
    ("relations", "day"),
    [(dated.SPECIFIED_SUPPLY_RELATIONS, date(2013, 1, 1)), (dated.SELF_WHEELING_RELATIONS, date(2021, 11, 18))],
)
def test_unions_came_later(relations, day):
    assert Relation.UNION not in relations.at(day - DAY)
    assert relations.at(day) == relations.at(day - DAY) | {Relation.UNION}


def test_before_the_first_day_nothing_holds():
    assert Dated(((date(2000, 1, 1), 3),), "").at(date(1999, 12, 31)) is None


def test_studies_are_judged_by_the_youngest_change_unless_they_say_otherwise():
    days = [day for law in vars(dated).values() if isinstance(law, Dated) for day, _ in law.steps]
    days += [form.since for form in FORMS.values()]
    assert max(days) <= dated.LATEST
