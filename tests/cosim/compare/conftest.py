"""Run folders of stated figures and findings, written by the code that writes those of real runs."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cosim.findings import Finding, Severity
from cosim.results.figures import Figure
from cosim.results.folder import write_results
from cosim.results.manifest import Manifest, Status
from cosim.results.summary import build_summary
from simulators.axis import TimeAxis

BAND = {"id": "voltage-100v", "quantity": "vm_pu", "subjects": ["bus:a", "bus:b", "bus:c"], "window_s": 1800,
        "lower": 0.9048, "upper": 1.019, "unit": "pu"}  # fmt: skip
CONTRACT = {"id": "contract-power", "quantity": "import_kw", "subjects": ["boundary:pcc"], "window_s": 1800,
            "lower": None, "upper": 100.0, "unit": "kW"}  # fmt: skip


def _finding(rule, subject, value, hours, *, above=None, severity=Severity.VIOLATION, unit="pu", limit=None, members=1,
            share=1.0):  # fmt: skip
    """A finding of `hours`, of them `above` over the upper bound (all, if its value is)."""
    limit = (1.019 if value > 1.019 else 0.9048) if limit is None else limit
    high = hours if value > limit else 0.0
    return Finding(
        id=f"{rule}|{subject}", rule=rule, severity=severity, subject=subject, section="", quantity="vm_pu",
        value=value, limit=limit, margin=-abs(value - limit), unit=unit, first="2020-04-20T12:00", last="",
        worst_at="2020-04-20T12:00", hours=hours, energy_mwh=None, windows=1, members=members, member_share=share,
        worst_member=0, mode="normal", caused_by="", responsible="", label="", certainty="derived", hint="",
        hours_above=high if above is None else above,
    )  # fmt: skip


@pytest.fixture
def finding():
    """`finding(rule, subject, value, hours, ...)` -> a Finding."""
    return _finding


@pytest.fixture
def make_run(tmp_path):
    """`make_run(folder, variant, figures={key: (values, unit)}, findings=[...], ...)` -> its path."""

    def make(name, variant=None, *, figures=None, findings=(), members=1, in_violation=None, scenario="study",
             start="2020-04-20T00:00", duration_s=86400, step_s=900, status=Status.COMPLETE, limits=(BAND, CONTRACT),
             notes=(), **manifest):  # fmt: skip
        folder = tmp_path / name
        folder.mkdir(parents=True)
        axis = TimeAxis.build(datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("Asia/Tokyo")), duration_s, step_s)
        written = Manifest(folder, {
            "scenario": scenario, "variant": variant, "title": {"en": "A study", "ja": "検討"}, "members": members,
            "sets": [], "engine": {"name": "pgm", "version": "1.12"}, "limits": list(limits), "notes": [], **manifest,
        })  # fmt: skip
        if status is Status.RUNNING:
            return folder
        table = [Figure(key, np.atleast_1d(np.asarray(values, dtype=float)), unit)
                 for key, (values, unit) in (figures or {}).items()]  # fmt: skip
        summary = build_summary(
            scenario=scenario, variant=variant, axis=axis, members=members, figures=table, findings=list(findings),
            notes=notes, in_violation=in_violation,
        )  # fmt: skip
        write_results(folder, summary=summary, findings=list(findings))
        written.finish(status, **({} if status is Status.COMPLETE else {"error": "no solution"}))
        return folder

    return make
