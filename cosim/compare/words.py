"""What a comparison says in words: what is not alike, and what each run does to the breaches of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cosim.compare.breaches import Burden, Rule
from cosim.compare.rows import DECIMALS
from cosim.compare.runs import Run, alike
from cosim.findings import Severity
from cosim.report.texts import clock, duration, number, plural, settled, unit_text

NO_TIME = ""  # a run that never got there has no period: it is said elsewhere


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence about one run against the first. `weight` is a severity, `pass` or `unfinished`: its colour."""

    label: str
    weight: str
    sentence: str


def differences(runs: Sequence[Run]) -> Iterator[str]:
    """Notes on everything beside the variant that is not the same in all runs."""
    hours = "sums and hours are not those of the same time"
    asked: tuple[tuple[str, Callable[[Run], str], str], ...] = (
        ("scenarios", lambda run: run.overview.name, "nothing is said in words"),
        ("periods", _period, hours),
        ("steps", _step, "means over a step are not the same quantity"),
        ("engines", _engine, ""),
        ("versions of cosim", _version, ""),
        ("numbers of members", lambda run: str(run.members), "an ensemble shows statistics, a single run its value"),
        ("draws", _draws, "members are not the same cases"),
        ("overrides", lambda run: ", ".join(map(str, run.overview.manifest.get("sets") or ())) or "none", ""),
    )
    for what, ask, meaning in asked:
        note = _difference(what, [(run.label, ask(run)) for run in runs], meaning)
        if note:
            yield note
    changed = sorted(_changed_rules(runs))
    if changed:
        yield f"the limits differ: {', '.join(changed)}; breaches are counted against each run's own"
    for run in runs:
        failed = run.figures.value("grid.failed_steps")
        if failed:
            yield f"{run.label}: up to {number(failed)} steps of a member have no solution and are not judged"


def _difference(what: str, answers: Sequence[tuple[str, str]], meaning: str) -> str:
    by_answer: dict[str, list[str]] = {}
    for label, answer in answers:
        if answer != NO_TIME:
            by_answer.setdefault(answer, []).append(label)
    if len(by_answer) < 2:
        return ""
    told = "; ".join(f"{answer} ({', '.join(labels)})" for answer, labels in by_answer.items())
    return f"the {what} differ: {told}" + (f". So {meaning}" if meaning else "")


def _period(run: Run) -> str:
    start, end = run.span
    return f"{clock(start)} to {clock(end)}" if start else NO_TIME


def _step(run: Run) -> str:
    period = run.overview.summary.get("period")
    return duration(3600.0 * float(period["hours"]) / int(period["steps"])) if period else NO_TIME


def _engine(run: Run) -> str:
    engine = run.overview.manifest.get("engine") or {}
    return " ".join(str(engine[key]) for key in ("name", "version") if key in engine)


def _version(run: Run) -> str:
    return str((run.overview.manifest.get("versions") or {}).get("cosim", NO_TIME))


def _draws(run: Run) -> str:
    ensemble = run.overview.manifest.get("ensemble")
    if not ensemble:
        return NO_TIME
    alone = "" if ensemble.get("member") is None else f", member {ensemble['member']} alone"
    varied = ", ".join(ensemble.get("varied") or ()) or "nothing"
    return f"{ensemble.get('sampling')}, seed {ensemble.get('seed')}{alone}, varying {varied}"


def _changed_rules(runs: Sequence[Run]) -> Iterator[str]:
    for rule in {rule for run in runs for rule in run.bounds}:
        if len({run.bounds.get(rule) for run in runs}) > 1:
            yield rule


def own_notes(runs: Sequence[Run]) -> Iterator[str]:
    """What the runs' own outputs must repeat; said once where all say it."""
    by_note: dict[str, list[str]] = {}
    for run in runs:
        for note in run.overview.summary.get("notes") or run.overview.manifest.get("notes") or ():
            by_note.setdefault(str(note), []).append(run.label)
    for note, labels in by_note.items():
        yield note if len(labels) == len(runs) else f"{', '.join(labels)}: {note}"


def claims(runs: Sequence[Run], rules: Sequence[Rule]) -> Iterator[Claim]:
    """What became of every violation and warning of the first run, and what is new, for each other run.

    `cured` only where nothing is left, `new` where the first run had none; nothing is claimed of runs that did not
    finish or simulate another time.
    """
    first = runs[0]
    grave = [rule for rule in rules if rule.severity is not Severity.INFORMATION]
    for at, run in enumerate(runs[1:], start=1):
        if not run.complete or not first.complete:
            who = run if not run.complete else first
            yield Claim(run.label, "unfinished", f"nothing can be said: {who.label} did not finish")
            continue
        if not alike(first, run):
            yield Claim(
                run.label, "information", f"another scenario or time than {first.label}: nothing is said in words"
            )
            continue
        told = [claim for rule in grave if (claim := _claim(rule, at, run.label, first.label))]
        yield from told
        if not told:
            yield Claim(run.label, "pass", f"no violations and no warnings, as in {first.label}")


def _claim(rule: Rule, at: int, label: str, first: str) -> Claim | None:
    before, now = rule.burdens[0], rule.burdens[at]
    if now is None:
        return Claim(label, "warning", f"{rule.name}: not judged here, this run has no such limit")
    if before is None:
        said = _extent(now) if now.findings else "none here"
        return Claim(label, rule.severity.value, f"{rule.name}: not judged in {first}; {said}")
    if not now.findings:
        sentence = f"{rule.name}: cured ({_extent(before)} in {first})"
        return Claim(label, "pass", sentence) if before.findings else None
    if not before.findings:
        return Claim(label, rule.severity.value, f"{rule.name}: new, {_extent(now)}, {_worst(now)}")
    places = plural(now.places, "place") + (f" (was {before.places})" if now.places != before.places else "")
    words = f"{rule.name}: {_course(before.hours, now.hours)} at {places}, {_worst(now)}"
    was = _value(before)
    if was and was != _value(now):
        words += f", was {was}"
    return Claim(label, rule.severity.value, words)


def _course(before: float, now: float) -> str:
    if number(before) == number(now):
        return f"unchanged, {number(now)} h"
    if before <= 0:
        return f"{number(now)} h instead of {number(before)} h"
    share = 100.0 * abs(now - before) / before
    if now > before:
        return f"increased by {number(share, 2)} %, {number(now)} h instead of {number(before)} h"
    by = "over 99" if share > 99.5 else number(share, 2)
    return f"reduced by {by} %, {number(now)} of {number(before)} h left"


def _extent(burden: Burden) -> str:
    return f"{number(burden.hours)} h at {plural(burden.places, 'place')}"


def _worst(burden: Burden) -> str:
    worst = burden.worst()
    if worst is None:
        return "no worst value known"
    limit = "" if worst["limit"] is None else f" (limit {_shown(worst['limit'], str(worst['unit']))})"
    return f"worst {_value(burden)}{limit}"


def _value(burden: Burden) -> str:
    """Worst value and unit; empty where none is known."""
    worst = burden.worst()
    if worst is None:
        return ""
    unit = str(worst["unit"])
    return f"{_shown(float(worst['value']), unit)} {unit_text(unit)}".rstrip()


def _shown(value: float, unit: str) -> str:
    return f"{value:,.{DECIMALS[unit]}f}" if unit in DECIMALS else number(settled(value, unit))
