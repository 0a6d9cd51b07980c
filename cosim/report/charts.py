"""The charts of a run: which there are follows from the series it kept."""

from __future__ import annotations

from collections.abc import Callable

from cosim.report.band_charts import boundary_fans, distributions, loading_fans, storage_fans, voltage_fans
from cosim.report.chart import Chart, ChartSource
from cosim.report.members import Members
from cosim.report.network_charts import network_charts
from cosim.report.plant_charts import heat, prices, storage
from cosim.report.power_charts import curtailment, power_balance
from cosim.report.wire_charts import boundary_flows, loading_duration, tap_positions, voltage_bands


def charts(source: ChartSource, members: Members) -> list[Chart]:
    """Every chart the run has series for, in reading order; of an ensemble first what its members say together."""
    of_members = (voltage_fans, loading_fans, boundary_fans, storage_fans) if members.count > 1 else ()
    spread = [distributions(members)] if members.count > 1 and source.folder.complete else []
    of_power: tuple[Callable[[ChartSource], Chart | None], ...] = (power_balance, curtailment)
    of_wires: tuple[Callable[[ChartSource], Chart | None], ...] = (
        voltage_bands,
        tap_positions,
        loading_duration,
        boundary_flows,
        storage,
        heat,
        prices,
    )
    drawn = [
        *spread,
        *(make(source) for make in (*of_members, *of_power)),
        *network_charts(source, members.count),
        *(make(source) for make in of_wires),
    ]
    return [chart for chart in drawn if chart is not None]
