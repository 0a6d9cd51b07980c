"""The network as inverters see it around a flow: linear, and corrected by every flow that follows.

Laws and linear network are brought together by Newton's method, with a step that is halved until it helps; kinks and
saturation are taken as they come. Members are solved side by side and never look at each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.regulators.law import Law, rows_of

PASSES = 60
HALVINGS = 8
CLOSE_PU = 1e-12
LEAST_CHANGE_MW = 1e-7  # smaller changes tell nothing about the network


@dataclass(frozen=True, slots=True)
class LinearNetwork:
    """V = voltage + per_mw (P - p) + per_mvar (Q - q) at the buses of the inverters, (n, N); dead ones stay."""

    voltage: FloatArray
    p: FloatArray
    q: FloatArray
    alive: BoolArray
    per_mw: FloatArray  # (n or 1, N, N) pu per MW: row = where the voltage is, column = where the power goes in
    per_mvar: FloatArray  # (n or 1, N, N)

    def only(self, members: IntArray) -> LinearNetwork:
        """Of these members, by position."""
        return LinearNetwork(
            self.voltage[members],
            self.p[members],
            self.q[members],
            self.alive[members],
            rows_of(self.per_mw, members),
            rows_of(self.per_mvar, members),
        )

    def at(self, p: FloatArray, q: FloatArray) -> FloatArray:
        """(n, N) voltages when the inverters give this."""
        change_p, change_q = (p - self.p)[..., np.newaxis], (q - self.q)[..., np.newaxis]
        return np.asarray(self.voltage + (self.per_mw @ change_p + self.per_mvar @ change_q)[..., 0])

    def corrected(self, voltage: FloatArray, p: FloatArray, q: FloatArray, alive: BoolArray) -> LinearNetwork:
        """Around a new flow, with sensitivities that explain how it differs from the last one (Broyden 1965)."""
        missed = (voltage - self.at(p, q))[..., np.newaxis]
        change_p, change_q = p - self.p, q - self.q
        length = (change_p**2).sum(axis=1) + (change_q**2).sum(axis=1)
        told = length > LEAST_CHANGE_MW**2
        share = np.where(told, 1.0 / np.where(told, length, 1.0), 0.0)[:, np.newaxis]
        per_mw = self.per_mw + missed * (share * change_p)[:, np.newaxis]
        per_mvar = self.per_mvar + missed * (share * change_q)[:, np.newaxis]
        return LinearNetwork(voltage, p, q, alive, per_mw, per_mvar)


def agree(law: Law, network: LinearNetwork, terminal_pu: FloatArray) -> FloatArray:
    """(n, N) terminal voltages at which laws and network agree, looked for from `terminal_pu`."""
    found = terminal_pu.copy()
    active = np.arange(len(found))
    gap = _gap(law, network, found)
    for _ in range(PASSES):
        wide = np.abs(gap).max(axis=1) > CLOSE_PU
        active, gap = active[wide], gap[wide]
        if not len(active):
            break
        some, around, at = law.only(active), network.only(active), found[active]
        newton, damped = _steps(some, around, at, gap)
        found[active], gap = _downhill(some, around, at, gap, newton, damped)
    return found


def _gap(law: Law, network: LinearNetwork, terminal_pu: FloatArray) -> FloatArray:
    p, q = law.powers(terminal_pu)
    return np.where(network.alive, terminal_pu - law.terminal(network.at(p, q), p), 0.0)


def _steps(law: Law, network: LinearNetwork, at: FloatArray, gap: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Newton's step, and a damped one that always leads closer where the laws fall."""
    slope_p, slope_q = (np.where(network.alive, slope, 0.0) for slope in law.slopes(at))
    coupled = network.per_mw * slope_p[:, np.newaxis] + network.per_mvar * slope_q[:, np.newaxis]
    own = law.rise * slope_p
    unit = np.eye(at.shape[1])
    newton = np.linalg.solve(unit - coupled - own[:, np.newaxis] * unit, gap[..., np.newaxis])[..., 0]
    return np.asarray(newton), gap / (1.0 + np.abs(coupled).sum(axis=2) + np.abs(own))


def _downhill(
    law: Law, network: LinearNetwork, at: FloatArray, gap: FloatArray, newton: FloatArray, damped: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The next point and its gap: Newton's step, halved until the gap shrinks, else the damped one."""
    after, left = at - damped, np.empty_like(gap)
    trying, share = np.arange(len(at)), 1.0
    for _ in range(HALVINGS):
        tried = at[trying] - share * newton[trying]
        there = _gap(law.only(trying), network.only(trying), tried)
        better = np.abs(there).max(axis=1) < np.abs(gap[trying]).max(axis=1)
        after[trying[better]], left[trying[better]] = tried[better], there[better]
        trying, share = trying[~better], share / 2.0
        if not len(trying):
            return after, left
    left[trying] = _gap(law.only(trying), network.only(trying), after[trying])
    return after, left
