"""A study of two buses that runs in a second, written to a folder of its own."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cosim.check.baseline import Baseline
from cosim.check.beside import beside_baseline
from cosim.check.difference import compare
from cosim.check.series_parting import compare_series
from cosim.check.session import check_all
from cosim.check.verdict import Settings, Task
from cosim.results.files import write_json
from cosim.results.folder import RunFolder

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"
START = np.datetime64("2020-04-20T00:00", "ms")  # 09:00 in Tokyo
OTHER_LINE = {"grid": {"tables": {"lines": {"cable": {"r_ohm_per_km": 0.6}}}}}


def write(folder: Path, name: str, over: dict | None = None) -> Path:
    """The base study under another name, with some keys laid over it: two open hours of the school's demand alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    without = dict.fromkeys(("events", "variants", "devices", "ems", "weather"))
    plain = {"extends": "base.yaml", "name": name, **without}
    time = {"start": "2020-04-20T09:00", "duration": "PT2H"}
    file = folder / f"{name}.cosim.yaml"
    file.write_text(yaml.safe_dump(plain | {"time": time} | (over or {})), encoding="utf-8")
    return file


class Checked:
    """One call of `check_all`, with the lines it said."""

    def __init__(self, *files, jobs=1, variant=None, junit=None, **settings):
        self.lines: list[str] = []
        options = {"jobs": jobs, "variant": variant, "junit": junit, "echo": self.lines.append}
        self.report = check_all([str(file) for file in files], Settings(**settings), **options)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def code(self) -> int:
        return int(self.report.exit_code)


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """`checked(file, ...)` in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    return Checked


class Pair:
    """A baseline and a run made by hand: summaries, findings, one group of series."""

    def __init__(self, folder):
        self.old, self.new = folder / "old", folder / "new"
        for side in (self.old, self.new):
            (side / "series").mkdir(parents=True)
            self.made(side)
            self.figures(side, {})
            self.findings(side)

    def made(self, side, **over):
        made = {"members": 1, "timezone": "Asia/Tokyo", "engine": {"name": "pgm", "version": "1"}, "hash": "a" * 64}
        made |= {"versions": {}} | over
        write_json(side / "baseline.json", {"schema": "cosim-baseline/1", "grid": {}, **made})
        write_json(side / "manifest.json", {"status": "complete", **made})

    def figures(self, side, table, **period):
        known = {"start": "s", "end": "e", "steps": 4} | period
        write_json(side / "summary.json", {"members": 1, "period": known, "figures": table})

    def findings(self, side, *findings):
        plain = {"unit": "kW", "energy_mwh": None, "worst_at": "2020-04-20T12:00:00+09:00", "severity": "violation"}
        write_json(side / "findings.json", [plain | finding for finding in findings])

    def series(self, side, group="bus", member=None, **columns):
        rows = len(next(iter(columns.values())))
        steps = np.arange(rows) if member is None else np.repeat(np.arange(rows // len(member)), len(member))
        keys = {"t_s": steps * 900, "time": START + steps * np.timedelta64(900, "s").astype("timedelta64[ms]")}
        table = {"t_s": pa.array(keys["t_s"]), "time": pa.array(keys["time"], type=pa.timestamp("ms", tz="UTC"))}
        if member is not None:
            table["member"] = pa.array(np.tile(member, rows // len(member)).astype(np.int32))
        values = {name.replace("__", "|"): pa.array(np.asarray(own, dtype=np.float32)) for name, own in columns.items()}
        pq.write_table(pa.table(table | values), side / "series" / f"{group}.parquet")

    def compare(self):
        return compare(Baseline(self.old), RunFolder(self.new))

    def beside(self, base, *, duration=None, update=False):
        """The new run beside what lies in `base`."""
        task = Task("study/case.cosim.yaml", "case", "late")
        return beside_baseline(task, Settings(duration, baseline=base, update=update), RunFolder(self.new))

    def partings(self):
        return [one.text for one in compare_series(Baseline(self.old), RunFolder(self.new)).partings]


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)
