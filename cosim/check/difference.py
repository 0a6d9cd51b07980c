"""What moved between a baseline and a run: figures, findings, series, and what may be behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cosim.check import tolerance
from cosim.check.baseline import Baseline, header
from cosim.check.series_parting import NO_DIFFERENCE, SeriesDifference, compare_series
from cosim.report.texts import unit_text
from cosim.results.folder import RunFolder

SHOWN = 12  # figures a terminal gets
_NUMBERS = {"value": None, "hours": "h", "energy_mwh": "MWh"}  # of a finding; None = its own unit


@dataclass(frozen=True)
class MovedFigure:
    """One figure (of an ensemble: one statistic of it) that left the tolerance."""

    key: str
    statistic: str  # empty for one member
    old: float | None
    new: float | None
    unit: str

    @property
    def weight(self) -> float:
        """Change relative to the larger of the two; infinity where one has no value."""
        if self.old is None or self.new is None:
            return float("inf")
        return abs(self.new - self.old) / max(abs(self.old), abs(self.new))

    def __str__(self) -> str:
        name = f"{self.key} ({self.statistic})" if self.statistic else self.key
        unit = f" {unit_text(self.unit)}".rstrip()
        if self.old is None or self.new is None:
            return f"figure {name}: {_shown(self.old)} -> {_shown(self.new)}{unit}"
        percent = f", {100.0 * (self.new - self.old) / abs(self.old):+.3g} %" if self.old else ""
        change = f"{self.new - self.old:+.4g}{unit}{percent}"
        return f"figure {name}: {self.old:.7g} -> {self.new:.7g}{unit} ({change})"


@dataclass(frozen=True)
class Difference:
    """A run beside its baseline."""

    period: str = ""  # why they cannot be compared at all
    length: str = ""  # how long the baseline is (ISO 8601), where that alone is why
    figures: tuple[MovedFigure, ...] = ()  # largest change first
    gone: tuple[str, ...] = ()  # figures the run does not have
    new: tuple[str, ...] = ()  # figures the baseline does not have; no failure
    findings: tuple[str, ...] = ()  # new, gone, moved
    series: SeriesDifference = NO_DIFFERENCE
    causes: tuple[str, ...] = ()  # scenario, network, engine, versions

    @property
    def moved(self) -> bool:
        """Whether the verdict's numbers are others: figures or findings. Series alone are not."""
        return bool(self.period or self.figures or self.gone or self.findings)

    def lines(self, shown: int | None = SHOWN) -> Iterator[str]:
        """What moved, one line each; `shown` figures at most, None = all."""
        if self.period:
            yield self.period
        yield from map(str, self.figures[:shown])
        if shown is not None and len(self.figures) > shown:
            yield f"... and {len(self.figures) - shown} more figures"
        yield from (f"figure {key}: gone" for key in self.gone)
        yield from self.findings
        for at, parting in enumerate(self.series.partings):
            yield f"{'series part first: ' if at == 0 else 'then: '}{parting.text}"
        yield from self.series.remarks
        yield from self.causes

    def notes(self) -> Iterator[str]:
        """What is worth saying though nothing failed."""
        if not self.moved and self.series.partings:
            yield f"the series part from the baseline, though no figure moved: {self.series.partings[0].text}"
        if self.new:
            more = f" and {len(self.new) - 1} more" if len(self.new) > 1 else ""
            yield f"the baseline has no figure {self.new[0]}{more}: --update-baseline takes it in"


def compare(baseline: Baseline, run: RunFolder) -> Difference:
    """Everything that differs between a baseline and a finished run.

    Raises:
        ValueError, KeyError, OSError: the baseline cannot be read.
    """
    old, new = baseline.summary, run.summary()
    scenario, *others = _causes(baseline.header, header(run))
    if (said := _other_period(old, new)) != "":
        # the hash counts the period too: that it is another says nothing of the files
        return Difference(period=said, length=_length(old, new), causes=tuple(others))
    return Difference(
        figures=tuple(sorted(_figures(old["figures"], new["figures"]), key=lambda moved: (-moved.weight, moved.key))),
        gone=tuple(sorted(set(old["figures"]) - set(new["figures"]))),
        new=tuple(sorted(set(new["figures"]) - set(old["figures"]))),
        findings=tuple(_findings(baseline.findings, run.findings())),
        series=compare_series(baseline, run),
        causes=(scenario, *others),
    )


