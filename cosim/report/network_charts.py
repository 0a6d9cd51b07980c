"""Charts drawn on the network itself: the feeder map, and voltage over distance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cosim.report.bus_bands import bus_bands, leg_band, voltage_spec
from cosim.report.chart import Chart, ChartSource
from cosim.report.feeder_map import feeder_map
from cosim.report.layout import lay_out
from cosim.report.map_source import MapSource
from cosim.report.voltage_profile import ProfileSource, voltage_profiles
from cosim.report.wires import read_wires
from cosim.report.worst_values import legs_behind, read_worst
from cosim.results.feeder_facts import read_feeder_facts


def network_charts(source: ChartSource, members: int) -> Iterator[Chart]:
    """The map, then a chart a voltage level; nothing where the run has not come to its end.

    Args:
        source: the run.
        members: how many there were.
    """
    wires, worst = read_wires(source.folder.path), read_worst(source.folder.worst())
    if wires is None or worst is None or not worst.lowest:
        return
    facts, spec = read_feeder_facts(source.folder.path), voltage_spec(source.scenario)
    poles = facts.low_voltage.poles if facts.low_voltage is not None else ()
    bands = bus_bands(wires, source.limits, poles, spec)
    regulated = frozenset(one.trafo for one in facts.regulators.values())
    legs, ends = leg_band(spec), _ends(source.scenario)
    if facts.low_voltage is not None:
        worst = replace(worst, legs=legs_behind(worst.legs, facts.low_voltage))
    yield feeder_map(MapSource(wires, worst, bands, legs, lay_out(wires), ends, regulated, members))
    yield from voltage_profiles(ProfileSource(wires, worst, bands, legs, facts.low_voltage, spec, members))


def _ends(scenario: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Boundary -> the branch ends it is measured at."""
    return {str(name): tuple(one.get("at") or ()) for name, one in (scenario.get("boundaries") or {}).items()}
