"""The scenario's `limits:` key: only what differs from the defaults, each default with its certainty."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grids.parameters import Parameters, quantity

ShortTimePercent = Annotated[float, Field(ge=100)]  # of a rating that lasts: a fraction is a slip of the unit


class VoltageLimits(Parameters):
    """Voltage bands at the supply point. Statutory values in volts, the fallback band in per unit."""

    lv_100_lower_v: float = quantity(
        95.0,
        unit="V",
        description="Lower bound of a 100 V leg.",
        certainty="sourced: facts.md 1.1 (101 +- 6 V)",
        gt=0,
    )
    lv_100_upper_v: float = quantity(
        107.0,
        unit="V",
        description="Upper bound of a 100 V leg.",
        certainty="sourced: facts.md 1.1 (101 +- 6 V)",
        gt=0,
    )
    lv_200_lower_v: float = quantity(
        182.0,
        unit="V",
        description="Lower bound of a 200 V supply.",
        certainty="sourced: facts.md 1.1 (202 +- 20 V)",
        gt=0,
    )
    lv_200_upper_v: float = quantity(
        222.0,
        unit="V",
        description="Upper bound of a 200 V supply.",
        certainty="sourced: facts.md 1.1 (202 +- 20 V)",
        gt=0,
    )
    default_lower_pu: float = quantity(
        0.90,
        unit="pu",
        description="Lower bound where no statutory band applies.",
        certainty="assumed: planner.md 3",
        gt=0,
    )
    default_upper_pu: float = quantity(
        1.10,
        unit="pu",
        description="Upper bound where no statutory band applies.",
        certainty="assumed: planner.md 3",
        gt=0,
    )

    leg_unbalance_percent: float = quantity(
        3.0,
        unit="%",
        description="Highest difference of the two measured legs of a supply point over their mean.",
        certainty="assumed: no figure in facts.md 2.3, which has 40 % for equipment [U]",
        gt=0,
    )

    @model_validator(mode="after")
    def _bands_are_upright(self) -> Self:
        for lower, upper in (
            ("lv_100_lower_v", "lv_100_upper_v"),
            ("lv_200_lower_v", "lv_200_upper_v"),
            ("default_lower_pu", "default_upper_pu"),
        ):
            if getattr(self, lower) >= getattr(self, upper):
                given = f"{getattr(self, lower)} and {getattr(self, upper)}"
                raise ValueError(f"{lower} must be below {upper} (given {given})")
        return self


class LimitsSpec(Parameters):
    """Overrides of the limits a run is judged by."""

    voltage: VoltageLimits = Field(default_factory=VoltageLimits, description="Voltage bands at the supply point.")
    line_loading_percent: float = quantity(
        100.0, unit="%", description="Highest loading of a line.", certainty="assumed: rated current", gt=0
    )
    trafo_loading_percent: float = quantity(
        100.0,
        unit="%",
        description="Highest loading of a transformer that is not listed in `pole_trafos`.",
        certainty="assumed: name plate",
        gt=0,
    )
    pole_trafos: tuple[str, ...] = Field(
        default=(), description="Names of the pole transformers, besides those that the network itself knows."
    )
    pole_trafo_loading_percent: float = quantity(
        130.0,
        unit="%",
        description="Highest loading of a pole transformer; they are run above name plate for hours.",
        certainty="assumed: planner.md 1.18 [U]",
        gt=0,
    )
    loading_percent: dict[str, float] = Field(
        default_factory=dict, description="Loading limit of single elements: `line:NAME` or `trafo:NAME` -> percent."
    )
    loading_window_s: Literal[0, 1800] = Field(
        default=1800,
        description="Judge loading on clock half-hour means (1800) or on every step, as a short-time rating (0).",
    )
    short_time_percent: dict[str, ShortTimePercent] = Field(
        default_factory=dict,
        description="Short-time rating of single elements, judged on every step: `line:NAME`, `trafo:NAME` -> percent.",
    )
    power_factor_min: float = quantity(
        0.85,
        unit="1",
        description="Lowest lagging power factor of a half hour at a boundary with contract power.",
        certainty="assumed: facts.md 2.2 [U]",
        gt=0,
        le=1,
    )
    power_factor_floor_percent: float = quantity(
        20.0,
        unit="%",
        description="Part of the contract power below which power factor is not judged.",
        certainty="assumed: planner.md 1.18",
        ge=0,
        lt=100,
    )
    power_factor_leading_percent: float = quantity(
        5.0,
        unit="%",
        description="Reactive power given to the grid that counts as cable charging, of the contract power.",
        certainty="assumed: about 1.5 km of 6.6 kV cable at 0.4 uF/km for 200 kW",
        ge=0,
    )
    connection_low_voltage_kw: float = quantity(
        50.0,
        unit="kW",
        description="Generation of one connection at low voltage stays below it.",
        certainty="assumed: facts.md 2.1 [U]",
        gt=0,
    )
    connection_high_voltage_kw: float = quantity(
        2000.0,
        unit="kW",
        description="Generation of one connection at high voltage (6.6 kV) stays below it.",
        certainty="assumed: facts.md 2.1 [U]",
        gt=0,
    )
    intra_step_kw: float = quantity(
        0.0,
        unit="kW",
        description="How far the import dips below its mean within a step: added to the minimum import that is judged.",
        certainty="assumed: none",
        ge=0,
    )
    power_tolerance_kw: float = quantity(
        0.1,
        unit="kW",
        description="Power beyond a contract, export or import limit that no meter would show.",
        certainty="assumed: smallest step of a 0.1 kW meter display",
        ge=0,
    )
