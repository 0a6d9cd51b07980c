"""Charts of power: what supplied the network and what was curtailed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cosim.report import plots, series
from cosim.report.chart import (
    ENGINES,
    KILO_BELOW_MW,
    SOURCES,
    STORAGE,
    Chart,
    ChartSource,
    held,
    largest,
    means_note,
    pick_all,
)
from cosim.report.series import Pick
from cosim.report.texts import Scale, scale_for
from cosim.report.thinning import area_buckets
from grids.arrays import FloatArray

MOST_LAYERS = 6  # entries of a role with a colour of their own; the rest is one layer


_COLORS = {
    SOURCES: ("#e69f00", "#f0c75e", "#c98500", "#f6dfa4", "#b37400", "#ffd27f"),
    ENGINES: ("#b5533c", "#d98872", "#8c3a27", "#e8b5a7", "#702c1d", "#c96f58"),
    STORAGE: ("#009e73", "#66c5ab", "#007a59", "#a3dccd", "#005c43", "#33b18f"),
}


_ROLE_ORDER = (ENGINES, SOURCES, STORAGE)


def power_balance(source: ChartSource) -> Chart | None:
    """Supply stacked upwards; charging, export and losses downwards; the difference is the load that was served."""
    feeding = source.read("boundary", dict(_picks_of_feeding(source)))
    devices = source.read("device", dict(_picks_of_devices(source)))
    loads = source.read("inputs", pick_all("load", source.columns["inputs"], "p_served_mw", series.total))
    groups = [group for group in (feeding, devices, loads) if group.values]
    if not groups:
        return None
    steps = min(group.steps for group in groups)
    if steps == 0:
        return None
    shown = groups[0].first(steps)
    grouped = area_buckets(shown.t_s)
    x = source.times(shown).edges(grouped)
    values = {
        key: grouped.mean(curve[:steps], shown.dt_s.astype(np.float64))
        for group in groups
        for key, curve in group.values.items()
    }
    unit = scale_for([largest(values)], "MW", KILO_BELOW_MW)
    traces = list(_balance_traces(values, x, unit))
    what = "Above zero what supplies, below zero charging, export and losses; the line is the load that was served."
    return Chart("power", "Power balance", f"{what} {means_note(grouped)}", plots.figure(traces, unit.unit))


def _picks_of_feeding(source: ChartSource) -> Iterator[tuple[str, Pick]]:
    columns = source.columns["boundary"]
    feeding = tuple(column for label, column in series.by_label(columns, "p_mw").items() if label.startswith("source:"))
    if feeding:
        yield "import", Pick(feeding, series.giving)
        yield "export", Pick(feeding, series.taking)
    fixtures = tuple(series.by_label(columns, "p_fixture_mw").values())  # load sign
    if fixtures:
        yield "fixture generation", Pick(fixtures, series.taking)
        yield "fixtures", Pick(fixtures, series.giving)
    if "losses_mw|grid" in columns:
        yield "losses", Pick(("losses_mw|grid",), series.total)


def _picks_of_devices(source: ChartSource) -> Iterator[tuple[str, Pick]]:
    """One curve an entry (`role/entry`), the last ones of a long list together; charging and own use."""
    entries = series.by_entry(source.columns["device"], "p_mw")
    for role in _ROLE_ORDER:
        names = [entry for entry in entries if source.roles[entry] == role]
        named = names if len(names) <= MOST_LAYERS else names[: MOST_LAYERS - 1]
        for entry in named:
            yield f"{role}/{entry}", Pick(entries[entry], series.giving)
        rest = tuple(column for entry in names[len(named) :] for column in entries[entry])
        if rest:
            yield f"{role}/{len(names) - len(named)} more", Pick(rest, series.giving)
    every = tuple(column for columns in entries.values() for column in columns)
    if every:
        yield "charging", Pick(every, series.taking)


def _balance_traces(values: Mapping[str, FloatArray], x: Sequence[str], unit: Scale) -> Iterator[plots.Trace]:
    def layer(name: str, key: str, color: str, sign: float) -> Iterator[plots.Trace]:
        if key in values and np.nanmax(np.abs(values[key]), initial=0.0) > 0.0:
            stack = "supply" if sign > 0 else "use"
            yield plots.area(name, x, held(sign * unit.factor * values[key]), color, stack)

    yield from layer("import", "import", "#b8c0c8", 1.0)
    for role in _ROLE_ORDER:
        keys = [key for key in values if key.startswith(f"{role}/")]
        for key, color in zip(keys, _COLORS[role], strict=False):
            name = key.partition("/")[2]
            yield from layer(f"{name} (discharge)" if role == STORAGE else name, key, color, 1.0)
    yield from layer("generators of the network", "fixture generation", "#d8dde2", 1.0)
    yield from layer("charging, own use", "charging", "#56b4e9", -1.0)
    yield from layer("shunts and the like", "fixtures", "#8a94a0", -1.0)
    yield from layer("export", "export", "#cc79a7", -1.0)
    yield from layer("losses", "losses", "#6b7785", -1.0)
    if "load" in values:
        yield plots.line("load served", x, held(unit.factor * values["load"]), plots.INK, width=2.0)


def curtailment(source: ChartSource) -> Chart | None:
    """What generation could have given and what it gave; only where the two differ."""
    device = source.columns["device"]
    available = series.by_entry(device, "p_available_mw")
    realised = {entry: columns for entry, columns in series.by_entry(device, "p_mw").items() if entry in available}
    if not realised:
        return None
    picks = {
        "available": Pick(tuple(column for entry in realised for column in available[entry]), series.total),
        "realised": Pick(tuple(column for columns in realised.values() for column in columns), series.giving),
    }
    curves = source.read("device", picks)
    missing = curves.values["available"] - curves.values["realised"]
    highest = float(np.nanmax(curves.values["available"], initial=0.0))
    if not curves.steps or np.nanmax(missing, initial=0.0) <= 1e-5 * highest:
        return None
    grouped = area_buckets(curves.t_s)
    x, dt_s = source.times(curves).edges(grouped), curves.dt_s.astype(np.float64)
    unit = scale_for([highest], "MW", KILO_BELOW_MW)
    low, high = (held(unit.factor * grouped.mean(curves.values[key], dt_s)) for key in ("realised", "available"))
    traces = [
        plots.area("used", x, low, "#e69f00", "used"),
        plots.line("available", x, high, plots.RED, dash="dot"),
    ]
    caption = f"The gap between the two is curtailed; by reason in the table of energies. {means_note(grouped)}"
    return Chart("curtailment", "Generation available and used", caption, plots.figure(traces, unit.unit))
