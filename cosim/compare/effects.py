"""What the microgrid does to each breach: the findings of a study against those of its base case.

A finding is matched by its rule and subject. It is `worsened` where its hours (above or below its band, each by itself)
grew by more than `HOURS_SHARE` of the base case's and more than `HOURS`, or its worst value moved away from the limit
by more than `VALUE_SHARE` of the limit (of the base case's value where the limit is 0); else `reduced` where one of
them fell by as much, else `unchanged`. Hours are means over all members, so that members that are cured count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cosim.compare.breaches import Burden, Side
from cosim.findings import Effect, Finding, Severity, ordered
from cosim.limits.limit import Limit
from cosim.limits.monitor import EXCURSION
from cosim.report.texts import plural

HOURS_SHARE = 0.01
HOURS = 0.01
VALUE_SHARE = 1e-3
CURED_LABEL = "only in the base case, whose numbers these are"
CURED_HINT = "gone with the microgrid"


def with_effects(
    findings: Iterable[Finding], base: Iterable[Finding], limits: Sequence[Limit], base_limits: Sequence[Limit] = ()
) -> tuple[list[Finding], int]:
    """Every finding with its effect, and the findings of the base case that are gone, as information.

    Args:
        findings: of the study.
        base: of its base case.
        limits: of the study: what it does not judge cannot be cured.
        base_limits: of the base case. What is a limit in neither (a permit, a trip) is judged in both.

    Returns:
        the findings, worst first.
        the number of findings of the base case that concern what the study does not judge.
    """
    before = {one.id: one for one in base}
    told = [_told(one, before.get(one.id)) for one in findings]
    gone = [one for one in before.values() if one.id not in {other.id for other in told}]
    judged = {(limit.id, subject) for limit in limits for subject in limit.subjects}
    rules = {limit.id for limit in (*limits, *base_limits)}
    cured = [one for one in gone if _is_judged(one, judged, rules)]
    return ordered([*told, *map(_cured, cured)]), len(gone) - len(cured)


@dataclass(frozen=True)
class BaseFindings:
    """What the base case of a study showed; None = none was run, or it failed. `notes` are the study's to repeat."""

    findings: Sequence[Finding] | None = None
    notes: tuple[str, ...] = ()
    limits: Sequence[Limit] = ()  # it was judged by

    def compared(self, findings: Sequence[Finding], limits: Sequence[Limit]) -> tuple[list[Finding], tuple[str, ...]]:
        """The findings of the study with their effects, and notes."""
        if self.findings is None:
            return list(findings), self.notes
        told, strange = with_effects(findings, self.findings, limits, self.limits)
        words = f"{plural(strange, 'finding')} of the base case left out: not judged in this study"
        return told, (*self.notes, *([words] if strange else ()))


NO_BASE_CASE = BaseFindings()


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Effect -> how many findings have it."""
    effects = [one.effect for one in findings]
    return {effect.value: effects.count(effect.value) for effect in Effect}


def _is_judged(one: Finding, judged: set[tuple[str, str]], rules: set[str]) -> bool:
    rule = one.rule.removesuffix(EXCURSION)
    return (rule, one.subject) in judged or rule not in rules


def _told(one: Finding, before: Finding | None) -> Finding:
    if before is None:
        return replace(one, effect=Effect.CAUSED.value)
    effect = _effect(one, before)
    return replace(one, effect=effect.value, base_hours=before.hours, base_value=before.value)


def _cured(one: Finding) -> Finding:
    return replace(
        one,
        severity=Severity.INFORMATION,
        effect=Effect.CURED.value,
        base_hours=one.hours,
        base_value=one.value,
        label=f"{CURED_LABEL}; {one.label}",
        hint=CURED_HINT,
    )


def _effect(now: Finding, before: Finding) -> Effect:
    changes = [*_hours(now, before), *_value(now, before)]
    if any(change > 0 for change in changes):
        return Effect.WORSENED
    return Effect.REDUCED if any(change < 0 for change in changes) else Effect.UNCHANGED


def _hours(now: Finding, before: Finding) -> Iterable[float]:
    """Change of the hours on each side of the band beyond the tolerance; 0 = none."""
    told = now.hours_above is not None and before.hours_above is not None
    for side in (Side.ABOVE, Side.BELOW) if told else (Side.ANY,):
        after, then = (Burden((one.as_dict(),), side).hours for one in (now, before))
        yield _beyond(after - then, max(HOURS, HOURS_SHARE * then))


def _value(now: Finding, before: Finding) -> Iterable[float]:
    """Change of the worst value, positive away from the limit; nothing where the worst sides are not the same."""
    if (now.value > now.limit) == (before.value > before.limit):
        sign = 1.0 if now.value > now.limit else -1.0
        yield _beyond(sign * (now.value - before.value), VALUE_SHARE * abs(before.limit or before.value))


def _beyond(change: float, tolerance: float) -> float:
    return change if abs(change) > tolerance else 0.0
