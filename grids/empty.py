"""A pandapower network without elements: what every source of networks starts from."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandapower import pandapowerNet


def empty_network(*, name: str = "", f_hz: float = 50.0, sn_mva: float = 1.0) -> pandapowerNet:
    """A new network without elements and standard types; a copy, because pandapower takes ten times longer to make one.

    Args:
        name: of the network.
        f_hz: nominal frequency, Hz.
        sn_mva: base power of per-unit values, MVA.
    """
    net = copy.deepcopy(_template())
    net.name, net.f_hz, net.sn_mva = name, f_hz, sn_mva
    return net


@cache
def _template() -> pandapowerNet:
    import pandapower  # noqa: PLC0415

    return pandapower.create_empty_network(add_stdtypes=False)
