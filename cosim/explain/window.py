"""The hours around the worst moment of a finding, read from the series of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.compare.rows import DECIMALS
from cosim.explain.wanted import columns_of, wanted
from cosim.explain.wanted_column import Join, Wanted
from cosim.report.texts import MISSING, number, settled
from grids.reasons import Reason
from simulators.axis import HALF_HOUR_S

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder
    from grids.arrays import FloatArray, IntArray

MOST_ROWS = 40  # of the table; finer steps are put together
_HALF_HOURS = frozenset({"planned-balancing", "wheeling-surplus"})  # judged without a limit of the manifest


@dataclass(frozen=True)
class Shown:
    """One column of the table as text."""

    words: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Rows from some hours before the worst step or half hour to some hours after it."""

    times: tuple[str, ...]
    worst: tuple[bool, ...]  # rows that hold the worst step or half hour
    columns: tuple[Shown, ...]
    missing: tuple[str, ...]  # what was not recorded
    row_s: int  # length of a row; steps that are shorter are put together


def read_window(
    folder: RunFolder, finding: Mapping[str, Any], scenario: Mapping[str, Any], hours: float
) -> Window | None:
    """The table of a finding; None where no series of its worst member were kept."""
    start = datetime.fromisoformat(str(folder.summary()["period"]["start"]))
    worst_s = round((datetime.fromisoformat(str(finding["worst_at"])) - start).total_seconds())
    member = int(finding["worst_member"])
    span = (worst_s - round(3600 * hours), worst_s + round(3600 * hours))
    columns = {group: folder.columns(group) for group in folder.groups()}
    asked = wanted(finding, scenario, columns)
    chosen = {one: columns_of(one, columns.get(one.group, ())) for one in asked}
    steps = _Steps.read(folder, chosen, member, span)
    if steps is None:
        return None
    starts = _rows(steps.t_s)
    ends = np.append(starts[1:], len(steps.t_s))
    window_s = judged_s(folder, finding)
    end_s = steps.t_s[ends - 1] + steps.dt_s[ends - 1]
    over = (steps.t_s[starts] < worst_s + max(window_s, 1)) & (end_s > worst_s)
    return Window(
        times=tuple(f"{start + timedelta(seconds=int(t_s)):%m-%d %H:%M}" for t_s in steps.t_s[starts]),
        worst=tuple(over.tolist()),
        columns=tuple(
            Shown(one.words, one.unit, _texts(one, [steps.values[one.group, name] for name in names], starts))
            for one, names in chosen.items()
            if names
        ),
        missing=tuple(f"{one.words} (record.{one.group})" for one in asked if not chosen[one] and _owed(one)),
        row_s=int(end_s[0] - steps.t_s[0]),
    )


def _owed(one: Wanted) -> bool:
    """Whether every run has it: a device without controller has no set-point and no reason."""
    return not any(name.startswith(("p_set_mw|", "set_reason|", "reason|")) for name in one.names)


def judged_s(folder: RunFolder, finding: Mapping[str, Any]) -> int:
    """Length of the window it was judged on; 0 = single steps."""
    for limit in folder.manifest.get("limits") or ():
        if limit["id"] == finding["rule"] and finding["subject"] in limit["subjects"]:
            return int(limit["window_s"])
    return HALF_HOUR_S if finding["rule"] in _HALF_HOURS else 0


@dataclass(frozen=True)
class _Steps:
    t_s: IntArray
    dt_s: IntArray
    values: dict[tuple[str, str], FloatArray]  # (group, column) -> (K,)

    @classmethod
    def read(
        cls, folder: RunFolder, chosen: Mapping[Wanted, Sequence[str]], member: int, span: tuple[int, int]
    ) -> _Steps | None:
        by_group: dict[str, dict[str, None]] = {}
        for one, names in chosen.items():
            by_group.setdefault(one.group, {}).update(dict.fromkeys(names))
        values: dict[tuple[str, str], FloatArray] = {}
        keys: dict[str, IntArray] = {}
        for group, columns in by_group.items():
            if not columns:
                continue
            found = _part(folder, group, list(columns), member, span)
            keys = {key: found.pop(key).astype(np.int64) for key in ("t_s", "dt_s")}
            values |= {(group, name): column for name, column in found.items()}
        if not keys or not len(keys["t_s"]):
            return None
        return cls(keys["t_s"], keys["dt_s"], values)


def _part(folder: RunFolder, group: str, names: list[str], member: int, span: tuple[int, int]) -> dict[str, FloatArray]:
    """The columns of one member whose steps begin in [first, last] of the span; read piece by piece."""
    keys = ["t_s", "dt_s"]
    pieces: dict[str, list[FloatArray]] = {name: [] for name in (*keys, *names)}
    for part in folder.parts(group, [*keys, "member", *names]):
        t_s = part["t_s"].to_numpy()
        inside = (t_s >= span[0]) & (t_s <= span[1]) & (part["member"].to_numpy() == member)
        if inside.any():
            for name, found in pieces.items():
                found.append(part[name].to_numpy()[inside].astype(np.float64))
    return {name: np.concatenate(found) if found else np.zeros(0) for name, found in pieces.items()}


def _rows(t_s: IntArray) -> IntArray:
    """First step of every row: each step by itself, or as few clock-aligned rows as fit."""
    for row_s in (0, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400):
        key = t_s if row_s == 0 else t_s // row_s
        starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
        if len(starts) <= MOST_ROWS:
            break
    return np.asarray(starts, dtype=np.int64)


def _texts(one: Wanted, series: Sequence[FloatArray], starts: IntArray) -> tuple[str, ...]:
    values = np.stack(series)  # (columns, K)
    rows = np.split(values, starts[1:].tolist(), axis=1)
    if one.join is Join.REASONS:
        return tuple(_reasons(row) for row in rows)
    return tuple(_number(one.factor * _joined(one.join, row), one) for row in rows)


def _number(value: float, one: Wanted) -> str:
    """Voltages with digits of the same place, to be compared."""
    if one.unit in DECIMALS and np.isfinite(value):
        return f"{value:.{DECIMALS[one.unit]}f}"
    return number(settled(value, one.unit), one.digits)


def _joined(join: Join, row: FloatArray) -> float:
    """One number of (columns, steps); dead buses (0) are no lowest ones."""
    if join is Join.LAST:
        return float(row[:, -1].mean())
    if join is Join.SUM:
        return float(row.sum(axis=0).mean())
    alive = row[np.isfinite(row) & (row > 0.0)]
    if not len(alive):
        return float("nan")
    return float(alive.min() if join is Join.LOWEST else alive.max())


def _reasons(row: FloatArray) -> str:
    codes = sorted({int(code) for code in row[np.isfinite(row)].tolist() if code})
    return ", ".join(Reason(code).label for code in codes) or MISSING
