"""SimBench networks and their profiles (extra `simbench`; data under ODbL 1.0, never copied here)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import FloatArray
from grids.errors import GridError, unknown
from grids.naming import fill_names

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

    from grids.normalise import NetworkElement

# The rows are uniform; their labels are German clock time without a zone (e2nIEE/simbench#16), with the gap in March
# and the fold in October, so labels are only checked and time is counted in rows from here.
ZONE = "Europe/Berlin"
START = datetime(2016, 1, 1, tzinfo=timezone(timedelta(hours=1)))
STEP_S = 900
STEPS = 366 * 96
INSTALL = 'SimBench networks need the package simbench: pip install "feeder-cosim[simbench]"'


@dataclass(frozen=True)
class SimbenchProfiles:
    """Profiles of one network: (K0,) columns in p.u. of the element, start `START`, one row every `STEP_S` seconds."""

    load_p: dict[str, FloatArray]
    load_q: dict[str, FloatArray]
    generation: dict[str, FloatArray]  # renewables and power plants

    def loads(self, elements: Sequence[NetworkElement]) -> tuple[FloatArray, FloatArray]:
        """Active and reactive demand of load elements, MW and MVar, both (K0, n)."""
        p = _scaled(self.load_p, "load", [(element.name, element.profile, element.p_mw) for element in elements])
        q = _scaled(self.load_q, "load", [(element.name, element.profile, element.q_mvar) for element in elements])
        return p, q

    def generators(self, elements: Sequence[NetworkElement]) -> FloatArray:
        """Active injection of static generators, MW, (K0, n); SimBench generators make no reactive power."""
        return _scaled(self.generation, "sgen", [(e.name, e.profile, e.p_mw) for e in elements])

    def generation_pu(self, name: str) -> FloatArray:
        """One generation profile (`PV5`, `WP4`, ...) in p.u. of the rated power, (K0,)."""
        return _column(self.generation, name, "generation profile")

    def demand_pu(self, name: str) -> FloatArray:
        """One load profile (`H0-A`, `G3-H`, ...) in p.u. of the element's active power, (K0,)."""
        return _column(self.load_p, name, "load profile")


@dataclass(frozen=True)
class SimbenchGrid:
    """A network as SimBench gives it, with names filled and tap changers working, and its profiles."""

    code: str
    net: pandapowerNet
    profiles: SimbenchProfiles


def load(code: str) -> SimbenchGrid:
    """The network and profiles of a SimBench code; the network is the caller's own copy.

    Raises:
        GridError: there is no such code, or its profiles are not the full year they should be.
        ModuleNotFoundError: the extra is not installed (the message says how).
    """
    grid = _load(code)
    return SimbenchGrid(code, copy.deepcopy(grid.net), grid.profiles)


@lru_cache(maxsize=2)  # parsing takes 3 s, and validation and building both ask
def _load(code: str) -> SimbenchGrid:
    try:
        import simbench  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(INSTALL, name="simbench") from error
    codes = simbench.collect_all_simbench_codes()
    if code not in codes:
        raise GridError(unknown("SimBench network", code, codes))
    net = simbench.get_simbench_net(code)
    # pandapower >= 3 ignores tap positions whose changer has no type (e2nIEE/simbench#69): up to 2.8e-2 pu wrong
    net.trafo["tap_changer_type"] = "Ratio"
    fill_names(net)
    return SimbenchGrid(code, net, _profiles(code, net.profiles))


def _profiles(code: str, tables: dict[str, pd.DataFrame]) -> SimbenchProfiles:
    load_p: dict[str, FloatArray] = {}
    load_q: dict[str, FloatArray] = {}
    generation: dict[str, FloatArray] = {}
    for kind, table in tables.items():
        names = [name for name in table.columns if name != "time"]
        if kind == "storage" or not names:
            continue  # storage profiles only ever discharge: never a schedule, never a state of charge
        _check_axis(code, kind, table)
        for name in names:
            values = np.ascontiguousarray(table[name], dtype=np.float64)
            if not np.isfinite(values).all():
                raise GridError(
                    f"SimBench {code}: profile {name} has a gap at row {int(np.argmin(np.isfinite(values)))}"
                )
            if kind != "load":
                generation[name] = values
            elif name.endswith("_pload"):
                load_p[name.removesuffix("_pload")] = values
            elif name.endswith("_qload"):
                load_q[name.removesuffix("_qload")] = values
    return SimbenchProfiles(load_p, load_q, generation)


def _check_axis(code: str, kind: str, table: pd.DataFrame) -> None:
    """Refuse a profile table with missing or doubled quarter hours (e2nIEE/simbench#1 shifted half a year)."""
    import pandas as pd  # noqa: PLC0415

    labels = pd.to_datetime(table["time"], format="%d.%m.%Y %H:%M").to_numpy()
    instants = pd.date_range(START, periods=STEPS, freq=f"{STEP_S}s").tz_convert(ZONE)
    expected = instants.tz_localize(None).to_numpy()
    if len(labels) != STEPS:
        raise GridError(f"SimBench {code}: profiles {kind!r} have {len(labels)} rows, expected {STEPS}")
    wrong = np.flatnonzero(labels != expected)
    if len(wrong):
        row = int(wrong[0])
        raise GridError(f"SimBench {code}: profiles {kind!r}, row {row} is {labels[row]}, expected {expected[row]}")


def _column(columns: dict[str, FloatArray], name: str | None, kind: str) -> FloatArray:
    try:
        return columns[name]  # type: ignore[index]
    except KeyError:
        raise GridError(unknown(kind, str(name), columns)) from None


def _scaled(columns: dict[str, FloatArray], kind: str, elements: Sequence[tuple[str, str | None, float]]) -> FloatArray:
    result = np.empty((STEPS, len(elements)))
    for position, (name, profile, rated) in enumerate(elements):
        if profile is None or profile not in columns:
            raise GridError(f"{kind} {name!r}: " + unknown("profile", str(profile), columns))
        result[:, position] = columns[profile] * rated
    return result
