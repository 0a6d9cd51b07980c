"""The series of what a finding judges: by its quantity, or by the relay, group or wheeling it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cosim.explain.wanted_column import KW, Join, Wanted

MOST_PLANTS = 4
Part = Mapping[str, Any]


def judged(finding: Part, scenario: Part) -> Iterator[Wanted]:
    """Columns of the judged quantity.

    Args:
        finding: the finding.
        scenario: the resolved scenario, as plain data.
    """
    kind, _, name = str(finding["subject"]).partition(":")
    match kind:
        case "relay":
            yield from _relay(finding, _entry(scenario, "relays", name), scenario)
        case "wheeling":
            yield from _wheeling(name, _entry(scenario, "self_wheeling", name), scenario)
        case "balancing":
            yield from _group(name, _entry(scenario, "balancing", name), scenario)
        case _:
            yield from _quantity(finding, kind, name, scenario)


def _quantity(finding: Part, kind: str, name: str, scenario: Part) -> Iterator[Wanted]:
    subject = str(finding["subject"])
    match str(finding["quantity"]):
        case "vm_pu" if kind == "bus":
            yield Wanted(name, "pu", "bus", (f"vm_pu|{name}",))
        case "leg_v":
            yield Wanted(name, "V", "supply", (f"leg_v|{subject}",))
        case "line_v" | "leg_unbalance_percent":
            for leg in ("a", "b"):
                yield Wanted(f"{name} leg {leg}", "V", "supply", (f"leg_v|{subject}@{leg}",))
        case "loading_percent":
            yield Wanted(name, "%", "branch", (f"loading_percent|{subject}",))
        case "reverse_kw":
            yield Wanted(f"{name} reverse", "kW", "boundary", (f"p_mw|{subject}",), factor=-KW)
        case "export_kw" | "non_fit_export_kw" as quantity:
            yield _export(name)
            yield from _plants(_under_fit(scenario) if quantity == "non_fit_export_kw" else (), "FIT")
        case "import_kw" | "net_import_kw":
            yield _import(name)
        case "power_factor" | "leading_kvar":
            yield _import(name)
            yield Wanted(f"{name} reactive", "kvar", "boundary", (f"q_mvar|{name}",), factor=KW)
        case _ if kind == "regulator":
            for one in name.split("+"):
                yield Wanted(f"tap {one}", "", "regulator", (f"tap_pos|{one}",), Join.LAST)


def _relay(finding: Part, relay: Part, scenario: Part) -> Iterator[Wanted]:
    """What the relay measures (no series holds a frequency), and what it takes off."""
    trips = [str(name) for name in relay.get("trips") or ()]
    at = relay.get("at")
    match str(finding["quantity"]):
        case "export_kw" if at:
            yield _export(str(at))
        case "net_import_kw" if at:
            yield _import(str(at))
        case "voltage_percent":
            own = [_buses(_entry(scenario, "devices", name)) for name in trips]
            buses = [str(at)] if at else list(dict.fromkeys(bus for each in own for bus in each))
            over = relay.get("kind") == "over-voltage"
            words = buses[0] if len(buses) == 1 else f"{'highest' if over else 'lowest'} at its devices"
            if buses:
                join = Join.HIGHEST if over else Join.LOWEST
                yield Wanted(words, "pu", "bus", tuple(f"vm_pu|{bus}" for bus in buses), join)
    yield from _plants(trips)


def _wheeling(name: str, way: Part, scenario: Part) -> Iterator[Wanted]:
    """What arrives of the plants after the losses, and what the destination uses."""
    from cosim.scenario.keys.arrangement import SelfWheelingSpec  # noqa: PLC0415 - pydantic

    loss = way.get("loss_percent")
    loss_percent = SelfWheelingSpec.model_fields["loss_percent"].default if loss is None else loss
    plants = tuple(f"p_mw|{one}" for one in way.get("devices") or ())
    if plants:
        yield Wanted(f"{name} arriving", "kW", "device", plants, factor=KW * (1.0 - float(loss_percent) / 100.0))
    yield from _demand(f"{way.get('customer')} served", [str(way.get("customer"))], scenario)


def _group(name: str, group: Part, scenario: Part) -> Iterator[Wanted]:
    """Demand and generation that are planned; plans themselves are in no series."""
    yield from _demand(f"{name} demand", [str(one) for one in group.get("customers") or ()], scenario)
    plants = tuple(f"p_mw|{one}" for one in group.get("devices") or ())
    if plants:
        yield Wanted(f"{name} generation", "kW", "device", plants, factor=KW)


def _demand(words: str, customers: Iterable[str], scenario: Part) -> Iterator[Wanted]:
    names = tuple(f"p_served_mw|load:{load}" for customer in customers for load in _loads(customer, scenario))
    if names:
        yield Wanted(words, "kW", "inputs", names, factor=KW)


def _loads(customer: str, scenario: Part) -> Iterator[str]:
    """Load entries of a customer, or their units: those it names, else those at its buses that nobody names."""
    spec, customers = _entry(scenario, "customers", customer), scenario.get("customers") or {}
    if spec.get("loads"):
        yield from map(str, spec["loads"])
        return
    taken = {load for other in customers.values() for load in other.get("loads") or ()}
    for name, entry in (scenario.get("loads") or {}).items():
        buses = _buses(entry)
        here = [bus in (spec.get("buses") or ()) for bus in buses]
        if name in taken or not any(here):
            continue
        yield from (name,) if all(here) else (f"{name}[{at}]" for at, inside in enumerate(here) if inside)


def _plants(names: Iterable[str], mark: str = "") -> Iterator[Wanted]:
    for name in list(names)[:MOST_PLANTS]:
        yield Wanted(f"{name} {mark}".rstrip(), "kW", "device", (f"p_mw|{name}",), factor=KW)


def _under_fit(scenario: Part) -> list[str]:
    return [name for name, entry in (scenario.get("devices") or {}).items() if entry.get("scheme") == "fit"]


def _export(boundary: str) -> Wanted:
    return Wanted(f"{boundary} export", "kW", "boundary", (f"p_mw|{boundary}",), factor=-KW)


def _import(boundary: str) -> Wanted:
    return Wanted(f"{boundary} import", "kW", "boundary", (f"p_mw|{boundary}",), factor=KW)


def _buses(entry: Part) -> list[str]:
    return [str(entry["bus"])] if entry.get("bus") else [str(bus) for bus in entry.get("buses") or ()]


def _entry(scenario: Part, key: str, name: str) -> Part:
    return (scenario.get(key) or {}).get(name) or {}
