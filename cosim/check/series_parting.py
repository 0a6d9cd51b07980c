"""Where the series of two runs part first: step, subject, from, to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from cosim.check import tolerance
from cosim.check.baseline import KEYS, Baseline, kept
from cosim.results.folder import RunFolder
from cosim.results.record_spec import BANDS_SUFFIX, GROUPS
from grids.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    import pyarrow as pa

_First = tuple[int, float, str, float, float]  # row, minus excess, column, old, new: the smallest comes first
_AT_ONCE = 64  # columns in memory
_KINDS = {group: group for group in ("bus", "device", "boundary", "regulator")}  # others write theirs into the name
_OF_THE_GRID = frozenset({"losses_mw", "p_fixture_mw"})
_OTHERS_AT_BOUNDARIES = frozenset({"switch", "line", "trafo", "source"})


@dataclass(frozen=True)
class Parting:
    """The first row at which any series of a group differs, and the one that differs most there."""

    group: str
    k: int  # number of the step
    t_s: int
    time: datetime  # local
    member: int | None  # None where there is only one
    column: str
    old: float
    new: float
    parted: int  # series of the group that differ anywhere
    of: int

    @property
    def text(self) -> str:
        """`bus:LV4 Bus 18 at 2016-06-06T11:30:00+01:00 (step 46): vm_pu 1.0123 -> 1.0119 pu (97 of 141 series ...)`."""
        quantity, _, name = self.column.partition("|")
        subject, _, statistic = name.rpartition("|") if self.group.endswith(BANDS_SUFFIX) else (name, "", "")
        unit = tolerance.unit_of_series(quantity)
        which = f" {statistic} of the members" if statistic else ""
        when = f"{self.time.isoformat()} (step {self.k}{'' if self.member is None else f', member {self.member}'})"
        shown = "" if unit in {"", "1", "code", "bool"} else f" {unit}"
        return (
            f"{_subject(self.group, quantity, subject)} at {when}: {quantity}{which} "
            f"{self.old:.7g} -> {self.new:.7g}{shown} ({self.parted} of {self.of} {self.group} series part)"
        )


def _subject(group: str, quantity: str, name: str) -> str:
    kind = _KINDS.get(group.removesuffix(BANDS_SUFFIX))
    if kind == "boundary" and (quantity in _OF_THE_GRID or name.partition(":")[0] in _OTHERS_AT_BOUNDARIES):
        return name
    return name if kind is None else f"{kind}:{name}"


@dataclass(frozen=True)
class SeriesDifference:
    """How the series of a run differ from those of its baseline."""

    partings: tuple[Parting, ...] = ()  # one a group, earliest first
    remarks: tuple[str, ...] = ()  # series one of them does not have


NO_DIFFERENCE = SeriesDifference()


def compare_series(baseline: Baseline, run: RunFolder) -> SeriesDifference:
    """Compare every series both have; memory holds some columns of one group at a time."""
    zone = ZoneInfo(str(run.manifest.get("timezone") or "UTC"))
    partings: list[Parting] = []
    remarks: list[str] = []
    then = set(baseline.groups())
    columns = {group: kept(run.columns(group)) for group in run.groups()}
    now = {group: own for group, own in columns.items() if any("|" in name for name in own)}
    for group in sorted(then | set(now), key=_order):
        file = baseline.series_file(group)
        if file is None or group not in now:
            remarks.append(f"series of {group}: only in the {'run' if file is None else 'baseline'}")
            continue
        remarks += _own_columns(group, _columns(file), now[group])
        parting = _compare_group(group, file, run, zone)
        if isinstance(parting, str):
            remarks.append(parting)
        elif parting is not None:
            partings.append(parting)
    partings.sort(key=lambda parting: parting.t_s)
    return SeriesDifference(tuple(partings), tuple(remarks))


def _order(group: str) -> tuple[int, str]:
    """Voltages first: they are what a planner looks at; groups that part in the same step keep this order."""
    plain = group.removesuffix(BANDS_SUFFIX)
    return (GROUPS.index(plain) if plain in GROUPS else len(GROUPS), group)


def _columns(file: Path) -> list[str]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return list(pq.ParquetFile(file).schema_arrow.names)


def _own_columns(group: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for where, own in (("baseline", sorted(set(old) - set(new))), ("run", sorted(set(new) - set(old)))):
        if own:
            more = f" and {len(own) - 1} more" if len(own) > 1 else ""
            yield f"series of {group} only in the {where}: {own[0]}{more}"


def _compare_group(group: str, file: Path, run: RunFolder, zone: ZoneInfo) -> Parting | str | None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    source = pq.ParquetFile(file)
    known, own = source.schema_arrow.names, set(run.columns(group))
    keys = [name for name in KEYS if name in known and name in own]
    shared = [name for name in known if "|" in name and name in own]
    old_keys, new_keys = source.read(columns=keys), run.series(group, keys)
    if not _same_rows(old_keys, new_keys):
        return f"series of {group}: other steps or members than in the baseline, not compared"
    first: _First | None = None
    parted = 0
    for start in range(0, len(shared), _AT_ONCE):
        names = shared[start : start + _AT_ONCE]
        old, new = _values(source.read(columns=names), names), _values(run.series(group, names), names)
        excess = _excess(old, new, names)
        parted += int((excess > 1.0).any(axis=0).sum())
        found = _first_apart(old, new, excess, names)
        first = min((one for one in (first, found) if one is not None), default=None)
    if first is None:
        return None
    seconds = new_keys["t_s"].to_numpy()
    members = new_keys["member"].to_numpy() if "member" in keys else np.zeros(1)
    row, _, column, then, now = first
    return Parting(
        group=group,
        k=int(np.searchsorted(np.unique(seconds), seconds[row])),
        t_s=int(seconds[row]),
        time=new_keys["time"][row].as_py().astimezone(zone),
        member=int(members[row]) if len(np.unique(members)) > 1 else None,
        column=column,
        old=then,
        new=now,
        parted=parted,
        of=len(shared),
    )


def _first_apart(old: FloatArray, new: FloatArray, excess: FloatArray, names: Sequence[str]) -> _First | None:
    """The first row in which any column is apart, and there the one that is farthest apart."""
    rows = np.flatnonzero((excess > 1.0).any(axis=1))
    if not len(rows):
        return None
    row = int(rows[0])
    at = int(np.argmax(excess[row]))
    return row, -float(excess[row, at]), names[at], float(old[row, at]), float(new[row, at])


def _same_rows(old: pa.Table, new: pa.Table) -> bool:
    if old.num_rows != new.num_rows:
        return False
    numbers: list[tuple[IntArray, IntArray]] = [
        (old[name].to_numpy(), new[name].to_numpy()) for name in ("t_s", "member") if name in old.column_names
    ]
    return all(np.array_equal(one, other) for one, other in numbers)


def _values(table: pa.Table, names: Sequence[str]) -> FloatArray:
    return np.stack([table[name].to_numpy().astype(np.float64) for name in names], axis=1)


def _excess(old: FloatArray, new: FloatArray, names: Sequence[str]) -> FloatArray:
    """(rows, columns) how many tolerances two values lie apart; infinity where only one has a value."""
    floors = np.array([tolerance.floor_of(tolerance.unit_of_series(name.partition("|")[0])) for name in names])
    size = np.fmax(np.abs(old), np.abs(new))
    with np.errstate(invalid="ignore"):
        excess = np.abs(new - old) / (tolerance.RELATIVE * size + floors)
    one_only = np.isfinite(old) != np.isfinite(new)
    result: FloatArray = np.where(one_only, np.inf, np.nan_to_num(excess, nan=0.0))
    return result
