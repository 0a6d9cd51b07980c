"""How numbers, times and names are written for people, the same on the page and on the console."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MISSING = "-"
_PLAIN_UNITS = {"degC": "°C", "Nm3": "Nm³", "1": "", "kg_h": "kg/h"}


def number(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant digits, thousands separated, never in exponent form."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    decimals = max(0, digits - 1 - magnitude)
    if decimals > 9:
        return f"{value:.1e}"
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_unit(value: float | None) -> str:
    """A voltage in per unit, always with four decimals, so that columns can be compared."""
    return MISSING if value is None or not math.isfinite(value) else f"{value:.4f}"


def closeness(residual_mw: float | None) -> str:
    """How well a balance closes; below a watt nobody wants the figure."""
    if residual_mw is None:
        return MISSING
    return "within 1 W" if abs(residual_mw) < 1e-6 else f"within {amount(1000.0 * abs(residual_mw), 'kW', 3)}"


def unit_text(unit: str) -> str:
    """A unit as people write it."""
    return _PLAIN_UNITS.get(unit, unit)


_DUST = {"MW": 5e-7, "MWh": 5e-7, "kW": 5e-4, "kWh": 5e-4}  # half a watt: what the solver leaves over, not a flow
_DUST_MONEY = 5e-3


def settled(value: float | None, unit: str) -> float | None:
    """0 for what is too small to be anything but rounding in its unit; for reading only, files keep every digit."""
    least = _DUST_MONEY if len(unit) == 3 and unit.isupper() else _DUST.get(unit, 0.0)
    return 0.0 if value is not None and abs(value) < least else value


def amount(value: float | None, unit: str, digits: int = 4) -> str:
    """A number with its unit."""
    text = number(settled(value, unit), digits)
    plain = unit_text(unit)
    return text if text == MISSING or not plain else f"{text} {plain}"


@dataclass(frozen=True, slots=True)
class Scale:
    """How the figures of one table are shown: the unit and the factor from the unit of the summary."""

    unit: str
    factor: float

    def number(self, value: float | None, digits: int = 4) -> str:
        """The scaled number, without its unit."""
        return number(settled(None if value is None else value * self.factor, self.unit), digits)

    def amount(self, value: float | None, digits: int = 4) -> str:
        """The scaled number with its unit."""
        return amount(None if value is None else value * self.factor, self.unit, digits)


def scale_for(values: Iterable[float | None], mega: str, kilo_below: float = 10.0) -> Scale:
    """One unit for a whole table: kilo instead of mega (`MW`, `MWh`, ...) where the largest value is small."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if mega.startswith("M") and largest < kilo_below:
        return Scale(f"k{mega[1:]}", 1000.0)
    return Scale(mega, 1.0)


def clock(text: str) -> str:
    """An ISO time as `2020-04-21 12:30`; what is not one stays as it is."""
    return text[:16].replace("T", " ") if len(text) >= 16 and text[10] == "T" else text


def duration(seconds: float) -> str:
    """Seconds as `7 d`, `5 h 30 min`, `12 s`."""
    rest = round(seconds)
    parts = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def plural(count: int, word: str) -> str:
    """`1 violation`, `2 violations`; `information` has no plural."""
    return f"{count} {word}" if count == 1 or word == "information" else f"{count} {word}s"


def titles(title: Any, name: str) -> list[tuple[str, str]]:
    """(language, text) of a scenario's title, English first; the name where there is none."""
    if isinstance(title, str) and title:
        return [("en", title)]
    if isinstance(title, Mapping) and title:
        given = [(str(key), str(text)) for key, text in title.items() if text]
        return sorted(given, key=lambda pair: pair[0] != "en") or [("en", name)]
    return [("en", name)]
