"""The off-load tap of a pole transformer as planners choose it: one position that has to serve the whole year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEG_V = 105.0  # no-load voltage of a 100 V leg when the primary voltage equals the tap
LOWEST_V, HIGHEST_V = 95.0, 107.0  # 101 +- 6 V at the supply point (facts.md 1.1 [W01][W02][W03])


@dataclass(frozen=True, slots=True)
class TapChoice:
    """A tap and what it leaves. `tap_v` is None where no tap keeps both cases inside the limits."""

    tap_v: float | None
    least_bad_v: float  # the tap with the largest margin, which is `tap_v` where that is not None
    high_v: float  # leg voltage at light load, rise included, with `least_bad_v`
    low_v: float  # leg voltage at heavy load, drop included, with `least_bad_v`
    feasible: tuple[float, ...]  # every tap inside the limits, highest first

    @property
    def margin_v(self) -> float:
        """Distance to the nearer limit; negative outside."""
        return _margin(self.high_v, self.low_v)


def choose_tap(v_light: float, v_heavy: float, drop_v: float, rise_v: float, taps: Sequence[float]) -> TapChoice:
    """The tap that leaves most margin to 95 and 107 V on a leg, at light and at heavy load.

    A leg has V * 105 / tap, plus `rise_v` at light load and minus `drop_v` at heavy load (facts.md 1.3). Of equal
    margins the higher tap, which gives the lower voltage.

    Args:
        v_light: 6.6 kV line voltage at light load, V.
        v_heavy: the same at heavy load, V.
        drop_v: leg drop from there to the last customer at heavy load, V.
        rise_v: leg rise the same way at light load, V.
        taps: primary voltages of the taps, V.

    Raises:
        ValueError: there is no tap.
    """
    if not taps:
        raise ValueError("a pole transformer needs at least one tap")
    ordered = sorted(taps, reverse=True)
    legs = {tap: (v_light * LEG_V / tap + rise_v, v_heavy * LEG_V / tap - drop_v) for tap in ordered}
    feasible = tuple(tap for tap in ordered if _margin(*legs[tap]) >= 0.0)
    best = max(ordered, key=lambda tap: _margin(*legs[tap]))
    high_v, low_v = legs[best]
    return TapChoice(best if feasible else None, best, high_v, low_v, feasible)


def _margin(high_v: float, low_v: float) -> float:
    return min(HIGHEST_V - high_v, low_v - LOWEST_V)
