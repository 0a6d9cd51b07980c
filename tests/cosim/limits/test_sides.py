"""Hours above and below a band are told apart, also at one place, in steps, half hours and members."""

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.monitor import Monitor

BAND = Limit("band", Quantity.VM_PU, ("bus:lv",), 1800, Bounds(0.95, 1.05), "", "", "", "assumed", Severity.VIOLATION)


def volts(*values):
    return [{"vm_pu": np.array([1, 1, 1, 1, value]) if np.ndim(value) == 0 else value} for value in values]


def found(toy, steps):
    return {finding.id: finding for finding in toy.feed(Monitor([BAND]), steps).findings()}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_place_that_breaches_both_sides_keeps_their_hours_apart(toy, size):
    one = toy(duration_s=5400)
    steps = volts(1.06, 1.06, 0.90, 0.94, 1.055, 1.056)
    finding = {each.id: each for each in one.feed(Monitor([BAND]), steps, size=size).findings()}["band|bus:lv"]
    assert (finding.hours, finding.hours_above) == (1.5, 1.0)
    assert finding.value == pytest.approx(0.92)  # the worst half hour, below
    assert finding.limit == 0.95


def test_excursions_have_sides_as_well(toy):
    finding = found(toy(duration_s=1800), volts(1.06, 0.90))["band-excursion|bus:lv"]
    assert (finding.hours, finding.hours_above) == (0.5, 0.25)


@pytest.mark.parametrize(("value", "above"), [(1.06, 0.5), (0.9, 0.0)])
def test_one_side_only(toy, value, above):
    assert found(toy(duration_s=1800), volts(value, value))["band|bus:lv"].hours_above == above


def test_of_an_ensemble_both_are_means_over_the_members_that_breach(toy):
    members = np.array([[1, 1, 1, 1, 1.06], [1, 1, 1, 1, 0.90], [1, 1, 1, 1, 1.0]])
    finding = found(toy(duration_s=1800, members=3), volts(members, members))["band|bus:lv"]
    assert (finding.hours, finding.hours_above, finding.members) == (0.5, 0.25, 2)


def test_a_rule_without_bounds_has_no_sides(toy):
    steps = [{"converged": False}] * 2
    assert found(toy(duration_s=1800), steps)["convergence|grid:network"].hours_above is None
