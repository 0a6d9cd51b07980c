"""The planning band of every 6.6 kV node, from the taps of its pole transformers, and what an island is left with.

There is no statutory band at high voltage (facts.md 1.1): a node is right when every leg behind it is (planner.md 1.5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from cosim.findings import Severity
from cosim.limits.facts import NO_SECTION, LimitFacts, SectionFact
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.spec import VoltageLimits
from cosim.results.figures import Figure
from cosim.rules.checks import Breach
from grids.tap_windows import NodeWindow, Window, buses_behind, common, node_windows
from simulators.axis import HALF_HOUR_S

RULE_BAND = "voltage-mv-band"
RULE_EMPTY = "mv-band-empty"
RULE_ISLAND = "island-voltage-window"
WIDTH_V = "window_width_v"  # upper less lower bound; negative = nothing suits

_BAND = "planning band of the node's pole tap (柱上変圧器タップ)"
_DERIVED = "derived: tap with drop and rise of the pole's facts, facts.md 1.3 [A]"
_ASSUMED = "assumed: tap with a drop of 6 V and a rise of 2 V, facts.md 1.3 [A]"


def mv_band_limits(spec: VoltageLimits, facts: LimitFacts) -> Iterator[Limit]:
    """One limit per window, over the nodes that have it: information where the legs behind are judged themselves."""
    judged = {supply.bus for supply in facts.supplies}
    behind = {} if facts.low_voltage is None else buses_behind(facts.low_voltage)
    groups: dict[tuple[Bounds, Severity, str, str, SectionFact], list[str]] = defaultdict(list)
    for node in windows(spec, facts).values():
        if node.window.empty:
            continue
        base_v = 1000.0 * facts.bus_kv[node.bus]
        bounds = Bounds(node.window.lower_v / base_v, node.window.upper_v / base_v)
        known = all(not judged.isdisjoint(behind[pole]) for pole in node.poles)
        severity = Severity.INFORMATION if known else Severity.WARNING
        label = f"{_BAND} {_taps(node)}"
        section = facts.section_of_bus.get(node.bus, NO_SECTION)
        groups[bounds, severity, label, _certainty(node), section].append(f"bus:{node.bus}")
    for (bounds, severity, label, certainty, section), subjects in groups.items():
        yield Limit(
            id=RULE_BAND,
            quantity=Quantity.VM_PU,
            subjects=tuple(subjects),
            window_s=HALF_HOUR_S,
            bounds=bounds,
            section=section.name,
            responsible=section.responsible,
            label=label,
            certainty=certainty,
            severity=severity,
        )


def windows(spec: VoltageLimits, facts: LimitFacts) -> Mapping[str, NodeWindow]:
    """6.6 kV bus -> the line voltages its pole transformers allow; empty where nothing is known behind any."""
    if facts.low_voltage is None:
        return {}
    feeding = {bus for one in facts.generators for bus in one.buses}
    return node_windows(facts.low_voltage, (spec.lv_100_lower_v, spec.lv_100_upper_v), feeding)


def island_windows(spec: VoltageLimits, facts: LimitFacts) -> Mapping[str, Window]:
    """Section that may run alone -> what suits every node inside; sections without pole transformers are left out."""
    of_bus = windows(spec, facts)
    found = {}
    for section in facts.sections:
        inside = [of_bus[bus].window for bus in section.buses if bus in of_bus]
        if section.island != "none" and inside:
            found[section.name] = common(inside)
    return found


def island_window_figures(spec: VoltageLimits, facts: LimitFacts, members: int) -> Iterator[Figure]:
    """Lowest and highest 6.6 kV line voltage that suits every pole tap of an island, V, the same for all members."""
    for name, window in island_windows(spec, facts).items():
        for side, value in (("lower", window.lower_v), ("upper", window.upper_v)):
            yield Figure(f"section:{name}.island_window_{side}_v", np.full(members, value), "V")


def tap_breaches(spec: VoltageLimits, facts: LimitFacts) -> Iterator[Breach]:
    """Nodes and islands no voltage suits: known before anything runs."""
    of_bus = windows(spec, facts)
    for node in of_bus.values():
        if node.window.empty:
            staggered = len(node.taps_v) > 1
            hint = "re-tap: the pole transformers of a node need neighbouring taps" if staggered else _LESS
            section = facts.section_of_bus.get(node.bus, NO_SECTION).name
            label = f"no 6.6 kV voltage suits the node's pole tap (柱上変圧器タップ) {_taps(node)}"
            yield _nothing_suits(RULE_EMPTY, f"bus:{node.bus}", section, node.window, label, _certainty(node), hint)
    for name, window in island_windows(spec, facts).items():
        if window.empty:
            inside = [of_bus[bus] for bus in facts.section_by_name[name].buses if bus in of_bus]
            taps = sorted({tap for node in inside for tap in node.taps_v}, reverse=True)
            label = f"no voltage of the island suits all its pole taps ({', '.join(f'{tap:g}' for tap in taps)} V)"
            certainty = _ASSUMED if any(node.assumed for node in inside) else _DERIVED
            hint = "re-tap before islanding (自立運転前のタップ変更), or bring drop and rise in the island down"
            yield _nothing_suits(RULE_ISLAND, f"section:{name}", name, window, label, certainty, hint)


_LESS = "no tap helps: drop and rise together exceed the band; shorten the mains or spread what hangs on them"


def _nothing_suits(
    rule: str, subject: str, section: str, window: Window, label: str, certainty: str, hint: str
) -> Breach:
    said = f"{label}: at least {window.lower_v:.0f} and at most {window.upper_v:.0f} V"
    width = window.upper_v - window.lower_v
    return Breach(rule, subject, section, said, certainty, hint, Severity.WARNING, WIDTH_V, width, 0.0, "V")


def _taps(node: NodeWindow) -> str:
    return f"{', '.join(f'{tap:g}' for tap in node.taps_v)} V"


def _certainty(node: NodeWindow) -> str:
    return _ASSUMED if node.assumed else _DERIVED
