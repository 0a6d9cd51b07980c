"""A baseline: the folder a later run is compared with. Written whole or not at all, small enough for a repository.

`DIR/<name>[-variant]/` holds `baseline.json` (what made it), `summary.json`, `findings.json` and `series/*.parquet`.
Series that follow from others are left out.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from cosim.results import chunks
from cosim.results.files import read_json, write_json
from cosim.results.folder import FINDINGS, SUMMARY, RunFolder
from cosim.run import GRID_FILE

SCHEMA = "cosim-baseline/1"
HEADER = "baseline.json"
KEYS = ("t_s", "time", "member")
# the flow of a rated branch shows in its loading, what is served in what is asked for, availability in what was given
LEFT_OUT = frozenset({"p_from_mw", "q_from_mvar", "p_served_mw", "q_load_mvar", "p_available_mw"})
_OLD = ".old"
_NO_NAME = re.compile(r"[^\w.-]")
_ROW_GROUP = 65_536


def folder_of(scenario: str, variant: str | None) -> str:
    """Name of the folder of one variant's baseline: `hioki`, `hioki-price-spike`."""
    return _NO_NAME.sub("_", scenario if variant is None else f"{scenario}-{variant}")


def find(folder: Path) -> Path | None:
    """The baseline in a folder; None if there is none. One that was being replaced when the power went is put back."""
    old = folder.with_name(folder.name + _OLD)
    if not folder.exists() and old.is_dir():
        old.rename(folder)
    return folder if (folder / HEADER).is_file() else None


def strays(baselines: Path, used: Collection[str], scenarios: Collection[str] | None) -> list[Path]:
    """Baselines that no check has used.

    Args:
        baselines: the folder of all of them.
        used: names from `folder_of`.
        scenarios: only those of scenarios called so; None = all.
    """
    found = [head for head in sorted(baselines.glob(f"*/{HEADER}")) if head.parent.name not in used]
    own = [head for head in found if not head.parent.name.startswith(".") and head.parent.suffix != _OLD]
    return [head.parent for head in own if scenarios is None or _scenario(head) in scenarios]


def _scenario(head: Path) -> str:
    try:
        made = read_json(head)
    except (OSError, ValueError):
        return ""
    return str(made.get("scenario")) if isinstance(made, dict) else ""


def kept(columns: tuple[str, ...]) -> list[str]:
    """The columns of a series file that a baseline keeps, keys first."""
    keys = [name for name in KEYS if name in columns]
    return keys + [name for name in columns if "|" in name and name.partition("|")[0] not in LEFT_OUT]


def header(run: RunFolder) -> dict[str, Any]:
    """What made a run: versions, hash of the scenario, digest of each table of the network, engine, zone."""
    made = run.manifest
    known = ("scenario", "variant", "members", "timezone", "engine", "versions", "hash")
    return {"schema": SCHEMA, **{key: made.get(key) for key in known}, "grid": grid_digests(run.path / GRID_FILE)}


def grid_digests(file: Path) -> dict[str, str]:
    """Table of the network (pandapower JSON) -> SHA-256 of its content; results and versions of the format left out."""
    if not file.is_file():
        return {}
    digests = {}
    for name, table in sorted(read_json(file).get("_object", {}).items()):
        if isinstance(table, Mapping) and table.get("_class") == "DataFrame" and not name.startswith(("res_", "_")):
            digests[name] = hashlib.sha256(str(table.get("_object")).encode()).hexdigest()
    return digests


def write(run: RunFolder, folder: Path) -> None:
    """Make the baseline of a run, in place of what was there: first in a folder beside it, then renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    find(folder)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        part.chmod(0o755)  # a temporary folder is its maker's alone, a baseline everybody's
        write_json(part / HEADER, header(run))
        write_json(part / SUMMARY, run.summary())
        write_json(part / FINDINGS, run.findings())
        for group in run.groups():
            _write_series(run, group, part / chunks.FOLDER / f"{group}.parquet")
        _replace(folder, part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _replace(folder: Path, part: Path) -> None:
    old = folder.with_name(folder.name + _OLD)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        find(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_series(run: RunFolder, group: str, path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = kept(run.columns(group))
    values = [name for name in columns if name not in KEYS]
    if not values:
        return
    path.parent.mkdir(exist_ok=True)
    table = run.series(group, columns).combine_chunks()
    pq.write_table(
        table,
        path,
        row_group_size=_ROW_GROUP,
        compression="zstd",
        compression_level=9,
        write_statistics=False,
        use_dictionary=[name for name in columns if name in KEYS],
        use_byte_stream_split=values,
    )


class Baseline:
    """A baseline read back.

    Raises:
        ValueError: the folder cannot be read, or is of another version of the format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        head = read_json(folder / HEADER)
        schema = head.get("schema") if isinstance(head, dict) else None
        if schema != SCHEMA:
            raise ValueError(f"{folder / HEADER} has schema {schema}, this cosim reads {SCHEMA}")
        self.header: dict[str, Any] = head
        self.summary: dict[str, Any] = read_json(folder / SUMMARY)
        self.findings: list[dict[str, Any]] = read_json(folder / FINDINGS)

    def series_file(self, group: str) -> Path | None:
        """The series file of a group; None if it was not recorded."""
        path = self.folder / chunks.FOLDER / f"{group}.parquet"
        return path if path.is_file() else None

    def groups(self) -> tuple[str, ...]:
        """The groups it holds."""
        return tuple(sorted(path.stem for path in (self.folder / chunks.FOLDER).glob("*.parquet")))

    def is_of(self, run: RunFolder) -> bool:
        """Whether a run would write this very baseline (its series follow from the rest)."""
        return (self.header, self.summary, self.findings) == (header(run), run.summary(), run.findings())
