"""Which 6.6 kV voltages suit the off-load tap of a pole transformer (柱上変圧器タップ), and what suits all of a node's.

At line voltage V a 100 V leg has V * 105 / T behind tap T. So that every leg keeps its band with the full drop as well
as with the full rise behind it, (95 + drop) T / 105 <= V <= (107 - rise) T / 105 (planner.md 1.5, facts.md 1.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from grids.japan.taps import HIGHEST_V, LEG_V, LOWEST_V
from grids.low_voltage import LowVoltageFacts, PoleTransformer

DEFAULT_DROP_V = 6.0  # from the 6.6 kV side to the last customer at the peak; facts.md 1.3 [A]
DEFAULT_RISE_V = 2.0  # the same way at full reverse flow; facts.md 1.3 [A]
TRANSFORMER_SHARE = 1.0 / 3.0  # of drop and rise, inside the transformer: 2-2.5 V of 6-8 V, facts.md 1.3 [U]


@dataclass(frozen=True, slots=True)
class Window:
    """Line voltages that suit, V; `lower_v` above `upper_v` = none does."""

    lower_v: float
    upper_v: float

    @property
    def empty(self) -> bool:
        """Whether no voltage suits."""
        return self.lower_v > self.upper_v


@dataclass(frozen=True, slots=True)
class NodeWindow:
    """What all pole transformers of a 6.6 kV bus allow together."""

    bus: str
    window: Window
    poles: tuple[str, ...]
    taps_v: tuple[float, ...]  # different ones, highest first
    assumed: bool  # a drop or rise nobody gave: the default stands in


def tap_window(
    tap_v: float, drop_v: float, rise_v: float, legs_v: tuple[float, float] = (LOWEST_V, HIGHEST_V)
) -> Window:
    """The 6.6 kV line voltages at which every leg behind one tap keeps its band.

    Args:
        tap_v: primary voltage of the tap, V.
        drop_v: leg drop from the 6.6 kV side to the last customer at the peak, V.
        rise_v: leg rise the same way at full reverse flow, V; 0 where nothing can flow back.
        legs_v: lowest and highest voltage of a leg.
    """
    lowest_v, highest_v = legs_v
    return Window((lowest_v + drop_v) * tap_v / LEG_V, (highest_v - rise_v) * tap_v / LEG_V)


def pole_window(
    pole: PoleTransformer, legs_v: tuple[float, float] = (LOWEST_V, HIGHEST_V), *, generation: bool | None = None
) -> Window:
    """The window of one pole transformer, with drop and rise from its 6.6 kV side on.

    Where the transformer is modelled its facts begin at the secondary terminals: the transformer's own part comes on
    top (`TRANSFORMER_SHARE`). Where neither is known the defaults stand in.

    Args:
        pole: the transformer.
        legs_v: lowest and highest voltage of a leg.
        generation: whether anything behind it can flow back; None = where it has PV.
    """
    given = pole.pv_kw > 0.0 if generation is None else generation
    beyond = 1.0 if pole.lv_bus is None else 1.0 - TRANSFORMER_SHARE
    drop_v = DEFAULT_DROP_V if _drop_unknown(pole) else pole.drop_v / beyond
    rise_v = DEFAULT_RISE_V if _rise_unknown(pole) else pole.rise_v / beyond
    return tap_window(pole.tap_v, drop_v, rise_v if given else 0.0, legs_v)


def node_windows(
    facts: LowVoltageFacts,
    legs_v: tuple[float, float] = (LOWEST_V, HIGHEST_V),
    generation_at: Collection[str] = (),
) -> dict[str, NodeWindow]:
    """6.6 kV bus -> the window all its pole transformers leave.

    Args:
        facts: what stands behind the nodes.
        legs_v: lowest and highest voltage of a leg.
        generation_at: buses with something that can flow back, besides the PV the facts know.
    """
    of_bus: dict[str, list[PoleTransformer]] = defaultdict(list)
    for pole in facts.poles:
        of_bus[pole.bus].append(pole)
    behind = buses_behind(facts)
    found = {}
    for bus, poles in of_bus.items():
        feeds = {one.name: one.pv_kw > 0.0 or not behind[one.name].isdisjoint(generation_at) for one in poles}
        found[bus] = NodeWindow(
            bus=bus,
            window=common(pole_window(one, legs_v, generation=feeds[one.name]) for one in poles),
            poles=tuple(one.name for one in poles),
            taps_v=tuple(sorted({one.tap_v for one in poles}, reverse=True)),
            assumed=any(_drop_unknown(one) or (feeds[one.name] and _rise_unknown(one)) for one in poles),
        )
    return found


def common(windows: Iterable[Window]) -> Window:
    """What suits every one of them.

    Raises:
        TypeError: there is none.
    """
    return reduce(lambda one, other: Window(max(one.lower_v, other.lower_v), min(one.upper_v, other.upper_v)), windows)


def buses_behind(facts: LowVoltageFacts) -> Mapping[str, frozenset[str]]:
    """Pole transformer -> the buses it feeds; where its secondary is not modelled, the 6.6 kV bus stands for them."""
    pole_of = {pole.lv_bus or pole.bus: pole.name for pole in facts.poles}
    for segment in facts.segments:  # outwards
        if segment.from_bus in pole_of:
            pole_of[segment.to_bus] = pole_of[segment.from_bus]
    found: dict[str, set[str]] = {pole.name: {pole.lv_bus or pole.bus} for pole in facts.poles}
    for bus, name in pole_of.items():
        found[name].add(bus)
    return {name: frozenset(buses) for name, buses in found.items()}


def _drop_unknown(pole: PoleTransformer) -> bool:
    return pole.drop_v == 0.0 and pole.peak_kw == 0.0


def _rise_unknown(pole: PoleTransformer) -> bool:
    return pole.rise_v == 0.0 and pole.pv_kw == 0.0