def _other_period(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    for what in ("members", "period"):
        if old.get(what) != new.get(what):
            then, now = (_period(one) if what == "period" else f"{one.get(what)} members" for one in (old, new))
            return f"the baseline is of another run: {then}, now {now}"
    return ""


def _period(summary: Mapping[str, Any]) -> str:
    period = summary.get("period") or {}
    return f"{period.get('start')} to {period.get('end')} in {period.get('steps')} steps"


def _length(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """How long the baseline is if the run is the same but for its end; empty otherwise."""
    then, now = (one.get("period") or {} for one in (old, new))
    alike = old.get("members") == new.get("members") and then.get("start") == now.get("start")
    if not alike or then.get("end") == now.get("end"):
        return ""
    try:
        length = datetime.fromisoformat(str(then["end"])) - datetime.fromisoformat(str(then["start"]))
    except (KeyError, ValueError):
        return ""
    hours, rest = divmod(length.seconds, 3600)
    parts = ((hours, "H"), (rest // 60, "M"), (rest % 60, "S"))
    clock = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{f'{length.days}D' if length.days else ''}{f'T{clock}' if clock else ''}"


def _figures(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Iterator[MovedFigure]:
    for key in sorted(set(old) & set(new)):
        unit = str(new[key]["unit"])
        if unit != old[key]["unit"]:
            yield MovedFigure(key, f"unit was {old[key]['unit']}", None, None, unit)
            continue
        for name in [name for name in old[key] if name != "unit"]:
            then, now = old[key][name], new[key].get(name)
            if not tolerance.agree(then, now, unit):
                yield MovedFigure(key, "" if name == "value" else name, then, now, unit)


def _findings(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    then, now = ({(one["rule"], one["subject"]): one for one in findings} for findings in (old, new))
    for key in sorted(set(now) - set(then)):
        yield f"finding new: {_said(now[key])}"
    for key in sorted(set(then) - set(now)):
        yield f"finding gone: {_said(then[key])}"
    for key in sorted(set(then) & set(now)):
        changes = list(_changes(then[key], now[key]))
        if changes:
            yield f"finding moved: {key[0]} of {key[1]}: {', '.join(changes)}, worst at {now[key]['worst_at']}"


def _said(finding: Mapping[str, Any]) -> str:
    value = f"{_shown(finding['value'])} {unit_text(finding['unit'])}".rstrip()
    return (
        f"{finding['rule']} of {finding['subject']} ({finding['severity']}, {value}, "
        f"{_shown(finding['hours'])} h, worst at {finding['worst_at']})"
    )


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["severity"] != new["severity"]:
        yield f"{old['severity']} -> {new['severity']}"
    for name, fixed in _NUMBERS.items():
        unit = str(new["unit"]) if fixed is None else fixed
        if not tolerance.agree(old[name], new[name], unit):
            yield f"{name} {_shown(old[name])} -> {_shown(new[name])} {unit_text(unit)}".rstrip()


def _causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["hash"] != new["hash"]:
        yield f"scenario: it or a file it names changed (hash {str(old['hash'])[:12]} -> {str(new['hash'])[:12]})"
    else:
        yield "scenario: unchanged"
    tables = sorted({*old["grid"], *new["grid"]})
    changed = [name for name in tables if old["grid"].get(name) != new["grid"].get(name)]
    yield f"network: changed in {', '.join(changed)}" if changed else "network: unchanged"
    if old["engine"] != new["engine"]:
        yield f"engine: {_engine(old['engine'])} -> {_engine(new['engine'])}"
    names = sorted({*old["versions"], *new["versions"]})
    moved = [name for name in names if old["versions"].get(name) != new["versions"].get(name)]
    said = [f"{name} {old['versions'].get(name, 'none')} -> {new['versions'].get(name, 'none')}" for name in moved]
    yield f"versions: {', '.join(said)}" if said else "versions: unchanged"


def _engine(engine: Mapping[str, Any]) -> str:
    return f"{engine['name']} {engine['version']}"


def _shown(value: float | None) -> str:
    return "no value" if value is None else f"{value:.7g}"
