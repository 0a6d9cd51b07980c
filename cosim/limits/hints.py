"""What may help against a breach, one plain sentence per quantity and side.

A pole tap is called by its primary voltage: 6750 V gives less than 6600 V.
"""

from __future__ import annotations

from cosim.limits.limit import Quantity

_UPPER = {
    Quantity.VM_PU: "let inverters absorb reactive power, choose a tap that gives less voltage, or limit export here",
    Quantity.LEG_V: "let PV here absorb or suppress (voltage_control), add a regulator, take a pole tap of more volts",
    Quantity.LINE_V: "try a pole tap of more volts, or limit what flows back here",
    Quantity.LEG_UNBALANCE_PERCENT: "move demand to the other leg or to 200 V, or take thicker mains",
    Quantity.LOADING_PERCENT: "move load or generation, limit the power through the element, or reinforce it",
    Quantity.REVERSE_KW: "agree on reverse flow at this switch or keep generation in the section",
    Quantity.EXPORT_KW: "limit generation earlier, charge storage, or raise the agreed export",
    Quantity.IMPORT_KW: "cut the peak with storage or an engine, or raise the contract power",
    Quantity.NON_FIT_EXPORT_KW: "hold back non-FIT plants while FIT plants export, or meter both apart",
    Quantity.LEADING_KVAR: "switch capacitors off by night, or set generation to absorb reactive power",
}
_LOWER = {
    Quantity.VM_PU: "choose a tap that gives more voltage, move load, or reinforce the path to the source",
    Quantity.LEG_V: "choose a pole tap of fewer volts, a regulator upstream, or shift load between the legs",
    Quantity.LINE_V: "choose a pole tap of fewer volts, or reinforce the mains",
    Quantity.NET_IMPORT_KW: "raise the minimum import the controller keeps, or check the relay setting",
    Quantity.POWER_FACTOR: "add capacitors or let inverters deliver reactive power; own active power lowers it too",
}


def hint(quantity: Quantity, *, upper: bool) -> str:
    """A remedy to try; empty where none is known."""
    return (_UPPER if upper else _LOWER).get(quantity, "")
