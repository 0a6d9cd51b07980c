"""The limits of a run as the manifest lists them, for the charts and the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORDS = ("unit", "window_s", "severity", "section", "responsible", "label", "certainty")


@dataclass(frozen=True, slots=True)
class ShownLimit:
    """One limit; None where a side is not bounded."""

    rule: str
    quantity: str
    subjects: frozenset[str]
    lower: float | None
    upper: float | None
    unit: str = ""
    window_s: int = 0
    severity: str = ""
    section: str = ""
    responsible: str = ""
    label: str = ""
    certainty: str = ""


def limits_of(manifest: Mapping[str, Any]) -> tuple[ShownLimit, ...]:
    """`manifest["limits"]`, as `Limit.as_dict` writes them; none if there are none."""
    records: Iterable[Mapping[str, Any]] = manifest.get("limits") or ()
    return tuple(
        ShownLimit(
            str(record["id"]),
            str(record["quantity"]),
            frozenset(record["subjects"]),
            record.get("lower"),
            record.get("upper"),
            **{name: record[name] for name in _WORDS if name in record},
        )
        for record in records
    )


def bounds_over(
    limits: Iterable[ShownLimit], quantity: str, subjects: Iterable[str]
) -> tuple[float | None, float | None]:
    """The tightest bounds of a quantity over some subjects."""
    wanted = frozenset(subjects)
    held = [limit for limit in limits if limit.quantity == quantity and limit.subjects & wanted]
    lower = [limit.lower for limit in held if limit.lower is not None]
    upper = [limit.upper for limit in held if limit.upper is not None]
    return max(lower, default=None), min(upper, default=None)


def bounds_of(limits: Sequence[ShownLimit], rules: Iterable[str], subject: str) -> list[tuple[str, float]]:
    """(rule, bound) of the rules named that hold for a subject."""
    wanted = frozenset(rules)
    return [
        (limit.rule, bound)
        for limit in limits
        if limit.rule in wanted and subject in limit.subjects
        for bound in (limit.lower, limit.upper)
        if bound is not None
    ]
