"""Who is connected at the poles of the study feeder: homes, shops, photovoltaics. Fixed patterns, nothing random."""

from __future__ import annotations

from dataclasses import dataclass

from grids.japan.design import Figures
from grids.japan.plan import Node
from grids.japan.spec import Design

SHOP_SHARE_200V = 0.5  # assumed: cooling and kitchen on 200 V, the rest even on both legs


@dataclass(frozen=True, slots=True)
class Home:
    """A home behind a pole; shares are parts of its demand, the rest is on 200 V."""

    number: int  # behind its pole, from 1
    share_a: float
    share_b: float
    pv_kw: float  # AC rating, 0 = none


@dataclass(frozen=True, slots=True)
class Pole:
    """What hangs on one node's pole transformer. Powers at the annual peak of the feeder."""

    name: str
    node: Node
    sn_kva: float
    homes: tuple[Home, ...]
    home_kw: float  # of each home
    shop_kw: float  # 0 = no shop

    @property
    def peak_kw(self) -> float:
        """Demand at the annual peak of the feeder."""
        return len(self.homes) * self.home_kw + self.shop_kw

    @property
    def pv_kw(self) -> float:
        """AC rating of all PV."""
        return sum(home.pv_kw for home in self.homes)


def poles_of(design: Design, figures: Figures, nodes: tuple[Node, ...]) -> tuple[Pole, ...]:
    """One pole transformer a node, sizes and homes in their cycle; PV spread evenly over all homes.

    Home h of H, counted from 0 over all poles, has PV if floor((h + 1) n / H) > floor(h n / H) for n homes with PV.
    """
    cycle, first, poles = len(design.poles.sizes_kva), 0, []
    for place, node in enumerate(nodes):
        count = design.poles.homes[place % cycle]
        homes = tuple(_home(design, figures, first + k, k + 1) for k in range(count))
        every = design.poles.shop_every
        shop_kw = design.poles.shop_kw if every and (place + 1) % every == 0 else 0.0
        size = design.poles.sizes_kva[place % cycle]
        poles.append(Pole(node.pole, node, size, homes, design.homes.kw, shop_kw))
        first += count
    return tuple(poles)


def _home(design: Design, figures: Figures, overall: int, number: int) -> Home:
    n, total = figures.pv_homes, figures.homes
    has_pv = (overall + 1) * n // total > overall * n // total
    on_legs, heavy = 1.0 - design.homes.share_200v, design.homes.heavy_leg
    shares = (on_legs * heavy, on_legs * (1.0 - heavy))
    share_a, share_b = shares if number % 2 else shares[::-1]
    return Home(number, share_a, share_b, figures.kw_per_home if has_pv else 0.0)
