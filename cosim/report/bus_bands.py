"""Which voltages each bus may have: its limit, else the window of its pole tap, else the default band.

Behind a pole transformer with tap T a 100 V leg has V_hv * 105 / T without load. So that it keeps its band with the
full drop as well as with the full rise behind it, its 6.6 kV node must stay between (95 + drop) T / 105 and
(107 - rise) T / 105 (planner.md 1.5, facts.md 1.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cosim.limits.medium_voltage import RULE_BAND
from cosim.limits.spec import VoltageLimits
from cosim.limits.voltage import RULE_100V
from cosim.report.shown_limits import ShownLimit
from cosim.report.wires import Wires
from grids.low_voltage import PoleTransformer
from grids.tap_windows import pole_window

JUDGED, WINDOW, ASSUMED = "limit", "pole tap", "assumed"
VM_PU = "vm_pu"


@dataclass(frozen=True, slots=True)
class BusBand:
    """Lowest and highest voltage, and where they come from. Per unit, but for legs, which are in volts."""

    lower: float
    upper: float
    kind: str  # JUDGED, WINDOW or ASSUMED
    words: str  # name of the limit, or the tap

    def place(self, voltage: float) -> float:
        """-1 at the lower bound, 0 in the middle, 1 at the upper bound."""
        return (2.0 * voltage - self.lower - self.upper) / (self.upper - self.lower)


def pole_window_v(pole: PoleTransformer, limits: VoltageLimits) -> tuple[float, float]:
    """(lowest, highest) line voltage at the 6.6 kV side that keeps every leg behind it in its band; may be upside down.

    With the rise of the PV its facts know; the limit that is judged knows the scenario's devices as well.
    """
    window = pole_window(pole, (limits.lv_100_lower_v, limits.lv_100_upper_v))
    return window.lower_v, window.upper_v


def bus_bands(
    wires: Wires, limits: Sequence[ShownLimit], poles: Iterable[PoleTransformer], spec: VoltageLimits
) -> list[BusBand]:
    """The band of every bus."""
    judged = _judged(limits)
    windows = _windows(wires, poles, spec)
    assumed = BusBand(spec.default_lower_pu, spec.default_upper_pu, ASSUMED, "no limit here")
    return [judged.get(f"bus:{name}", windows.get(name, assumed)) for name in wires.bus]


def _judged(limits: Sequence[ShownLimit]) -> dict[str, BusBand]:
    """Subject -> its tightest bounds."""
    of_subject: dict[str, list[ShownLimit]] = defaultdict(list)
    for limit in limits:
        if limit.rule == RULE_BAND:  # the window of the pole tap, which is drawn as such
            continue
        if limit.quantity == VM_PU and limit.lower is not None and limit.upper is not None:
            for subject in limit.subjects:
                of_subject[subject].append(limit)
    found = {}
    for subject, own in of_subject.items():
        lower, upper = max(limit.lower or 0.0 for limit in own), min(limit.upper or 0.0 for limit in own)
        if lower < upper:
            found[subject] = BusBand(lower, upper, JUDGED, ", ".join(sorted({limit.rule for limit in own})))
    return found


def _windows(wires: Wires, poles: Iterable[PoleTransformer], spec: VoltageLimits) -> dict[str, BusBand]:
    """6.6 kV bus -> what all its pole transformers allow together; where nothing does, the default band and words."""
    of_bus: dict[str, list[PoleTransformer]] = defaultdict(list)
    for pole in poles:
        of_bus[pole.bus].append(pole)
    found = {}
    for bus, own in of_bus.items():
        base_v = 1000.0 * float(wires.vn_kv[wires.position[bus]])
        windows = [pole_window_v(pole, spec) for pole in own]
        lower, upper = max(window[0] for window in windows) / base_v, min(window[1] for window in windows) / base_v
        taps = ", ".join(f"{tap:g} V" for tap in sorted({pole.tap_v for pole in own}, reverse=True))
        if lower < upper:
            found[bus] = BusBand(lower, upper, WINDOW, f"tap {taps}")
        else:
            nothing = f"no voltage suits tap {taps} with its drop and rise"
            found[bus] = BusBand(spec.default_lower_pu, spec.default_upper_pu, ASSUMED, nothing)
    return found


def leg_band(spec: VoltageLimits) -> BusBand:
    """What a 100 V leg may have at a supply point, V."""
    return BusBand(spec.lv_100_lower_v, spec.lv_100_upper_v, JUDGED, RULE_100V)


def voltage_spec(scenario: Mapping[str, object]) -> VoltageLimits:
    """The voltage bands of a resolved scenario; the default ones where it says nothing."""
    limits = scenario.get("limits")
    given = limits.get("voltage") if isinstance(limits, Mapping) else None
    return VoltageLimits.model_validate(given or {})
