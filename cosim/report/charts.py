"""The charts of a run: which there are follows from the series it kept."""

from __future__ import annotations

from collections.abc import Callable

from cosim.report.chart import Chart, ChartSource
from cosim.report.plant_charts import heat, prices, storage
from cosim.report.power_charts import curtailment, power_balance
from cosim.report.wire_charts import boundary_flows, loading_duration, voltage_bands


def charts(source: ChartSource) -> list[Chart]:
    """Every chart the run has series for, in reading order."""
    makers: tuple[Callable[[ChartSource], Chart | None], ...] = (
        power_balance,
        curtailment,
        voltage_bands,
        loading_duration,
        boundary_flows,
        storage,
        heat,
        prices,
    )
    return [chart for make in makers if (chart := make(source)) is not None]
