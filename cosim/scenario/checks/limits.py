"""Checks of limits: what they name exists, and a customer's supply fits the base of its buses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from cosim.errors import Problem
from cosim.limits.facts import SupplyVoltage
from cosim.limits.voltage import japanese_legs
from cosim.scenario.checks.connections import unknown
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.rules import rule
from cosim.scenario.view import View

_HIGH_VOLTAGE_KV = (3.3, 6.6)
_LOW_KW, _HIGH_KW = 50.0, 2000.0  # contract powers stay below (facts.md 2.1 [U])
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


@rule("contract power fits the voltage", "grid", "boundaries.*.kind", "boundaries.*.at", about=("contract_kw",))
def contract_power(view: View, name: str) -> Iterator[Problem]:
    """A contract beyond what its voltage takes in Japan is rather watts than a contract; a warning."""
    from grids.boundaries import bus_at, resolve_end  # noqa: PLC0415 - only with an opened network

    spec = view.boundaries[name]
    if spec.kind is not BoundaryKind.PCC or spec.contract_kw is None:
        return
    index = view.network.grid.index
    where = resolve_end(spec.at[0], index)
    if isinstance(where, str):
        return  # told by what cuts the sections
    vn_kv = float(index.bus_vn_kv[bus_at(index, where)])
    high = any(math.isclose(vn_kv, kv) for kv in _HIGH_VOLTAGE_KV)
    if not high and japanese_legs(vn_kv) is None:
        return
    below_kw = _HIGH_KW if high else _LOW_KW
    if spec.contract_kw >= below_kw:
        message = f"is not below {below_kw:g} kW, as contracts at {vn_kv:g} kV are (assumed: facts.md 2.1 [U])"
        given, hint = f"{spec.contract_kw:g} kW", "contract_kw is in kW"
        problem = view.problem(("boundaries", name, "contract_kw"), message, given=given, hint=hint)
        yield replace(problem, warning=True)


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
