"""What the colours of buses mean on the feeder map: the place in their band, or per unit around nominal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cosim.report import plots
from cosim.report.map_buses import drawn_buses, worst_place
from cosim.report.map_source import MapSource

# low is blue, high is red, the middle pale: told apart with any colour vision
VOLTAGE_SCALE = ((0.0, "#08306b"), (0.12, "#2171b5"), (0.3, "#85b9dd"), (0.5, "#f4f1e6"), (0.7, "#f2a681"),
                 (0.88, "#c8412f"), (1.0, "#67001f"))  # fmt: skip
BEYOND = 1.25  # the scale ends a quarter of the band's half width outside it
LEAST_SPREAD = 0.01  # pu: smaller differences are not blown up to the whole scale


def color_axis() -> dict[str, Any]:
    """The scale the page opens with: the band of each bus."""
    return {
        "colorscale": [list(stop) for stop in VOLTAGE_SCALE], "cmin": -BEYOND, "cmax": BEYOND,
        "colorbar": {
            "orientation": "h", "x": 0.5, "xanchor": "center", "y": 1.0, "yanchor": "bottom", "len": 0.9,
            "thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}, **_band_ticks(),
        },
    }  # fmt: skip


def color_buttons(source: MapSource, trace: int) -> list[dict[str, Any]]:
    """Buttons that colour the buses by band, or by their lowest or highest voltage around nominal.

    Args:
        source: the map.
        trace: position of the trace of the buses.
    """
    buses, worst = drawn_buses(source), source.worst
    found = (*worst.lowest.values(), *worst.highest.values())
    spread = max(LEAST_SPREAD, max((abs(extreme.value - 1.0) for extreme in found), default=0.0))
    places = [worst_place(source, bus) for bus in buses]
    buttons = [_button("worst in band", places, trace, (-BEYOND, BEYOND), _band_ticks())]
    for end, extremes in (("lowest", worst.lowest), ("highest", worst.highest)):
        values = [extremes[source.wires.bus[bus]].value for bus in buses]
        buttons.append(_button(f"{end}, pu", values, trace, (1.0 - spread, 1.0 + spread), _unit_ticks(end, spread)))
    return buttons


def _band_ticks() -> dict[str, Any]:
    words = ["lower bound", "mid-band", "upper bound"]
    return {
        "tickmode": "array",
        "tickvals": [-1, 0, 1],
        "ticktext": words,
        "title": _title("worst voltage in its band"),
    }


def _unit_ticks(end: str, spread: float) -> dict[str, Any]:
    values = [1.0 + share * spread for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    words = [f"{value:.3f}" for value in values]
    return {"tickmode": "array", "tickvals": values, "ticktext": words, "title": _title(f"{end} voltage, pu")}


def _title(words: str) -> dict[str, Any]:
    return {"text": words, "side": "top", "font": {"size": 11}}


def _button(
    label: str, values: Sequence[float], trace: int, ends: tuple[float, float], ticks: dict[str, Any]
) -> dict[str, Any]:
    axis = {"coloraxis.cmin": ends[0], "coloraxis.cmax": ends[1]}
    bar = {f"coloraxis.colorbar.{name}": value for name, value in ticks.items()}
    return {"label": label, "method": "update", "args": [
        {"marker.color": [plots.rounded(np.array(values))]}, axis | bar, [trace]
    ]}  # fmt: skip
