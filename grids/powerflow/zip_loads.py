"""Voltage-dependent (ZIP) loads in the words of pandapower, exactly.

pandapower knows shares per bus only: it averages those of the loads at a bus without regard to their power, and applies
the mean to everything there, generation included. So constant-impedance parts become shunts. Constant-current parts,
for which there is no other element, become one share of all that meets at a bus; where that sum (nearly) vanishes,
power of constant impedance is added to it and taken off again by a shunt, so that the share stays below one. Where a
source or generator holds the voltage they are constant power: pandapower forgets shares when it reads what those give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import FeederIndex

FULL = 1.0 - 1e-14  # pandapower refuses shares that are more than one together, be it by rounding


@dataclass(frozen=True, slots=True)
class LoadRows:
    """One of p and q as pandapower gets it: rows of the load and shunt tables, and shares per load row."""

    power: FloatArray  # (load,) MW or MVar
    shunt: FloatArray  # (dependent load,) at 1 pu
    z_share: FloatArray  # (load,) 0 without constant current
    i_share: FloatArray  # (load,)


class ZipLoads:
    """The loads of a network, some of which depend on voltage.

    Attributes:
        rows: positions of the loads that do; each has a shunt of its own.
        current: whether any has a constant-current part.
    """

    def __init__(self, shares: FloatArray, index: FeederIndex) -> None:
        self.rows: IntArray = np.flatnonzero(np.any(shares != 0.0, axis=1))
        self._shares = shares
        self._load_bus, self._injection_bus = index.load_bus, index.injection_bus
        self.current = bool(np.any(shares[:, 1::2] != 0.0))

    def split(
        self, kind: int, power: FloatArray, injected: FloatArray, group: IntArray, held_pu: FloatArray
    ) -> LoadRows:
        """Rows for p (`kind` 0) or q (1).

        Args:
            kind: which shares to take.
            power: (load,) demand at 1 pu.
            injected: (injection,) at any voltage.
            group: (bus,) buses joined by closed switches have the same number below the number of buses.
            held_pu: (bus,) voltage a source or generator there holds; NaN where there is none.
        """
        z, i = self._shares[:, 2 * kind], self._shares[:, 2 * kind + 1]
        constant, current, shunt = power * (1.0 - z - i), power * i, power * z
        if not self.current:
            nothing = np.zeros_like(power)
            return LoadRows(constant, shunt[self.rows], nothing, nothing)
        at, buses = group[self._load_bus], len(group)
        known = np.isfinite(held_pu)
        group_pu = np.full(buses, np.nan)
        group_pu[group[known]] = held_pu[known]
        held = np.isfinite(group_pu[at])
        constant = constant + np.where(held, current * group_pu[at], 0.0)
        current = np.where(held, 0.0, current)
        others = np.bincount(group[self._injection_bus], injected, buses)
        fixed = np.bincount(at, constant, buses) - others
        moving = np.bincount(at, current, buses)
        # of the sign of the fixed part, so that both shares together are at most one
        nominal = np.copysign(np.abs(fixed) + np.abs(moving), np.where(fixed != 0.0, fixed, moving))
        added = nominal - fixed - moving
        i_share = np.divide(moving, nominal, out=np.zeros(buses), where=nominal != 0.0)
        z_share = np.divide(added, nominal, out=np.zeros(buses), where=nominal != 0.0)
        groups, first = np.unique(at[self.rows], return_index=True)
        row = self.rows[first]
        rows = constant + current
        rows[row] += added[groups]
        shunt[row] -= added[groups]
        return LoadRows(rows, shunt[self.rows], np.minimum(z_share, FULL - i_share)[at], i_share[at])
