"""The tariff of a scenario, whether written in it or named: on the time axis for the EMS, as a file for a bill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np

from cosim.errors import InputError, UsageError
from cosim.settlement.money import Rounding, RoundingMode
from cosim.settlement.tariff import TariffArrays, TariffSpec, compile_tariff, without_blocks
from cosim.settlement.tariff_file import Period, TariffFile, load_tariff
from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar
from simulators.sources.errors import SourceError

WRITTEN = "market-tariff"  # what bills call a tariff that is written in the scenario
WHOLE_UNITS = frozenset({"JPY", "KRW"})  # currencies whose smaller units nobody pays in; others are billed to 0.01 [U]
NO_SOURCE = "the scenario, which names no source"
_ARRAYS = ("energy_charge", "fuel_adjustment", "levy", "demand_charge", "tax_percent")


def named_tariff(name_or_file: str, where: str = "market.tariff") -> TariffFile:
    """A bundled tariff, or one from a file; SourceError at `where` with everything wrong with it."""
    try:
        return load_tariff(name_or_file)
    except InputError as error:
        said = [f"line {one.line}: {f'{one.path}: ' if one.path else ''}{one.message}" for one in error.problems]
        raise SourceError(where, [f"tariff {Path(name_or_file).name}, {text}" for text in said]) from error
    except UsageError as error:
        raise SourceError(where, [str(error)]) from error


def written_tariff(rates: TariffSpec, currency: str, timezone: str) -> TariffFile:
    """Rates written in a scenario as a tariff: a Japanese bill where the currency is JPY, cut to whole yen.

    Others make a net-metering bill, rounded to whole won or to a hundredth of the currency.
    """
    japan = currency == "JPY"
    return TariffFile(
        name=WRITTEN,
        title={"en": "tariff of the scenario"},
        bill="japan" if japan else "net-metering",
        currency=currency,
        timezone=timezone,
        rounding=Rounding(
            digits=0 if currency in WHOLE_UNITS else 2, mode=RoundingMode.DOWN if japan else RoundingMode.HALF_UP
        ),
        source=rates.source or NO_SOURCE,
        certainty="assumed: rates and rounding as the scenario gives them",
        periods=[Period(first=date.min, rates=rates)],
    )


def compile_any(
    tariff: TariffSpec | TariffFile, axis: TimeAxis, spot: FloatArray | None, calendar: Calendar, currency: str
) -> TariffArrays:
    """The tariff on the axis; one of a file by months, each at the rates in force on its first day, as it is billed.

    Raises:
        SourceError: a price is missing, the currency or the zone is another one.
    """
    if isinstance(tariff, TariffSpec):
        return compile_tariff(tariff, axis, spot, calendar, currency)
    if wrong := disagreement(tariff, currency, str(calendar.zone)):
        raise SourceError("market.tariff", [wrong])
    try:
        parts = [
            compile_tariff(tariff.at(first), piece, None if spot is None else spot[steps], calendar, currency)
            for first, steps, piece in _months(axis)
        ]
    except UsageError as error:
        raise SourceError("market.tariff", [str(error)]) from error
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
    return TariffArrays(**joined, currency=currency, source=tariff.source)


def must_have_prices(tariff: TariffFile, axis: TimeAxis, calendar: Calendar, *, spot: bool) -> None:
    """SourceError if a bill of the whole axis would miss a price; `spot` = there are spot prices to bill by."""
    periods = [one.model_copy(update={"rates": without_blocks(one.rates)}) for one in tariff.periods]
    prices = np.zeros(axis.steps) if spot else None
    compile_any(tariff.model_copy(update={"periods": periods}), axis, prices, calendar, tariff.currency)


def disagreement(tariff: TariffFile, currency: str, timezone: str) -> str:
    """What a tariff and a study disagree about; empty = nothing."""
    if tariff.currency != currency:
        return f"two currencies: tariff {tariff.name} is in {tariff.currency}, the market in {currency}"
    if tariff.timezone != timezone:
        return f"tariff {tariff.name} is meant in {tariff.timezone}, the study runs in {timezone}"
    return ""


def _months(axis: TimeAxis) -> Iterator[tuple[date, slice, TimeAxis]]:
    """First day, steps and axis of every calendar month; a step belongs to the month it begins in."""
    local = [axis.local(int(edge)) for edge in axis.edges[:-1]]
    number = np.array([moment.year * 12 + moment.month for moment in local])
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(local)]
    for start, stop in pairwise(cuts):
        edges = axis.edges[start : stop + 1]
        piece = TimeAxis(edges - edges[0], local[start])
        yield date(local[start].year, local[start].month, 1), slice(start, stop), piece
