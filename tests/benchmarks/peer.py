"""The peer: mosaik with its official pandapower adapter, same network, loads and PV, results collected in memory."""

from __future__ import annotations

from typing import Any

import mosaik
import mosaik_api_v3

from tests.benchmarks.measure import seconds

STEP_S = 900
_META = {
    "api_version": "3.0",
    "type": "time-based",
    "models": {"Collector": {"public": True, "any_inputs": True, "params": [], "attrs": []}},
}


class Collector(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """Keeps what it is sent: the least a recorder can do."""

    def __init__(self) -> None:
        super().__init__(_META)
        self.rows: list[Any] = []

    def init(self, sid: str, time_resolution: float) -> Any:
        """Nothing to set up."""
        return self.meta

    def create(self, num: int, model: str) -> list[dict[str, str]]:
        """One collector."""
        return [{"eid": "Collector", "type": model}]

    def step(self, time: int, inputs: Any, max_advance: int) -> int:
        """Keep one step."""
        self.rows.append(inputs)
        return time + STEP_S


def run(code: str, steps: int) -> float:
    """Seconds per step of `world.run` on a SimBench network: all bus voltages and line loadings collected."""
    world = mosaik.World(
        {
            "Grid": {"python": "mosaik_components.pandapower:Simulator"},
            "Collector": {"python": "tests.benchmarks.peer:Collector"},
        },
        cache=False,
        configure_logging=False,
        skip_greetings=True,
    )
    network = world.start("Grid", step_size=STEP_S).Grid(simbench=code)
    collector = world.start("Collector").Collector()
    for child in network.children:
        for model, attribute in (("Bus", "Vm[pu]"), ("Line", "loading[%]")):
            if child.type == model:
                world.connect(child, collector, attribute)
    return seconds(lambda: world.run(until=steps * STEP_S, print_progress=False)) / steps
