"""From the scenario's overrides and the facts of a study to the limits it is judged by."""

from __future__ import annotations

from cosim.limits.facts import LimitFacts
from cosim.limits.limit import Limit
from cosim.limits.loading import loading_limits
from cosim.limits.medium_voltage import mv_band_limits
from cosim.limits.power_factor import power_factor_limits
from cosim.limits.reverse_flow import boundary_limits
from cosim.limits.spec import LimitsSpec
from cosim.limits.voltage import supply_limits, unbalance_limits, voltage_limits


def build_limits(spec: LimitsSpec, facts: LimitFacts) -> tuple[Limit, ...]:
    """Every limit of a study: voltage, loading, then boundaries.

    Raises:
        ValueError: the spec names an element the network does not have, or a supply that cannot exist.
    """
    return (
        *voltage_limits(spec.voltage, facts),
        *supply_limits(spec.voltage, facts),
        *unbalance_limits(spec.voltage, facts),
        *mv_band_limits(spec.voltage, facts),
        *loading_limits(spec, facts),
        *boundary_limits(facts, spec.power_tolerance_kw),
        *power_factor_limits(spec, facts),
    )
