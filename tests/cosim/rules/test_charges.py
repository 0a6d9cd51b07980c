"""Which charges apply follows from supply relation and wires (facts.md 3.1)."""

import pytest

from cosim.rules.charges import Charge, charges_of
from cosim.rules.facts import Arrangement
from cosim.rules.terms import Party, Supply, Wires
from tests.cosim.rules.arrangements import arrangement, with_customer, with_section


def rows(facts: Arrangement):
    return {row.charge: row for row in charges_of(facts, facts.customers[0])}


def applying(facts: Arrangement):
    return {charge for charge, row in rows(facts).items() if row.applies}


BILL = {Charge.BASE, Charge.ENERGY, Charge.FUEL_ADJUSTMENT, Charge.LEVY}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("self_consumption", BILL),
        ("specified_supply", {Charge.STANDBY, Charge.OWN_PRICE}),
        ("specified_transmission", {Charge.LEVY, Charge.IMBALANCE, Charge.OWN_PRICE}),
        ("self_wheeling", BILL | {Charge.WHEELING, Charge.IMBALANCE}),
        ("existing_line_microgrid", BILL | {Charge.WHEELING, Charge.IMBALANCE}),
        ("distribution_licence", BILL | {Charge.WHEELING, Charge.IMBALANCE, Charge.UPSTREAM}),
    ],
)
def test_each_form_has_its_charges(form, expected):
    assert applying(arrangement(form)) == expected


@pytest.mark.parametrize("form", ["self_consumption", "specified_supply", "self_wheeling", "distribution_licence"])
def test_every_charge_is_answered_with_a_reason_and_a_mark(form):
    found = rows(arrangement(form))
    assert list(found) == list(Charge)
    for row in found.values():
        assert row.why
        assert row.certainty.partition(":")[0] in {"sourced", "derived", "assumed"}
        assert (row.basis is not None) == row.applies == bool(row.payer)


def test_a_licensee_pays_upstream_and_its_customers_pay_its_own_wheeling():
    found = rows(arrangement("distribution_licence"))
    assert found[Charge.UPSTREAM].payer == Party.LICENSEE
    assert "licensee" in found[Charge.WHEELING].why
    assert "licensee" not in rows(arrangement("existing_line_microgrid"))[Charge.WHEELING].why


def test_a_retailers_customer_on_a_specified_operators_wires_pays_the_operator():
    facts = with_customer(arrangement("specified_transmission"), supply=Supply.RETAIL)
    assert "specified operator" in rows(facts)[Charge.WHEELING].why


def test_what_is_wheeled_bears_no_levy_and_what_is_bought_does():
    found = rows(arrangement("self_wheeling"))
    assert found[Charge.LEVY].basis == "purchased_mwh"
    assert found[Charge.WHEELING].basis == "wheeled_mwh"


def test_behind_a_meter_in_a_licence_area_nothing_of_the_licensee_is_billed():
    facts = with_section(arrangement("self_consumption"), wires=Wires.DISTRIBUTION_LICENCE)
    assert applying(facts) == BILL
