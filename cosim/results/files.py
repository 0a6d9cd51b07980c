"""Files that are either whole or not there: written under another name, then renamed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PART = ".part"  # ending of a file still being written; readers ignore it


def write_text(path: Path, text: str) -> None:
    """Replace a file in one move. UTF-8, line feeds only on every system."""
    part = path.with_name(path.name + PART)
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_json(path: Path, data: Any) -> None:
    """Write plain data; NaN and infinity are refused (ValueError): JSON has neither."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
