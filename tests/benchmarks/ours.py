"""cosim itself: one study, run again and again as a user's run would, and the powers it solved."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.build import build_study
from cosim.certify.cross_check import CrossCheck
from cosim.ensemble.sampling import draw
from cosim.results.outcome import Results
from cosim.scenario.validation import load_scenario
from cosim.world import build_world
from grids.powerflow.contract import FlowState
from tests.benchmarks.measure import seconds

if TYPE_CHECKING:
    from cosim.scenario.loaded import LoadedScenario
    from simulators.sinks import Layout, StepBlock

SCENARIO = Path(__file__).parent / "lv-rural3.cosim.yaml"
YEAR_STEPS = 35_136  # quarter hours of 2016


class States:
    """Sink: keeps the powers of every step, for the bare solver to solve again."""

    def __init__(self) -> None:
        self.of_step: list[FlowState] = []

    def open(self, layout: Layout) -> None:
        """Nothing to prepare."""

    def write(self, block: StepBlock) -> None:
        """Cut the block into steps."""
        state = block.grid.state
        for at in range(0, block.rows, block.members):
            rows = slice(at, at + block.members)
            self.of_step.append(FlowState(*(getattr(state, name)[rows] for name in FlowState.__dataclass_fields__)))

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""


@dataclass(frozen=True)
class Ours:
    """A study ready to be run any number of times."""

    loaded: LoadedScenario
    study: Any

    @classmethod
    def of(
        cls, scenario: Path, duration: str, *, members: int = 1, threads: int = 1, variant: str | None = None
    ) -> Ours:
        """Load and build; `members` > 1 draws them."""
        sets = ["time.end=null", f"time.duration={duration}"]
        loaded = load_scenario(scenario, variant=variant, sets=sets)
        draws = draw(loaded, members=members if members > 1 else None, member=None)
        return cls(loaded, build_study(loaded, draws=draws, threads=threads))

    @property
    def steps(self) -> int:
        """Steps of the run."""
        return int(self.study.axis.steps)

    def run(self, *extra: Any) -> float:
        """Seconds per step of `world.run` with recorder and every sink of a run, the cross-check at a year's rate."""
        with tempfile.TemporaryDirectory() as folder:
            results = Results(self.loaded, self.study, Path(folder))
            check = CrossCheck(self.study.feeder, seed=0)
            world = build_world(self.study, [*results.sinks, check, *extra])
            return seconds(world.run) / self.steps + self.certificate_s / YEAR_STEPS

    @cached_property
    def certificate_s(self) -> float:
        """What the cross-check of a whole run costs at its end; it does not grow with the run."""
        check = CrossCheck(self.study.feeder, seed=0)
        build_world(self.study, [check]).run()
        return seconds(check.certify)

    def states(self) -> list[FlowState]:
        """The powers of every step, as solved."""
        kept = States()
        self.run(kept)
        return kept.of_step
