"""Which engine solves the power flow: the fast one wherever it carries the whole network, else the reference."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cosim.errors import UsageError
from grids.errors import UnsupportedElementsError
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine

if TYPE_CHECKING:
    from grids.normalise import NormalisedGrid
    from grids.powerflow.contract import Engine

AUTO = "auto"
ENGINES = (AUTO, PgmEngine.name, PandapowerEngine.name)
SHOWN = 3  # reasons a note names


def choose_engine(name: str, grid: NormalisedGrid, threads: int | None) -> tuple[Engine, tuple[str, ...]]:
    """The engine asked for, and what is worth saying about the choice.

    Args:
        name: one of `ENGINES`; `auto` never changes numbers, both solve the same normalised network.
        grid: the network.
        threads: of a batched call; None = one a core.

    Raises:
        UsageError: there is no such engine, or it was asked for by name and cannot carry the network.
    """
    if name not in ENGINES:
        raise UsageError(f"there is no engine {name!r}; known are {', '.join(ENGINES)}")
    if name == PandapowerEngine.name:
        return PandapowerEngine(grid), ()
    try:
        return PgmEngine(grid, threads=threads or cores()), ()
    except UnsupportedElementsError as error:
        if name != AUTO:
            said = f"power-grid-model cannot carry {'; '.join(error.elements)}; use --engine auto or pandapower"
            raise UsageError(said) from error
        shown = "; ".join(error.elements[:SHOWN])
        more = f" and {len(error.elements) - SHOWN} more" if len(error.elements) > SHOWN else ""
        said = f"engine pandapower, because power-grid-model cannot carry {shown}{more}"
        return PandapowerEngine(grid), (said,)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
