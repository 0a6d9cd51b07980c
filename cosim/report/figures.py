"""Reading figures of `summary.json` by subject and quantity. Nothing is computed anew here but sums over subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_LOWEST = ("vm_min_pu", "soc_min", "leg_min_v", "tap_min")
_HIGHEST = ("vm_max_pu", "soc_max", "residual_mw", "peak_flow_mw", "failed_steps", "leg_max_v", "tap_max")


def statistic(key: str) -> str:
    """Which statistic over the members stands for a figure."""
    quantity = key.rpartition(".")[2]
    if quantity.endswith(_LOWEST):
        return "min"
    return "max" if quantity.endswith(_HIGHEST) or quantity.startswith("max_") else "mean"


@dataclass(frozen=True)
class Figures:
    """The figures of a run: `{key: {value, unit}}`.

    Of several members the mean stands for an amount; for what is a lowest or highest value by itself, the extreme of
    all members.
    """

    table: Mapping[str, Mapping[str, Any]]

    def value(self, key: str) -> float | None:
        """The figure; None if the run has none."""
        entry = self.table.get(key)
        if entry is None:
            return None
        found = entry.get("value", entry.get(statistic(key)))
        return None if found is None else float(found)

    def unit(self, key: str) -> str:
        """Its unit."""
        return str(self.table.get(key, {}).get("unit", ""))

    @cached_property
    def _by_quantity(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for key in self.table:
            subject, _, quantity = key.rpartition(".")
            found.setdefault(quantity, []).append(subject)
        return {quantity: tuple(subjects) for quantity, subjects in found.items()}

    def subjects(self, quantity: str, kind: str = "") -> tuple[str, ...]:
        """Subjects (of a kind) that have such a figure."""
        found = self._by_quantity.get(quantity, ())
        return tuple(subject for subject in found if not kind or subject.startswith(f"{kind}:"))

    def total(self, quantity: str, kind: str = "") -> float | None:
        """Sum over the subjects (of a kind) that have such a figure; None if none has."""
        values = [self.value(f"{subject}.{quantity}") for subject in self.subjects(quantity, kind)]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    def reasons(self, subject: str, word: str) -> list[tuple[str, float]]:
        """(reason, MWh) of what was `curtailed` or `unserved` at a subject, largest first."""
        found = []
        for key in self.table:
            owner, _, quantity = key.rpartition(".")
            if owner == subject and quantity.startswith(f"{word}_") and quantity != f"{word}_mwh":
                value = self.value(key)
                if value:
                    found.append((quantity.removeprefix(f"{word}_").removesuffix("_mwh").replace("_", " "), value))
        return sorted(found, key=lambda pair: -pair[1])
