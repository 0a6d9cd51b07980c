"""Versions, engines and a self-test: is this installation able to answer?"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple

from cosim import __version__

if TYPE_CHECKING:
    from grids.powerflow.contract import Engine

PACKAGES = (
    "mosaik",
    "pandapower",
    "power-grid-model",
    "numba",
    "numpy",
    "pandas",
    "pvlib",
    "scipy",
    "pyarrow",
    "pydantic",
    "plotly",
    "builelib",
)
OPTIONAL = {"simbench": 'networks and profiles: pip install "feeder-cosim[simbench]"'}
HAND_V = 6823.57  # planner.md 5: 1 MW of PV over 5 km at 6,600 V, by hand and by another script
TOLERANCE_V = 0.005


class Finding(NamedTuple):
    """One line of the examination."""

    ok: bool
    what: str
    said: str


def examine(echo: Callable[[str], None] = print) -> bool:
    """Print versions and tests; whether all is well."""
    findings = [*_versions(), *_self_tests()]
    for finding in findings:
        echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what:<16} {finding.said}")
    return all(finding.ok for finding in findings)


def _versions() -> Iterator[Finding]:
    yield Finding(True, "cosim", f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    for package in PACKAGES:
        try:
            yield Finding(True, package, version(package))
        except PackageNotFoundError:
            yield Finding(False, package, "is missing: install cosim again")
    for package, use in OPTIONAL.items():
        try:
            yield Finding(True, package, version(package))
        except PackageNotFoundError:
            yield Finding(True, package, f"not installed (optional, {use})")


def _self_tests() -> Iterator[Finding]:
    yield from _two_bus()
    yield _data()


def _two_bus() -> Iterator[Finding]:
    """The two-bus case of planner.md 5 through both engines."""
    import numpy as np  # noqa: PLC0415

    from grids.library import tables  # noqa: PLC0415
    from grids.library.spec import TablesSpec  # noqa: PLC0415
    from grids.normalise import normalise  # noqa: PLC0415
    from grids.powerflow.pandapower_engine import PandapowerEngine  # noqa: PLC0415
    from grids.powerflow.pgm_engine import PgmEngine  # noqa: PLC0415

    spec = TablesSpec.model_validate(
        {
            "frequency_hz": 60,
            "buses": {"bank": {"vn_kv": 6.6}, "end": {"vn_kv": 6.6}},
            "lines": {
                "line": {
                    "from": "bank",
                    "to": "end",
                    "length_km": 5,
                    "r_ohm_per_km": 0.313,
                    "x_ohm_per_km": 0.377,
                    "max_i_ka": 0.26,
                }
            },
            "sources": {"utility": {"bus": "bank"}},
        }
    )
    grid = normalise(tables.build(spec)).with_points([], [("pv", "end")])
    none = np.zeros((1, 0))
    state = grid.normal.flow(np.array([[1.0]]), np.array([[0.0]]), none, none)
    engine: Engine
    for engine in (PgmEngine(grid), PandapowerEngine(grid)):
        volts = 6600.0 * float(engine.solve(state).vm_pu[0, grid.index.bus_position("end")])
        said = f"{engine.name} {engine.version}: {volts:.2f} V, by hand {HAND_V} V"
        yield Finding(abs(volts - HAND_V) < TOLERANCE_V, "power flow", said)


def _data() -> Finding:
    """The data files of builelib can be read."""
    from simulators.sources.stations import stations  # noqa: PLC0415

    found = len(stations())
    return Finding(found > 0, "weather", f"{found} Japanese stations")
