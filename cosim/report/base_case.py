"""The table of a study beside its base case."""

from __future__ import annotations

from pathlib import Path

from cosim.report.table import Table
from cosim.results.folder import BASE_FOLDER, RunFolder


def base_case_table(run: Path) -> Table:
    """Base case, with the microgrid, change: the rows that `cosim compare` shows; no rows where none was run."""
    from cosim.compare.comparison import compare  # noqa: PLC0415 - it reads runs with the help of this package

    base = run / BASE_FOLDER
    if not base.is_dir() or not RunFolder(base).complete:
        return Table("", (), ())
    compared = compare([base, run])
    rows = tuple((row.label, row.shown_unit, *row.texts(), row.change_text(1)) for row in compared.rows)
    said = "; ".join(claim.sentence for claim in compared.claims)
    caption = " ".join(
        [
            f"Shown is what differs: cosim compare {base.name} and this folder lists the rest.",
            f"{said}." if said else "",
        ]
    )
    return Table("Against the base case", ("", "unit", "base case", "with", "change"), rows, (1,), caption.rstrip())
