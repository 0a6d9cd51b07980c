"""What controlled inverters do at a voltage: pure functions of the terminal voltage, falling as it rises.

Arrays are (rows, units): rows of members, units of one group of equal control. Voltages are pu of the bus base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from grids.arrays import FloatArray, IntArray

Powers = tuple[FloatArray, FloatArray]


class Response(Protocol):
    """The law of a group of inverters."""

    def powers(self, terminal_pu: FloatArray, p_mw: FloatArray, q_mvar: FloatArray) -> Powers:
        """P and Q at this voltage when `p_mw`, `q_mvar` were asked for, all (rows, units)."""
        ...

    def rows(self, members: IntArray) -> Response:
        """The law of these members only."""
        ...


def _pick(array: FloatArray, members: IntArray) -> FloatArray:
    return array if len(array) == 1 else array[members]


@dataclass(frozen=True, slots=True)
class Curve:
    """Volt-var and volt-watt (IEEE 1547-2018): reactive power first, active power in what is left of the rating."""

    rating_mva: FloatArray  # (M or 1, units)
    most_mw: FloatArray  # (M or 1, units) active rating that volt-watt shares refer to
    volt_var: tuple[FloatArray, FloatArray] | None  # corners: (C,) pu, (C,) share of the rating
    volt_watt: tuple[FloatArray, FloatArray] | None

    def rows(self, members: IntArray) -> Curve:
        """The law of these members only."""
        return Curve(_pick(self.rating_mva, members), _pick(self.most_mw, members), self.volt_var, self.volt_watt)

    def powers(self, terminal_pu: FloatArray, p_mw: FloatArray, q_mvar: FloatArray) -> Powers:
        """P and Q; power that flows in (charging) is not cut, so there Q takes what is left of the rating."""
        p = p_mw
        if self.volt_watt is not None:
            p = np.minimum(p, self.most_mw * np.interp(terminal_pu, *self.volt_watt))
        if self.volt_var is None:
            return np.where(p_mw > 0.0, np.maximum(p, 0.0), p_mw), q_mvar * np.where(p_mw > 0.0, _ratio(p, p_mw), 1.0)
        q = self.rating_mva * np.interp(terminal_pu, *self.volt_var)
        p = np.minimum(p, _room(self.rating_mva, q))
        room = _room(self.rating_mva, np.minimum(p_mw, 0.0))
        return np.where(p_mw > 0.0, p, p_mw), np.clip(q, -room, room)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Japanese voltage-rise suppression (電圧上昇抑制): over a band below the setting it absorbs, above it cuts.

    While power is cut the power factor stays at its floor, so absorption falls with it. Where reactance
    outweighs resistance by more than 1 / tan(phi) that raises the voltage, and no rest is found: low voltage only.
    """

    rating_mva: FloatArray  # (M or 1, units)
    setting_pu: FloatArray  # (M or 1, units)
    band_pu: FloatArray  # (M or 1, units)
    floor: FloatArray  # (M or 1, units) power factor

    def rows(self, members: IntArray) -> Suppression:
        """The law of these members only."""
        own = (self.rating_mva, self.setting_pu, self.band_pu, self.floor)
        return Suppression(*(_pick(array, members) for array in own))

    def powers(self, terminal_pu: FloatArray, p_mw: FloatArray, q_mvar: FloatArray) -> Powers:
        """P and Q: from the power factor asked for to the floor, then P to zero; only while power is given."""
        gives = p_mw > 0.0
        p_asked = np.where(gives, p_mw, 0.0)
        absorb = np.clip((terminal_pu - self.setting_pu) / self.band_pu + 1.0, 0.0, 1.0)
        cut = np.clip((terminal_pu - self.setting_pu) / self.band_pu, 0.0, 1.0)
        own = np.where(gives, _ratio(-q_mvar, p_mw), 0.0)  # tan(phi) asked for, absorbing positive
        tangent = own + absorb * np.maximum(np.sqrt(1.0 - self.floor**2) / self.floor - own, 0.0)
        # at the kVA rating the power factor holds and active power gives way
        p = np.minimum(p_asked, self.rating_mva / np.sqrt(1.0 + tangent**2)) * (1.0 - cut)
        return np.where(gives, p, p_mw), np.where(gives, -p * tangent, q_mvar)


@dataclass(frozen=True, slots=True)
class Droop:
    """A static var compensator: reactive power in proportion to the deviation, all of the rating beyond the droop."""

    rating_mva: FloatArray  # (M or 1, units)
    reference_pu: FloatArray  # (M or 1, units)
    droop_pu: FloatArray  # (M or 1, units)

    def rows(self, members: IntArray) -> Droop:
        """The law of these members only."""
        return Droop(*(_pick(array, members) for array in (self.rating_mva, self.reference_pu, self.droop_pu)))

    def powers(self, terminal_pu: FloatArray, p_mw: FloatArray, q_mvar: FloatArray) -> Powers:
        """P as asked for, Q by the droop."""
        return p_mw, self.rating_mva * np.clip((self.reference_pu - terminal_pu) / self.droop_pu, -1.0, 1.0)


def _room(rating_mva: FloatArray, used: FloatArray) -> FloatArray:
    """What P (or Q) leaves of a rating for the other one."""
    return np.asarray(np.sqrt(np.maximum(rating_mva**2 - used**2, 0.0)))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0.0)
