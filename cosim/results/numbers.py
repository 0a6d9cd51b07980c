"""Numbers as they are written: ten significant digits, so that equal runs give equal bytes."""

from __future__ import annotations

import math
from typing import Any

SIGNIFICANT_DIGITS = 10


def significant(value: float) -> float | None:
    """The value with ten significant digits; None for what JSON cannot hold (NaN, infinity)."""
    if not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # + 0.0 turns -0.0 into 0.0


def plain(data: Any) -> Any:
    """Nested plain data with every float rounded by `significant`."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value) for value in data]
    return significant(data) if isinstance(data, float) else data
