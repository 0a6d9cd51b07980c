"""Names of network elements: present, text, and unique per kind, because everything else refers by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandapower import pandapowerNet

# tables in one group become elements of one kind, so their names must differ from each other too
NAME_GROUPS = (
    ("bus",),
    ("line", "impedance"),
    ("trafo", "trafo3w"),
    ("switch",),
    ("ext_grid",),
    ("load", "motor", "storage", "ward", "xward"),
    ("sgen",),
    ("shunt",),
    ("gen",),
    ("dcline",),
    ("svc",),
    ("ssc",),
    ("tcsc",),
)


@dataclass(frozen=True, slots=True)
class Renamed:
    """An element that got a new name because it had none or shared it."""

    table: str
    index: int
    old: str | None
    new: str


RECORD = "_renamed"  # key of the network that remembers what was renamed, whoever did it first


def fill_names(net: pandapowerNet) -> tuple[Renamed, ...]:
    """Give every element of a pandapower network a name that is unique in its group of tables, in place.

    Returns what was renamed, now and by earlier calls.

    A missing name becomes `<table>-<index>`; a name shared by several elements of a table gets ` (index)` behind it on
    each of them, so that none can be meant by accident; one shared with an earlier table of the group gets ` (table)`.
    """
    renamed: list[Renamed] = list(net.get(RECORD, ()))
    for group in NAME_GROUPS:
        elsewhere: set[str] = set()
        for table in group:
            if table in net:
                renamed += _fill_table(net, table, elsewhere)
                elsewhere |= set(net[table]["name"])
    net[RECORD] = tuple(renamed)
    return tuple(renamed)


def _fill_table(net: pandapowerNet, table: str, elsewhere: Collection[str]) -> list[Renamed]:
    renamed = []
    old = [_text(name) for name in net[table]["name"]]
    shared = Counter(old)
    taken = {*elsewhere, *shared}
    new = []
    for index, name in zip(net[table].index, old, strict=True):
        unique = f"{table}-{index}" if name is None else f"{name} ({index})" if shared[name] > 1 else name
        unique = f"{unique} ({table})" if unique in elsewhere else unique
        if unique != name:
            unique = unused(unique, taken)
            taken.add(unique)
            renamed.append(Renamed(table, int(index), name, unique))
        new.append(unique)
    net[table]["name"] = np.array(new, dtype=object)  # an empty list would make a float column
    return renamed


def unused(name: str, taken: Collection[str | None]) -> str:
    """The name, with as many primes behind it as it takes to differ from the names taken."""
    while name in taken:
        name += "'"
    return name


def _text(name: object) -> str | None:
    """The name as text; None where it is missing (None, NaN, blank)."""
    if name is None or name != name:  # noqa: PLR0124  NaN is the only value unlike itself
        return None
    return str(name).strip() or None
