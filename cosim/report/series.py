"""Reading the series of a run for the charts: one member, reduced while reading, so that long runs fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

KEYS = ("t_s", "dt_s", "time", "member")
Reduce = Callable[[FloatArray], FloatArray]  # (rows, columns) -> (rows,)


@dataclass(frozen=True, slots=True)
class Pick:
    """Columns of a group and what to make of them."""

    columns: tuple[str, ...]
    reduce: Reduce


@dataclass(frozen=True)
class Curves:
    """Curves of one group over the steps it holds, in time order."""

    t_s: IntArray  # (K,) start of each step, seconds since the start of the run
    dt_s: IntArray  # (K,)
    utc: np.ndarray  # (K,) datetime64[s]
    values: Mapping[str, FloatArray]  # key -> (K,)

    @property
    def steps(self) -> int:
        """Number of steps K."""
        return len(self.t_s)

    def first(self, steps: int) -> Curves:
        """The first steps only: the groups of an unfinished run may end at different steps."""
        cut = {key: values[:steps] for key, values in self.values.items()}
        return Curves(self.t_s[:steps], self.dt_s[:steps], self.utc[:steps], cut)


NOTHING = Curves(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, "datetime64[s]"), {})


def read(folder: RunFolder, group: str, picks: Mapping[str, Pick], member: int = 0) -> Curves:
    """Curves of one member; row group by row group, so that only the reduced ones stay in memory."""
    if not picks:
        return NOTHING
    columns = list(dict.fromkeys(column for pick in picks.values() for column in pick.columns))
    t_s: list[IntArray] = []
    dt_s: list[IntArray] = []
    utc: list[np.ndarray] = []
    values: dict[str, list[FloatArray]] = {key: [] for key in picks}
    for part in folder.parts(group, [*KEYS, *columns]):
        rows = np.flatnonzero(part["member"].to_numpy() == member)
        t_s.append(part["t_s"].to_numpy()[rows].astype(np.int64))
        dt_s.append(part["dt_s"].to_numpy()[rows].astype(np.int64))
        utc.append(part["time"].to_numpy()[rows].astype("datetime64[s]"))
        for key, pick in picks.items():
            block = np.column_stack([part[column].to_numpy()[rows] for column in pick.columns]).astype(np.float64)
            values[key].append(pick.reduce(block))
    if not t_s:
        return NOTHING
    joined = {key: np.concatenate(parts) for key, parts in values.items()}
    return Curves(np.concatenate(t_s), np.concatenate(dt_s), np.concatenate(utc), joined)


def read_bands(folder: RunFolder, group: str, columns: Sequence[str]) -> Curves:
    """Columns of a group of bands, which have one row a step; keys are the columns."""
    parts = [
        {name: part[name].to_numpy() for name in ("t_s", "dt_s", "time", *columns)}
        for part in folder.parts(group, ["t_s", "dt_s", "time", *columns])
    ]
    if not parts:
        return NOTHING
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    values = {name: joined[name].astype(np.float64) for name in columns}
    times = joined["t_s"].astype(np.int64), joined["dt_s"].astype(np.int64), joined["time"].astype("datetime64[s]")
    return Curves(*times, values)


def by_label(columns: Sequence[str], quantity: str) -> dict[str, str]:
    """Label -> column, of the columns `quantity|label`."""
    prefix = f"{quantity}|"
    return {column.removeprefix(prefix): column for column in columns if column.startswith(prefix)}


def by_entry(columns: Sequence[str], quantity: str) -> dict[str, tuple[str, ...]]:
    """Entry -> its columns, of the columns `quantity|entry` and `quantity|entry[unit]`."""
    entries: dict[str, list[str]] = {}
    for label, column in by_label(columns, quantity).items():
        entries.setdefault(entry_of(label), []).append(column)
    return {entry: tuple(found) for entry, found in entries.items()}


def entry_of(label: str) -> str:
    """`home-battery` of `home-battery[17]`."""
    name, bracket, rest = label.rpartition("[")
    return name if bracket and rest.endswith("]") and rest[:-1].isdecimal() else label


def total(block: FloatArray) -> FloatArray:
    """Sum over the columns."""
    return np.asarray(block.sum(axis=1))


def giving(block: FloatArray) -> FloatArray:
    """Sum of what is positive."""
    return np.asarray(np.maximum(block, 0.0).sum(axis=1))


def taking(block: FloatArray) -> FloatArray:
    """Sum of what is negative, as a positive number."""
    return np.asarray(np.maximum(-block, 0.0).sum(axis=1))


def mean(block: FloatArray) -> FloatArray:
    """Mean over the columns."""
    return np.asarray(block.mean(axis=1))


def lowest_alive(block: FloatArray) -> FloatArray:
    """Lowest voltage of the live buses; NaN where all are dead."""
    return np.asarray(np.fmin.reduce(np.where(block > 0.0, block, np.nan), axis=1))


def highest_alive(block: FloatArray) -> FloatArray:
    """Highest voltage of the live buses; NaN where all are dead."""
    return np.asarray(np.fmax.reduce(np.where(block > 0.0, block, np.nan), axis=1))
