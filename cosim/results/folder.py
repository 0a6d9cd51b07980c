"""The run folder: where a run goes, and reading one back, finished or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import UsageError
from cosim.findings import Finding
from cosim.results import chunks, manifest, members
from cosim.results.events import Event
from cosim.results.files import read_json, write_json
from cosim.results.manifest import Status
from cosim.results.numbers import plain
from cosim.results.record_spec import BANDS, BANDS_SUFFIX, GROUPS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

RUNS = Path("runs")
BASE_FOLDER = "base-case"  # in a run folder: the run folder of its base case
SUMMARY = "summary.json"
FINDINGS = "findings.json"
EVENTS = "events.json"
BALANCE = "balance.json"
DRIVERS = "drivers.json"
WORST = "worst.json"
ARRANGEMENT = "arrangement.json"
SETTLEMENT = "settlement.json"


def create_folder(name: str, variant: str | None = None, out: Path | None = None, runs: Path = RUNS) -> Path:
    """Create an empty folder for a run: `out` itself, or the next free `runs/NAME[-VARIANT]-NNN`.

    Raises:
        UsageError: `out` holds something already, or is a file.
    """
    if out is None:
        return _next_free(runs, f"{name}-{variant}" if variant else name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder: name another one with --out, or remove it")
    out.mkdir(parents=True, exist_ok=True)
    return out


def _next_free(runs: Path, stem: str) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    taken = [path.name.removeprefix(f"{stem}-") for path in runs.glob(f"{_literal(stem)}-*")]
    number = max((int(tail) for tail in taken if tail.isdecimal()), default=0) + 1
    while True:
        folder = runs / f"{stem}-{number:03d}"
        try:
            folder.mkdir()
        except FileExistsError:  # another run was faster
            number += 1
        else:
            return folder


def _literal(text: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)


def write_results(
    folder: Path,
    *,
    summary: dict[str, Any],
    findings: Sequence[Finding],
    events: Sequence[Event] = (),
    balance: dict[str, Any] | None = None,
    drivers: dict[str, Any] | None = None,
    worst: dict[str, Any] | None = None,
    arrangement: dict[str, Any] | None = None,
) -> None:
    """Write what a finished run found, `summary.json` last; the manifest follows when all is in place."""
    write_json(folder / FINDINGS, plain([finding.as_dict() for finding in findings]))
    write_json(folder / EVENTS, plain([event.as_dict() for event in events]))
    if balance is not None:
        write_json(folder / BALANCE, plain(balance))
    if drivers is not None:
        write_json(folder / DRIVERS, plain(drivers))
    if worst is not None:
        write_json(folder / WORST, plain(worst))
    if arrangement is not None:
        write_json(folder / ARRANGEMENT, plain(arrangement))
    write_json(folder / SUMMARY, plain(summary))


class RunFolder:
    """A run read back. What an unfinished run has not written yet comes out empty; series end at its last chunk.

    Raises:
        UsageError: the folder holds no run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path / manifest.NAME).is_file():
            raise UsageError(f"{path} is not a run folder: it has no {manifest.NAME}")
        self.manifest: dict[str, Any] = read_json(path / manifest.NAME)

    @property
    def status(self) -> Status:
        """How far the run came."""
        return Status(self.manifest["status"])

    @property
    def complete(self) -> bool:
        """Whether the run ended well."""
        return self.status is Status.COMPLETE

    def summary(self) -> dict[str, Any]:
        """`summary.json`, `{}` if it was never written."""
        return dict(self._read(SUMMARY, {}))

    def findings(self) -> list[dict[str, Any]]:
        """`findings.json`, worst first."""
        return list(self._read(FINDINGS, []))

    def events(self) -> list[dict[str, Any]]:
        """`events.json`, in time order."""
        return list(self._read(EVENTS, []))

    def balance(self) -> dict[str, Any]:
        """`balance.json`: energies by month, and the largest residuals with their times."""
        return dict(self._read(BALANCE, {}))

    def drivers(self) -> dict[str, Any]:
        """`drivers.json` of an ensemble: rank correlations of what was varied with what came out."""
        return dict(self._read(DRIVERS, {}))

    def worst(self) -> dict[str, Any]:
        """`worst.json`: where and when each bus and branch was worst, and the voltages of those moments."""
        return dict(self._read(WORST, {}))

    def arrangement(self) -> dict[str, Any]:
        """`arrangement.json`: who runs the wires, who answers, who is billed what; `{}` without sections, customers."""
        return dict(self._read(ARRANGEMENT, {}))

    def settlement(self) -> dict[str, Any]:
        """`settlement.json`: every bill by number of the member; `{}` where the scenario asks for none."""
        return dict(self._read(SETTLEMENT, {}))

    def members(self) -> pa.Table:
        """`members.parquet`: one row a member, with what it drew, its figures and its hours in every finding.

        Raises:
            UsageError: the run is no finished ensemble.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415

        path = self.path / members.NAME
        if not path.is_file():
            raise UsageError(f"{self.path} holds no {members.NAME}: it is no finished ensemble")
        return pq.ParquetFile(path).read()

    def groups(self) -> tuple[str, ...]:
        """Series groups that hold anything; `bus-bands` and so on for the bands of an ensemble."""
        known = (*GROUPS, *(f"{group}{BANDS_SUFFIX}" for group in GROUPS))
        return tuple(group for group in known if chunks.series_files(self.path, group))

    def band(self, group: str, name: str) -> dict[str, NDArray[np.float32]]:
        """The band of one series over the members (`bus`, `vm_pu|LV4.101`): statistic -> (K,) values in time order."""
        columns = {statistic: f"{name}|{statistic}" for statistic in BANDS}
        table = self.series(f"{group}{BANDS_SUFFIX}", list(columns.values()))
        return {statistic: table[column].to_numpy() for statistic, column in columns.items()}

    def columns(self, group: str) -> tuple[str, ...]:
        """Column names of a group, keys included; none if it holds nothing."""
        import pyarrow.parquet as pq  # noqa: PLC0415

        files = chunks.series_files(self.path, group)
        return tuple(pq.ParquetFile(files[0]).schema_arrow.names) if files else ()

    def series(self, group: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A group, or some columns of it, in time order.

        Raises:
            UsageError: the run kept no such group or column.
        """
        import pyarrow as pa  # noqa: PLC0415

        known = self.columns(group)
        missing = sorted(set(columns or ()) - set(known))
        if not known or missing:
            what = f"series {', '.join(missing)} in group {group}" if known else f"series of group {group}"
            raise UsageError(f"{self.path} holds no {what}: see `record` in its scenario")
        return pa.concat_tables(self.parts(group, columns))

    def parts(self, group: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The same in pieces, for runs larger than memory."""
        return chunks.iterate_series(self.path, group, None if columns is None else list(columns))

    @property
    def first_member(self) -> int:
        """Number of the first member that series were kept of; 0 where there are none."""
        for group in GROUPS:
            for part in self.parts(group, ["member"]):
                return int(part["member"][0].as_py())
        return 0

    def column(self, group: str, name: str, member: int | None = None) -> NDArray[np.float32]:
        """One column of one member (of the first one, if none is named), in time order."""
        table = self.series(group, ["member", name])
        number = self.first_member if member is None else member
        values: NDArray[np.float32] = table[name].to_numpy()[table["member"].to_numpy() == number]
        return values

    def _read(self, name: str, empty: Any) -> Any:
        path = self.path / name
        return read_json(path) if path.is_file() else empty
