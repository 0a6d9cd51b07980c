"""How units of an entry are called: `home-pv[17]`, or the bare name where there is only one."""

from __future__ import annotations


def unit_names(name: str, units: int) -> tuple[str, ...]:
    """The name of each unit of an entry or subject."""
    return (name,) if units == 1 else tuple(f"{name}[{unit}]" for unit in range(units))
