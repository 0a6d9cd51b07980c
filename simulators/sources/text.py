"""Reading text files as people save them: encodings, comments, blank rows, full-width names."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simulators.sources.errors import SourceError

ENCODINGS = ("utf-8-sig", "cp932")  # cp932, not plain shift_jis: Japanese files use its extensions


def modified(path: Path) -> int:
    """When a file was last changed (part of a cache's key); `SourceError` if there is none."""
    if not path.is_file():
        raise SourceError(path.name, ["there is no such file"])
    return path.stat().st_mtime_ns


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 (with or without mark) or else cp932; `SourceError` if neither fits."""
    modified(path)
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(path.name, [f"cannot be read as any of {', '.join(ENCODINGS)}; save it as UTF-8"])


def data_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row number as an editor shows it, stripped cells) of each row that is neither blank nor a `#` comment."""
    lines = read_text(path).splitlines()
    # a comment becomes a blank line so that a quote in it opens nothing and rows keep their numbers
    reader = csv.reader("" if line.lstrip().startswith("#") else line for line in lines)
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield reader.line_num, stripped


def normalised(name: str) -> str:
    """A column name with full-width letters and brackets as plain ones (NFKC)."""
    return unicodedata.normalize("NFKC", name).strip()


def number(text: str) -> float:
    """A finite decimal number; ValueError in words otherwise."""
    if not text:
        raise ValueError("the value is missing")
    try:
        value = float(text) if "_" not in text else np.nan
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not np.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value
