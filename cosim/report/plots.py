"""Plotly figures as plain data: what a chart says, without importing plotly (only its script is needed on the page)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from grids.arrays import FloatArray

Trace = dict[str, Any]
Times = Sequence[str]
DIGITS = 6  # significant digits on the page; series are float32 anyway

INK = "#1f2933"
GRID = "#e3e7eb"
BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
RED = "#c1272d"
SKY = "#56b4e9"
PINK = "#cc79a7"
GREY = "#9aa5b1"
BROWN = "#a0522d"
_PLACES = ((1.0, "right"), (0.0, "left"), (0.5, "center"))
LINES = (BLUE, ORANGE, GREEN, PINK, BROWN, SKY, INK, GREY)  # readable with any colour vision


def rounded(values: FloatArray) -> list[float | None]:
    """Values for JSON: six significant digits, None for a gap."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]


def line(
    name: str,
    x: Sequence[Any],
    y: FloatArray,
    color: str,
    *,
    dash: str = "solid",
    step: bool = True,
    width: float = 1.6,
) -> Trace:
    """A line; a mean over a step is drawn as a step."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": rounded(y),
        "line": {"color": color, "width": width, "dash": dash, "shape": "hv" if step else "linear"},
        "connectgaps": False,
    }


def area(name: str, x: Times, y: FloatArray, color: str, stack: str) -> Trace:
    """One layer of a stack of step areas."""
    layer = line(name, x, y, color, width=0)
    return layer | {"stackgroup": stack, "fillcolor": color, "stackgaps": "infer zero"}


def band(name: str, x: Times, low: FloatArray, high: FloatArray, color: str) -> list[Trace]:
    """A filled band between two curves; one entry in the legend."""
    bottom = line(f"{name} lowest", x, low, color, width=1.0)
    top = line(name, x, high, color, width=1.0)
    group = {"legendgroup": name}
    return [
        bottom | group | {"showlegend": False},
        top | group | {"fill": "tonexty", "fillcolor": translucent(color)},
    ]


def translucent(color: str, alpha: float = 0.3) -> str:
    """A `#rrggbb` colour, seen through."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def limit_line(value: float, text: str, place: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(shape, annotation) of a limit across the chart; `place` keeps the words of close limits apart."""
    x, anchor = _PLACES[place % len(_PLACES)]
    shape = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": {"color": RED, "width": 1.2, "dash": "dash"},
    }
    note = {
        "xref": "paper",
        "x": x,
        "xanchor": anchor,
        "y": value,
        "yanchor": "bottom",
        "text": escaped(text),
        "showarrow": False,
        "font": {"size": 11, "color": RED},
        "bgcolor": "rgba(255,255,255,0.7)",
    }
    return shape, note


def figure(
    traces: Sequence[Trace],
    y_title: str,
    *,
    hours: bool = False,
    limits: Sequence[tuple[float, str]] = (),
    include_zero: bool = False,
) -> dict[str, Any]:
    """A figure: over local time, or over hours. Plotly renders a few tags in names: they are escaped."""
    drawn = [limit_line(value, text, place) for place, (value, text) in enumerate(limits)]
    axis = {"gridcolor": GRID, "zerolinecolor": GREY, "automargin": True, "fixedrange": False}
    layout = {
        "margin": {"l": 52, "r": 12, "t": 34, "b": 36},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "font": {"size": 12}},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "xaxis": axis | ({"ticksuffix": " h", "rangemode": "tozero"} if hours else {"type": "date"}),
        "showlegend": True,
        "yaxis": axis | {"title": {"text": y_title}, "rangemode": "tozero" if include_zero else "normal"},
        "shapes": [shape for shape, _ in drawn],
        "annotations": [note for _, note in drawn],
        "dragmode": "zoom",
    }
    return {"data": [trace | {"name": escaped(str(trace["name"]))} for trace in traces], "layout": layout}


def escaped(text: str) -> str:
    """Text that plotly shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
