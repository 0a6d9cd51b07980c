"""How the cost of a step grows with buses and with members."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandapower

from tests.benchmarks.ours import SCENARIO, Ours

BUSES = (10, 30, 100, 300, 1000, 5000)
MEMBERS = (1, 10, 100, 1000, 10_000)
_SCENARIO = """
name: growth
time: {{ start: 2020-06-01T00:00, duration: P1D, step: PT15M, timezone: Asia/Tokyo }}
grid: {{ pandapower: {file} }}
loads:
  network: {{ kind: network }}
"""


def network(buses: int, path: Path) -> None:
    """A 6.6 kV feeder: a trunk with laterals of ten buses, 20 kW of demand a bus below a share that keeps it alive."""
    net = pandapower.create_empty_network(f_hz=50)
    created = pandapower.create_buses(net, buses, 6.6, name=[f"bus {at}" for at in range(buses)])
    pandapower.create_ext_grid(net, created[0])
    at = np.arange(1, buses)
    parents = np.where(at % 10 == 0, np.maximum(at - 10, 0), at - 1)
    pandapower.create_lines_from_parameters(
        net, created[parents], created[at], length_km=0.05, r_ohm_per_km=0.1, x_ohm_per_km=0.3, c_nf_per_km=10,
        max_i_ka=0.5,
    )  # fmt: skip
    pandapower.create_loads(net, created[at], 2.0 / buses, 0.5 / buses)
    path.write_text(pandapower.to_json(net), encoding="utf-8")


def by_buses(counts: Sequence[int] = BUSES) -> Iterator[dict[str, float]]:
    """One member, a day, all series recorded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in counts:
            network(count, folder / f"feeder-{count}.json")
            scenario = folder / f"growth-{count}.cosim.yaml"
            scenario.write_text(_SCENARIO.format(file=f"feeder-{count}.json"), encoding="utf-8")
            ours = Ours.of(scenario, "P1D")
            ours.run()
            yield {"buses": count, "step_ms": 1e3 * min(ours.run() for _ in range(3))}


def by_members(counts: Sequence[int] = MEMBERS, threads: int = 1) -> Iterator[dict[str, float]]:
    """The benchmark network; fewer steps with more members."""
    for count in counts:
        duration = "P1D" if count <= 100 else "PT6H" if count <= 1000 else "PT2H"
        ours = Ours.of(SCENARIO, duration, members=count, threads=threads)
        step_s = min(ours.run() for _ in range(2))
        yield {"members": count, "step_ms": 1e3 * step_s, "member_step_us": 1e6 * step_s / count}
