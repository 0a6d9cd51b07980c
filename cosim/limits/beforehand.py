"""What is known of a study before it runs: figures without a series, and findings that hold for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.limits.connection import connection_breaches
from cosim.limits.facts import LimitFacts
from cosim.limits.medium_voltage import island_window_figures, tap_breaches
from cosim.limits.spec import LimitsSpec
from cosim.results.figures import Figure
from cosim.rules.checks import Breach


def breaches_before(spec: LimitsSpec, facts: LimitFacts) -> Iterator[Breach]:
    """Pole taps that no voltage suits, and connections with too much behind them."""
    yield from tap_breaches(spec.voltage, facts)
    yield from connection_breaches(spec, facts)


def figures_before(spec: LimitsSpec, facts: LimitFacts, members: int) -> Iterator[Figure]:
    """The voltages every island may have."""
    yield from island_window_figures(spec.voltage, facts, members)
