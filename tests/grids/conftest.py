"""Small networks and ways to solve them, for all tests of the wires."""

import numpy as np
import pytest

from grids.boundaries import BoundarySpec
from grids.feeder import Feeder
from grids.library.spec import TablesSpec
from grids.library.tables import build
from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.sections import SectionSpec, partition


def _row(values, members=1):
    return np.repeat(np.array([list(values)], dtype=float).reshape(1, -1), members, axis=0)


@pytest.fixture
def row():
    """A (1, n) array from numbers."""
    return _row


@pytest.fixture
def as_given():
    """A network with its own loads and generators as points, its engine, and its own powers as a state."""

    def solve(net):
        grid = normalise(net)
        loads, generators = grid.loads, grid.generators
        grid = grid.with_points(
            [(load.name, load.bus, load.shares) for load in loads],
            [(generator.name, generator.bus) for generator in generators],
        )
        state = grid.normal.flow(
            _row(generator.p_mw for generator in generators),
            _row(generator.q_mvar for generator in generators),
            _row(load.p_mw for load in loads),
            _row(load.q_mvar for load in loads),
        )
        return grid, PandapowerEngine(grid), state

    return solve


@pytest.fixture
def tables():
    """A network from short notation: buses of 6.6 kV, lossless lines, switches, one source at `source`."""

    def make(buses, lines=(), switches=None, sources=("source",), loads=(), injections=(), x=0.01):
        spec = {
            "frequency_hz": 50,
            "buses": {name: {"vn_kv": 6.6} for name in buses},
            "lines": {
                f"{a}-{b}": {
                    "from": a,
                    "to": b,
                    "length_km": 1,
                    "r_ohm_per_km": 0,
                    "x_ohm_per_km": x,
                    "max_i_ka": 0.3,
                }
                for a, b in lines
            },
            "switches": switches or {},
            "sources": {name: {"bus": name} for name in sources},
        }
        return normalise(build(TablesSpec.model_validate(spec))).with_points(
            [(f"load {bus}", bus) for bus in loads], [(f"pv {bus}", bus) for bus in injections]
        )

    return make


@pytest.fixture
def feeder_of():
    """A feeder on a normalised network from sections `{name: [buses]}` and boundaries `{name: ([ends], into)}`."""

    def make(grid, sections=None, boundaries=None, events=()):
        parts, problems = partition(
            grid,
            [SectionSpec(name, tuple(contains)) for name, contains in (sections or {}).items()],
            [BoundarySpec(name, tuple(at), into) for name, (at, into) in (boundaries or {}).items()],
        )
        assert problems == []
        return Feeder(grid, PandapowerEngine(grid), parts, events)

    return make
