"""Sink: members whose power flow found no solution. The first few are examined; the run stops, or goes on and marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import SimulationError
from cosim.results.files import write_json
from grids.feeder import Feeder
from grids.powerflow.contract import FlowState
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.post_mortem import PostMortem, examine
from grids.powerflow.results import taken
from simulators.sinks import Layout, StepBlock

FOLDER = "failed"
MOST = 5  # post-mortems of a run


class Failures:
    """Keeps the first failure of each member.

    Args:
        feeder: solves the trial flows.
        folder: the run folder; each examined failure leaves `failed/step-K-member-M.json` (findings) and
            `...-network.json` (the network with that step's powers, to be solved by hand).
        stop: end the run at the first failure.
    """

    def __init__(self, feeder: Feeder, folder: Path, *, stop: bool) -> None:
        self._feeder, self._folder, self._stop = feeder, folder / FOLDER, stop
        self.examined: list[PostMortem] = []
        self._failed: set[int] = set()
        self._last: tuple[Any, int] | None = None  # states of the block before, and where its last step begins

    def open(self, layout: Layout) -> None:
        """Remember names and clock."""
        self._layout = layout

    def write(self, block: StepBlock) -> None:
        """Examine members that fail for the first time.

        Raises:
            SimulationError: there is one, and the run is to stop.
        """
        converged = block.grid.result.converged
        if not converged.all():
            for row in np.flatnonzero(~converged).tolist():
                self._failure(block, row)
        self._last = (block.grid.state, block.rows - block.members)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def _failure(self, block: StepBlock, row: int) -> None:
        step, place = divmod(row, block.members)
        k, member = block.first_k + step, int(self._layout.member[place])
        if member in self._failed:
            return
        self._failed.add(member)
        found = self._examine(block, row, k, member) if len(self.examined) < MOST else None
        if self._stop:
            axis = self._layout.axis
            moment = axis.local(int(axis.edges[k]))
            who = f" of member {member}" if self._layout.members > 1 else ""
            raise SimulationError(
                f"the power flow of step {k} ({moment:%Y-%m-%d %H:%M}){who} found no solution: {found}. "
                f"{self._folder.name}/ in the run folder holds the findings and the network of that step; "
                "--on-failure mark goes on and marks it"
            )

    def _examine(self, block: StepBlock, row: int, k: int, member: int) -> PostMortem:
        state = taken(block.grid.state, np.array([row]))
        found = examine(self._feeder.engine, state, self._before(block, row), k, member)
        self.examined.append(found)
        self._folder.mkdir(exist_ok=True)
        name = f"step-{k:06d}-member-{member}"
        write_json(self._folder / f"{name}.json", found.as_dict())
        PandapowerEngine(self._feeder.grid).to_json(state, self._folder / f"{name}-network.json")
        return found

    def _before(self, block: StepBlock, row: int) -> FlowState | None:
        """The same member one step earlier."""
        if row >= block.members:
            return taken(block.grid.state, np.array([row - block.members]))
        return None if self._last is None else taken(self._last[0], np.array([self._last[1] + row]))
