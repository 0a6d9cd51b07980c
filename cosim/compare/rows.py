"""A row of the comparison: one figure of every run, and how each differs from the first run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from cosim.report.texts import MISSING, number, settled, unit_text

SAME = "="
CURED = "cured"
NEW = "new"
SLIGHT_PERCENT = 0.05
MOST_PERCENT = 1000.0  # beyond it a factor says more
_ABSOLUTE = frozenset({"pu", "1", "%", "degC", "V"})  # a share of these says nothing: told in their own unit
DECIMALS = {"pu": 4, "V": 2}  # voltages: digits of the same place, to be compared
_KILO = {"MWh": "kWh", "MW": "kW", "MVar": "kvar"}
KILO_BELOW = 10.0


class Group(StrEnum):
    """Groups of rows, in a planner's order."""

    FINDINGS = "Findings"
    VOLTAGE = "Voltage"
    WIRES = "Losses and loading"
    BOUNDARIES = "Boundaries"
    ENERGY = "Energy"
    CUTS = "Curtailed and not served"
    REGULATORS = "Regulators"
    PLANT = "Engines and heat"
    MONEY = "Money, fuel and CO2"
    OTHER = "Other figures"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every run.

    `values` has one entry a run, None where the run does not have the figure. `key` is that of `summary.json`, with
    `*` for a sum or an extreme over subjects, or `rule:NAME.what` for findings. `detail` rows are shown only when asked
    for, `always` rows also where all runs read the same. `burden` rows count breaches: 0 means that none is left;
    `claims` says for which runs it may be said so.
    """

    group: Group
    key: str
    words: str
    unit: str
    values: tuple[float | None, ...]
    statistic: str = ""  # over the members of an ensemble
    detail: bool = False
    burden: bool = False
    claims: tuple[bool, ...] = ()
    always: bool = False

    def change(self, at: int) -> float | None:
        """Value of a run minus that of the first; None if either has none."""
        value, reference = self.values[at], self.values[0]
        return None if value is None or reference is None else value - reference

    def percent(self, at: int) -> float | None:
        """The change as a share of the first run's value; None where such a share has no meaning."""
        value, reference = self.values[at], self.values[0]
        if value is None or reference is None or self.unit in _ABSOLUTE or reference == 0 or value * reference < 0:
            return None
        return 100.0 * (value - reference) / abs(reference)

    @property
    def label(self) -> str:
        """The words, with the statistic where it is not the obvious one."""
        return f"{self.words}, {self.statistic}" if self.statistic in {"mean", "p95"} else self.words

    @property
    def differs(self) -> bool:
        """Whether the runs read differently."""
        return len(set(self.texts())) > 1

    def texts(self) -> tuple[str, ...]:
        """The values as they are shown, in `shown_unit`."""
        return tuple(self._text(value) for value in self.values)

    @property
    def shown_unit(self) -> str:
        """The unit of the texts: kilo where all values are small."""
        return unit_text(self._scale[0])

    @property
    def _scale(self) -> tuple[str, float]:
        largest = max((abs(value) for value in self.values if value is not None), default=0.0)
        if self.unit in _KILO and largest < KILO_BELOW:
            return _KILO[self.unit], 1000.0
        return self.unit, 1.0

    def _text(self, value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return MISSING
        unit, factor = self._scale
        if unit in DECIMALS:
            return f"{value:,.{DECIMALS[unit]}f}"
        return number(settled(value * factor, unit))

    def change_text(self, at: int) -> str:
        """`-62 %`, `+0.0071`, `x12`, `=`, `cured`, `new`; empty for the first run and where nothing can be said."""
        texts = self.texts()
        change = self.change(at)
        if at == 0 or change is None:
            return ""
        if self.burden and self.claims[at]:
            if self.values[0] and not self.values[at]:
                return CURED
            if self.values[at] and not self.values[0]:
                return NEW
        if texts[at] == texts[0]:
            return SAME
        percent = self.percent(at)
        if percent is not None and texts[0] != "0":
            return percent_text(-100.0 if texts[at] == "0" else percent)
        unit, factor = self._scale
        return f"{change:+,.{DECIMALS[unit]}f}" if unit in DECIMALS else _signed(change * factor, 3)


def percent_text(percent: float) -> str:
    """`-62 %`; never a rounded -100 % where something is left; a factor where it grew more than elevenfold."""
    if percent >= MOST_PERCENT:
        return f"x{number(1.0 + percent / 100.0, 3)}"
    if -100.0 < percent < -99.5:
        return "<-99 %"
    if abs(percent) < SLIGHT_PERCENT:
        return "~0 %"
    return f"{_signed(percent, 2)} %"


def _signed(value: float, digits: int) -> str:
    return f"{'+' if value >= 0 else '-'}{number(abs(value), digits)}"
