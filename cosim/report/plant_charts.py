"""Charts of plants and markets: state of charge, heat, prices."""

from __future__ import annotations

from cosim.report import plots, series
from cosim.report.chart import Chart, ChartSource, extremes_note, lines_of, pick_all
from cosim.report.series import Pick


def storage(source: ChartSource) -> Chart | None:
    """State of charge of batteries and tanks."""
    device = source.columns["device"]
    entries = [("soc", entry, columns) for entry, columns in series.by_entry(device, "soc").items()]
    entries += [("tank_soc", entry, columns) for entry, columns in series.by_entry(device, "tank_soc").items()]
    picks = {
        f"{entry} (tank)" if quantity == "tank_soc" else entry: Pick(columns, series.mean)
        for quantity, entry, columns in entries[: len(plots.LINES)]
    }
    chart = lines_of(source, "device", picks, 100.0, "%")
    if chart is None:
        return None
    figure, grouped = chart
    figure["layout"]["yaxis"]["range"] = [0, 100]
    caption = f"At the end of each step; mean over the units of an entry. {extremes_note(grouped)}"
    return Chart("storage", "State of charge", caption, figure)


def heat(source: ChartSource) -> Chart | None:
    """Heat asked for, and where it came from and went."""
    wanted = (
        ("heat_demand_mw", "demand"),
        ("heat_chp_mw", "engines"),
        ("heat_boiler_mw", "boiler"),
        ("heat_dumped_mw", "dumped"),
        ("heat_unserved_mw", "not served"),
    )
    device = source.columns["device"]
    picks: dict[str, Pick] = {}
    for quantity, name in wanted:
        picks |= pick_all(name, device, quantity, series.total)
    if not picks:
        return None
    chart = lines_of(source, "device", picks, None, "MW")
    if chart is None:
        return None
    figure, grouped = chart
    return Chart("heat", "Heat", f"All heat plants together. {extremes_note(grouped)}", figure)


def prices(source: ChartSource) -> Chart | None:
    """What a kWh from the grid and a kWh of fuel cost."""
    known = (("energy_price", "electricity at the meter"), ("fuel_price", "fuel (per kWh of heating value)"))
    picks: dict[str, Pick] = {}
    for quantity, name in known:
        labels = series.by_label(source.columns["inputs"], quantity)
        for label, column in list(labels.items())[:4]:
            picks[name if len(labels) == 1 else f"{name}, {label}"] = Pick((column,), series.total)
    if not picks:
        return None
    chart = lines_of(source, "inputs", picks, 1.0, f"{source.currency or '1'}/kWh")
    if chart is None:
        return None
    figure, grouped = chart
    return Chart("prices", "Prices", extremes_note(grouped), figure)
