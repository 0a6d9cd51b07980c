"""The comparison as files: CSV for a spreadsheet, JSON for a program, one HTML page."""

from __future__ import annotations

import csv
import io
from itertools import groupby
from pathlib import Path
from typing import Any

from cosim.compare.comparison import Comparison
from cosim.results.files import write_json, write_text

SCHEMA = "cosim-comparison/1"
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets read Japanese names as another encoding


def write_csv(comparison: Comparison, path: Path) -> None:
    """One line a row: group, figure, words, unit, statistic, then value, change and change in percent of each run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first, *others = (run.label for run in comparison.runs)
    changes = [f"{label}{what}" for label in others for what in ("", " change", " change percent")]
    writer.writerow(["group", "figure", "words", "unit", "statistic", first, *changes])
    for row in comparison.rows:
        cells = [
            _empty(cell)
            for at in range(1, len(comparison.runs))
            for cell in (row.values[at], row.change(at), row.percent(at))
        ]
        writer.writerow([row.group.value, row.key, row.words, row.unit, row.statistic, _empty(row.values[0]), *cells])
    write_text(path, BYTE_ORDER_MARK + text.getvalue())


def _empty(value: float | None) -> float | str:
    return "" if value is None else value


def write_comparison_json(comparison: Comparison, path: Path) -> None:
    """Runs, rows with full values, notes, claims and verdicts rule by rule."""
    write_json(path, as_data(comparison))


def as_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data; one entry a run in `values`, `changes`, `percent` and `words`."""
    runs = range(len(comparison.runs))
    return {
        "schema": SCHEMA,
        "runs": [
            {
                "label": run.label,
                "folder": str(run.path),
                "scenario": run.overview.name,
                "variant": run.overview.variant or None,
                "status": run.overview.folder.status.value,
                "members": run.members,
                "period": run.overview.summary.get("period"),
            }
            for run in comparison.runs
        ],
        "notes": [*comparison.notes, *comparison.own_notes],
        "claims": [
            {"run": claim.label, "weight": claim.weight, "sentence": claim.sentence} for claim in comparison.claims
        ],
        "verdicts": [
            {"rule": verdict.rule, "severity": verdict.severity.value, "said": list(verdict.said)}
            for verdict in comparison.verdicts
        ],
        "rows": [
            {
                "group": row.group.value,
                "figure": row.key,
                "words": row.words,
                "unit": row.unit,
                "statistic": row.statistic,
                "values": list(row.values),
                "changes": [row.change(at) for at in runs],
                "percent": [row.percent(at) for at in runs],
                "said": [row.change_text(at) for at in runs],
            }
            for row in comparison.rows
        ],
    }


def write_page(comparison: Comparison, path: Path) -> None:
    """One page in the look of the report, without scripts."""
    from cosim.report.page import page_environment  # noqa: PLC0415

    groups = [(group.value, list(rows)) for group, rows in groupby(comparison.rows, key=lambda row: row.group)]
    page = page_environment().get_template("compare.html.j2").render(comparison=comparison, groups=groups)
    write_text(path, page)
