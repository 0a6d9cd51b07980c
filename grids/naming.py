"""Names of network elements: present, text, and unique per kind, because everything else refers by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandapower import pandapowerNet

NAMED_TABLES = ("bus", "line", "trafo", "switch", "ext_grid", "load", "sgen")


@dataclass(frozen=True, slots=True)
class Renamed:
    """An element that got a new name because it had none or shared it."""

    table: str
    index: int
    old: str | None
    new: str


def fill_names(net: pandapowerNet) -> tuple[Renamed, ...]:
    """Give every element of a pandapower network a unique name per table, in place.

    A missing name becomes `<table>-<index>`; a name shared by several elements gets ` (index)` behind it on each of
    them, so that none can be meant by accident.
    """
    renamed: list[Renamed] = []
    for table in NAMED_TABLES:
        old = [_text(name) for name in net[table]["name"]]
        shared = Counter(old)
        new = []
        for index, name in zip(net[table].index, old, strict=True):
            unique = f"{table}-{index}" if name is None else f"{name} ({index})" if shared[name] > 1 else name
            while unique != name and unique in shared:
                unique += "'"
            new.append(unique)
            if unique != name:
                renamed.append(Renamed(table, int(index), name, unique))
        net[table]["name"] = np.array(new, dtype=object)  # an empty list would make a float column
    return tuple(renamed)


def _text(name: object) -> str | None:
    """The name as text; None where it is missing (None, NaN, blank)."""
    if name is None or name != name:  # noqa: PLR0124  NaN is the only value unlike itself
        return None
    return str(name).strip() or None
