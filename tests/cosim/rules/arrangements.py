"""Arrangements of facts for tests of rules: one section with one customer, and what a test changes in them."""

from dataclasses import replace
from datetime import date
from typing import Any

from cosim.rules.facts import Arrangement, BoundaryFact, CustomerFact, PlantFact, SectionFact, WheelingFact
from cosim.rules.forms import FORMS
from cosim.rules.terms import Mode, Party, Permit, Relation

NOW = date(2026, 4, 1)
TOWN, HOME = "town", "home"
EVERYBODY = frozenset({Party.MUNICIPALITY, Party.OWNER, Party.MICROGRID_OPERATOR})


def section(form: str, **given: Any) -> SectionFact:
    """A section of a form, with everything it needs."""
    known = FORMS[form]
    kept = {"permits": known.permits, "consortium": EVERYBODY, "form": known} | given
    return SectionFact(TOWN, given.pop("wires", known.wires), given.pop("island", known.island), **_without(kept))


def _without(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in {"wires", "island"}}


def arrangement(form: str, as_of: date = NOW, **given: Any) -> Arrangement:
    """One section of a form and one customer in it that keeps every rule."""
    known = FORMS[form]
    customer = CustomerFact(HOME, known.supply, Relation.SAME_OWNER, TOWN, (0,))
    edge = (BoundaryFact("edge", "section", TOWN, 500.0),)
    return replace(Arrangement(as_of, (section(form),), (customer,), boundaries=edge), **given)


def with_section(facts: Arrangement, **changed: Any) -> Arrangement:
    """The same with another section."""
    return replace(facts, sections=(replace(facts.sections[0], **changed),))


def with_customer(facts: Arrangement, **changed: Any) -> Arrangement:
    """The same with another customer."""
    return replace(facts, customers=(replace(facts.customers[0], **changed),))


def wheeled(facts: Arrangement, plant: dict[str, Any] | None = None, **changed: Any) -> Arrangement:
    """The same with a plant that wheels to the customer."""
    roof = replace(PlantFact("roof", "pv", "source", "", 50.0), **(plant or {}))
    way = replace(WheelingFact("way", ("roof",), HOME, 4.0, new_plant=True, user_owned=True), **changed)
    return replace(facts, plants=(roof,), wheeling=(way,))


__all__ = ["EVERYBODY", "HOME", "NOW", "TOWN", "Mode", "Permit", "arrangement", "section", "wheeled", "with_customer",
           "with_section"]  # fmt: skip
