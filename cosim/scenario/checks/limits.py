"""Checks of limits: what they name exists, and a customer's supply fits the base of its buses."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.errors import Problem
from cosim.limits.facts import SupplyVoltage
from cosim.limits.voltage import japanese_legs
from cosim.scenario.checks.connections import unknown
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.rules import rule
from cosim.scenario.view import View

_LEGS_NEEDED = {SupplyVoltage.LV_100: (1, 2), SupplyVoltage.LV_200: (2,)}


@rule("elements of limits", "grid", "limits")
def limit_elements(view: View) -> Iterator[Problem]:
    """Elements with a limit of their own exist."""
    limits = view.parts.values.get("limits")
    if limits is None:
        return
    known = view.branch_names()
    trafos = [subject.partition(":")[2] for subject in known if subject.startswith("trafo:")]
    for key in ("loading_percent", "short_time_percent"):
        for subject in getattr(limits, key):
            if subject not in known:
                yield unknown(view, ("limits", key, subject), "line or transformer", subject, known)
    for subject, percent in limits.short_time_percent.items():
        lasting = limits.loading_percent.get(subject)
        if lasting is not None and percent < lasting:
            given = f"{percent:g} %, loading_percent {lasting:g} %"
            hint = "a short time may carry more than half an hour, not less"
            yield view.problem(("limits", "short_time_percent", subject), "is too low", given=given, hint=hint)
    for position, name in enumerate(limits.pole_trafos):
        if name not in trafos:
            yield unknown(view, ("limits", "pole_trafos", position), "transformer", name, trafos)


@rule(
    "net export of a section",
    "boundaries.*.export_limit_kw",
    "boundaries.*.into",
    "boundaries.*.kind",
    about=("export_limit_kw",),
)
def section_export(view: View, name: str) -> Iterator[Problem]:
    """The net export of a section is that of all its ends: one boundary of several would judge what flows through."""
    spec = view.boundaries[name]
    if spec.kind is not BoundaryKind.SECTION or spec.export_limit_kw is None:
        return
    for other, one in view.boundaries.items():
        if other == name or not all(view.parts.usable(("boundaries", other, key)) for key in ("kind", "into")):
            continue
        if one.kind is BoundaryKind.SECTION and one.into == spec.into:
            message = f"would judge what flows through: boundaries.{other} leads into section {spec.into} as well"
            hint = "name the ends of both in one boundary"
            yield view.problem(("boundaries", name, "export_limit_kw"), message, hint=hint)
            return


@rule("voltage of a customer", "grid", "customers.*.voltage", "customers.*.buses", about=("voltage",))
def customer_voltage(view: View, name: str) -> Iterator[Problem]:
    """A 100 V or 200 V supply stands on a Japanese low-voltage base: its band is owed nowhere else."""
    customer = view.customers[name]
    needed = _LEGS_NEEDED.get(customer.voltage)
    if needed is None:
        return
    bases = view.bus_bases()
    for bus in customer.buses:
        if bus in bases and japanese_legs(bases[bus]) not in needed:
            hint = "choose a bus of 0.21 kV, or another voltage (high_voltage, premises, other)"
            message = f"{customer.voltage.value} cannot stand at bus {bus} of {bases[bus]:g} kV"
            yield view.problem(("customers", name, "voltage"), message, hint=hint)
            return
