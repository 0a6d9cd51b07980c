"""Which voltage level a bus belongs to, read from the run's `grid.json` without loading a network library."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ALL = "all buses"


def bus_levels(run: Path, buses: Iterable[str]) -> dict[str, list[str]]:
    """Level (`6.6 kV`) -> buses, highest voltage first; one level of all buses where the network is not at hand."""
    names = list(buses)
    if not names:
        return {}
    try:
        vn_kv = _vn_kv(json.loads((run / "grid.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):  # an unfinished run may lack it; the chart does without
        return {ALL: names}
    if not set(names) <= vn_kv.keys():
        return {ALL: names}
    levels: dict[float, list[str]] = defaultdict(list)
    for name in names:
        levels[vn_kv[name]].append(name)
    return {f"{level:g} kV": levels[level] for level in sorted(levels, reverse=True)}


def _vn_kv(net: Mapping[str, Any]) -> dict[str, float]:
    """Bus name -> base voltage, of a pandapower network in JSON: its tables are JSON texts in split layout."""
    table = json.loads(net["_object"]["bus"]["_object"])
    name, voltage = table["columns"].index("name"), table["columns"].index("vn_kv")
    return {str(row[name]): float(row[voltage]) for row in table["data"]}
