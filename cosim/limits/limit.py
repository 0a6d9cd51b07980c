"""A limit: which quantity of which subjects must stay inside which bounds, over which window, and who answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from cosim.findings import Severity
from grids.arrays import FloatArray
from simulators.axis import HALF_HOUR_S

INSTANT = 0


class Quantity(StrEnum):
    """What a limit bounds. The three flows of planner.md 1.1 are three quantities and never mixed."""

    VM_PU = "vm_pu"  # subjects `bus:NAME`
    LEG_V = "leg_v"  # a 100 V leg at a supply point; subjects `customer:NAME@a|b`, `pole:NAME@near|far`
    LINE_V = "line_v"  # the 200 V line voltage at a supply point; subjects `customer:NAME`, `pole:NAME`
    LEG_UNBALANCE_PERCENT = "leg_unbalance_percent"  # |Va - Vb| over their mean; subjects `customer:NAME`
    LOADING_PERCENT = "loading_percent"  # subjects `line:NAME`, `trafo:NAME`, `switch:NAME`
    REVERSE_KW = "reverse_kw"  # (i) one branch end, against its present source side; subjects `switch:S3@from`
    EXPORT_KW = "export_kw"  # (ii), (iii) net export of the section or customer behind a boundary
    IMPORT_KW = "import_kw"  # (iii) metered import through a boundary, 0 while it exports
    NET_IMPORT_KW = "net_import_kw"  # signed import through a boundary
    NON_FIT_EXPORT_KW = "non_fit_export_kw"  # export of a boundary beyond what FIT plants behind it generate
    POWER_FACTOR = "power_factor"  # |P| over apparent power, lagging as seen from the grid
    LEADING_KVAR = "leading_kvar"  # reactive power given to the grid

    @property
    def unit(self) -> str:
        """The unit values and bounds are in."""
        return _UNITS.get(self, "kW")


# of half-hour means of active and reactive power together: `power_factor` judges them, not the monitor
OF_BOTH_POWERS = frozenset({Quantity.POWER_FACTOR, Quantity.LEADING_KVAR})
_UNITS = {
    Quantity.VM_PU: "pu",
    Quantity.LEG_V: "V",
    Quantity.LINE_V: "V",
    Quantity.LEG_UNBALANCE_PERCENT: "%",
    Quantity.LOADING_PERCENT: "%",
    Quantity.POWER_FACTOR: "1",
    Quantity.LEADING_KVAR: "kvar",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A closed interval; infinite where a side is not bounded."""

    lower: float = -np.inf
    upper: float = np.inf

    def __post_init__(self) -> None:
        if np.isnan(self.lower) or np.isnan(self.upper) or self.lower > self.upper:
            raise ValueError(f"bounds must be numbers with lower <= upper (given {self.lower}, {self.upper})")


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule for a group of subjects. `id` names the rule; (id, subject) is unique in a study."""

    id: str
    quantity: Quantity
    subjects: tuple[str, ...]
    window_s: int  # INSTANT or HALF_HOUR_S
    bounds: Bounds
    section: str
    responsible: str
    label: str  # legal or technical ground, as text
    certainty: str  # "sourced", "derived" or "assumed", with its source
    severity: Severity
    tolerance: float = 1e-9  # excess that is not yet a breach, in the unit of the quantity

    def __post_init__(self) -> None:
        if self.window_s not in {INSTANT, HALF_HOUR_S}:
            raise ValueError(f"{self.id}: window_s must be 0 or {HALF_HOUR_S} (given {self.window_s})")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the manifest; `lower` and `upper` are None where a side is open."""
        lower, upper = (bound if np.isfinite(bound) else None for bound in (self.bounds.lower, self.bounds.upper))
        plain = {name: value for name, value in asdict(self).items() if name not in {"bounds", "tolerance"}}
        return {**plain, "subjects": list(self.subjects), "lower": lower, "upper": upper, "unit": self.quantity.unit}


def excess(value: FloatArray, lower: FloatArray | float, upper: FloatArray | float) -> FloatArray:
    """How far values lie outside [lower, upper]; 0 inside, NaN where the value is NaN. All arrays broadcast."""
    return np.asarray(np.maximum(np.maximum(value - upper, lower - value), 0.0))
