"""pandapower workbooks (.xlsx), read without letting them choose which code runs.

pandapower decodes the text in some cells as JSON and rebuilds objects from the module and class names in it, so every
text cell is scanned before. Older workbooks without the sheets `parameters` and `dtypes` are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from grids.library.pandapower_file import RefusedFileError, scan_text
from grids.naming import fill_names

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

NEEDED_SHEETS = ("parameters", "dtypes", "bus")
FLAGS = ("in_service", "closed")
HEADER_ROWS = 1


def load(path: Path) -> pandapowerNet:
    """The network in a workbook written by `pandapower.to_excel`, with names filled.

    Raises:
        RefusedFileError: the file is no such workbook, names a class outside the allow-list, or has a blank where
            a state must be given.
        OSError: the file cannot be read.
    """
    import pandas as pd  # noqa: PLC0415
    from pandapower.convert_format import convert_format  # noqa: PLC0415
    from pandapower.io_utils import from_dict_of_dfs  # noqa: PLC0415

    if path.suffix.lower() != ".xlsx":
        raise RefusedFileError(f"{path.name}: only .xlsx workbooks are read; save it as one")
    try:
        sheets = pd.read_excel(path, sheet_name=None, index_col=0, engine="openpyxl")
    except (BadZipFile, KeyError, ValueError, TypeError) as error:
        raise RefusedFileError(f"{path.name}: no readable workbook ({error})") from error
    try:
        _scan(sheets)
        net = from_dict_of_dfs(sheets)
        convert_format(net)
    except RefusedFileError as error:
        raise RefusedFileError(f"{path.name}: {error}") from None
    except (UserWarning, LookupError, TypeError, AttributeError, ValueError) as error:
        raise RefusedFileError(f"{path.name}: pandapower cannot read it ({error})") from error
    fill_names(net)
    return net


def _scan(sheets: Mapping[str, pd.DataFrame]) -> None:
    missing = [sheet for sheet in NEEDED_SHEETS if sheet not in sheets]
    if missing:
        raise RefusedFileError(f"no pandapower workbook: sheet {missing[0]!r} is missing (write it with to_excel)")
    for sheet, table in sheets.items():
        for place, text in _texts(sheet, table):
            try:
                scan_text(text, place)
            except RecursionError:
                raise RefusedFileError(f"{place}: nested too deep") from None
        for flag in FLAGS:
            # a blank would silently become true
            if flag in table and table[flag].isna().any():
                row = int(table[flag].isna().to_numpy().argmax()) + HEADER_ROWS + 1
                raise RefusedFileError(f"sheet {sheet!r}, row {row}: {flag} is blank")


def _texts(sheet: str, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Every text of a sheet, headings and row labels too, and where it stands."""
    for label in (*table.columns, *table.index):
        if isinstance(label, str):
            yield f"sheet {sheet!r}, a heading", label
    for column in table.select_dtypes(include="object"):
        for position, cell in enumerate(table[column].tolist()):
            if isinstance(cell, str):
                yield f"sheet {sheet!r}, column {column}, row {position + HEADER_ROWS + 1}", cell
