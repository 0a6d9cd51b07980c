"""`members.parquet`: one row a member, with what it drew, its figures and its hours in every finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cosim.results.figures import Figure
from cosim.results.files import PART
from grids.arrays import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

    from cosim.ensemble.draws import Draws

NAME = "members.parquet"
HOURS = "hours"


def hours_column(finding: str) -> str:
    """The column of a finding's hours; `finding` is its id, `rule|subject`."""
    return f"{HOURS}|{finding}"


def member_table(draws: Draws, figures: Sequence[Figure], hours: Mapping[str, FloatArray]) -> pa.Table:
    """`member`, one column a varied path spelled as in the file, one a figure, one `hours|rule|subject` a finding.

    Args:
        draws: who runs, and what was drawn.
        figures: (M,) values; NaN where a member has none.
        hours: finding id -> (M,) hours in breach, 0 where the member has none.
    """
    import pyarrow as pa  # noqa: PLC0415

    columns = {"member": pa.array(draws.member)}
    columns |= {one.path: pa.array(one.values) for one in draws.drawn}
    columns |= {figure.key: pa.array(figure.values) for figure in sorted(figures, key=lambda figure: figure.key)}
    columns |= {hours_column(finding): pa.array(values) for finding, values in sorted(hours.items())}
    return pa.table(columns)


def write_members(folder: Path, table: pa.Table) -> None:
    """Write the table, whole or not at all."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    part = folder / f"{NAME}{PART}"
    pq.write_table(table, part, compression="zstd")
    part.replace(folder / NAME)
