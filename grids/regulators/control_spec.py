"""How an inverter helps to hold the voltage: the scenario's `voltage_control` of a device."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grids.parameters import Parameters, quantity

LEG_LIMIT_V = 107.0
LEG_BASES_KV = (0.2, 0.202, 0.21)  # bus bases whose half is a 100 V leg: where suppression has something to hold


class CurveName(StrEnum):
    """Default curves of IEEE 1547-2018, tables 8 and 10."""

    CATEGORY_A = "category_a"
    CATEGORY_B = "category_b"


class CurvePoint(Parameters):
    """A corner of a curve."""

    v_pu: float = quantity(unit="pu", description="Voltage at the terminals.", gt=0, lt=2)
    share: float = quantity(unit="1", description="Share of the rating; injecting is positive.", ge=-1, le=1)


Corners = tuple[tuple[float, ...], tuple[float, ...]]

# IEEE 1547-2018 table 8: voltages and reactive power as a share of the nameplate kVA
VOLT_VAR: dict[CurveName, Corners] = {
    CurveName.CATEGORY_A: ((0.9, 1.0, 1.0, 1.1), (0.25, 0.0, 0.0, -0.25)),
    CurveName.CATEGORY_B: ((0.92, 0.98, 1.02, 1.08), (0.44, 0.0, 0.0, -0.44)),
}
# IEEE 1547-2018 table 10: active power falls from all of the rating at 1.06 to nothing (the least it can) at 1.10
VOLT_WATT: Corners = ((1.06, 1.10), (1.0, 0.0))


def _corners(given: CurveName | tuple[CurvePoint, ...], named: dict[CurveName, Corners]) -> Corners:
    if isinstance(given, CurveName):
        return named[given]
    return tuple(point.v_pu for point in given), tuple(point.share for point in given)


def _falling(points: CurveName | tuple[CurvePoint, ...] | None, name: str) -> None:
    if points is None or isinstance(points, CurveName):
        return
    voltages, shares = [point.v_pu for point in points], [point.share for point in points]
    if sorted(voltages) != voltages or sorted(shares, reverse=True) != shares:
        raise ValueError(f"{name}: voltages must rise and shares must not rise from corner to corner")


Points = Annotated[tuple[CurvePoint, ...], Field(min_length=2, max_length=16)]


class SmartControlSpec(Parameters):
    """Volt-var and volt-watt by curve; reactive power has priority inside the kVA rating."""

    kind: Literal["volt_var_watt"]
    volt_var: CurveName | Points | None = Field(
        None, description="Reactive power over voltage: a named curve or corners; none if left out."
    )
    volt_watt: Literal["default"] | Points | None = Field(
        None, description="Most active power over voltage: `default` (1.06 to 1.10 pu) or corners; none if left out."
    )

    @model_validator(mode="after")
    def _curves(self) -> Self:
        if self.volt_var is None and self.volt_watt is None:
            raise ValueError("give volt_var, volt_watt or both")
        _falling(self.volt_var, "volt_var")
        if not isinstance(self.volt_watt, str):
            _falling(self.volt_watt, "volt_watt")
            if self.volt_watt is not None and min(point.share for point in self.volt_watt) < 0:
                raise ValueError("volt_watt: shares lie between 0 and 1")
        return self

    @property
    def reactive(self) -> Corners | None:
        """Corners of the volt-var curve."""
        return None if self.volt_var is None else _corners(self.volt_var, VOLT_VAR)

    @property
    def active(self) -> Corners | None:
        """Corners of the volt-watt curve."""
        if self.volt_watt is None:
            return None
        return VOLT_WATT if isinstance(self.volt_watt, str) else _corners(self.volt_watt, {})


class SuppressionSpec(Parameters):
    """Voltage-rise suppression of a Japanese PCS (電圧上昇抑制): absorb to a power-factor floor, then cut power.

    The setting is `limit_v` plus the rise of the house wiring at rated output (facts.md 1.2), so at part load the
    supply point may lie above `limit_v`. It acts and lets go within a step.
    """

    kind: Literal["suppression"]
    limit_v: float = quantity(
        LEG_LIMIT_V,
        unit="V",
        description="Leg voltage to keep at the supply point.",
        vary=True,
        certainty="sourced: facts.md 1.2",
        gt=90,
        lt=130,
    )
    house_rise_v: float = quantity(
        1.0,
        unit="V",
        description="Rise of the house wiring per 100 V leg at rated output.",
        vary=True,
        certainty="assumed",
        ge=0,
        lt=20,
    )
    mains_rise_v: float | None = quantity(
        None,
        unit="V",
        description=(
            "Rise per leg from the bus to the supply point at rated output, where that stretch is not modelled; left "
            "out = what the network says of its pole transformer, else 0."
        ),
        ge=0,
        lt=20,
    )
    bus_is: Literal["supply_point", "terminal"] | None = Field(
        None,
        description=(
            "What its bus is: the supply point, or the PCS terminals behind the house wiring; left out = terminals "
            "where the network has that wiring, else the supply point."
        ),
    )
    power_factor_floor: float = quantity(
        0.85,
        unit="1",
        description="Lowest power factor it goes to before it cuts power.",
        vary=True,
        certainty="assumed: facts.md 2.2 [U] 0.85, 0.80 where agreed",
        gt=0.5,
        le=1,
    )
    band_v: float = quantity(
        0.2,
        unit="V",
        description="Per leg: it absorbs over this band below its setting and cuts over this band above it.",
        certainty="assumed: the regulation of a PCS is steep",
        gt=0,
        le=5,
    )


class SvcSpec(Parameters):
    """A static var compensator: reactive power in proportion to the voltage's deviation."""

    reference_pu: float = quantity(
        1.0, unit="pu", description="Voltage at which it gives none.", vary=True, certainty="assumed", gt=0.5, lt=1.5
    )
    droop_percent: float = quantity(
        2.0,
        unit="%",
        description="Deviation at which it gives all it has.",
        vary=True,
        certainty="assumed",
        gt=0,
        le=20,
    )


VoltageControlSpec = Annotated[SmartControlSpec | SuppressionSpec, Field(discriminator="kind")]
