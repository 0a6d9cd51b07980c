"""What is said of a finding beside its numbers: who causes it, and what became of it against the base case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosim.findings import Effect
from cosim.report.texts import MISSING, amount, number

_SAID = {
    Effect.CAUSED: "not in the base case",
    Effect.CURED: "only in the base case: its numbers",
}

_OF_STATED = {Effect.CAUSED: "not in the base case", Effect.CURED: "only in the base case"}


def stated(finding: Mapping[str, Any]) -> bool:
    """Whether it says what is stated or not judged: there is no number to it."""
    return finding.get("quantity") == "stated" or finding.get("rule") == "not-judgeable"


def value_text(finding: Mapping[str, Any]) -> str:
    """The worst value with its unit; `-` where there is none."""
    return MISSING if stated(finding) else amount(finding.get("value"), str(finding.get("unit") or ""))


def limit_text(finding: Mapping[str, Any]) -> str:
    """The bound with its unit; `-` where there is none."""
    return MISSING if stated(finding) else amount(finding.get("limit"), str(finding.get("unit") or ""))


def severity_text(finding: Mapping[str, Any]) -> str:
    """The severity; `cured` for what only the base case has."""
    return str(Effect.CURED if finding.get("effect") == Effect.CURED else finding["severity"])


def effect_text(finding: Mapping[str, Any]) -> str:
    """`worsened: 68 h, 6,271 kW in the base case`; empty where none was run."""
    effect = finding.get("effect")
    if not effect:
        return ""
    if stated(finding):
        return f"{effect}: {_OF_STATED.get(Effect(effect), 'in the base case as well')}"
    before = f"{number(finding.get('base_hours'), 3)} h, {amount(finding.get('base_value'), str(finding['unit']))}"
    return f"{effect}: {_SAID.get(Effect(effect)) or f'{before} in the base case'}"


def cause_text(finding: Mapping[str, Any]) -> str:
    """`device:wind 62 %, device:engine 30 %`, or `device:wind[3] (...)` for a unit; empty where nobody is named."""
    if not finding.get("caused_by"):
        return ""
    shares = [f"{one['subject']} {number(100.0 * one['share'], 2)} %" for one in finding.get("causes") or ()]
    named = str(finding["caused_by"])
    if not shares:
        return named
    listed = ", ".join(shares)
    return listed if finding["causes"][0]["subject"] == named else f"{named} ({listed})"


def against_base_text(counts: Mapping[str, int] | None) -> str:
    """`2 caused, 1 worsened, 4 cured`; empty where no base case was run."""
    if counts is None:
        return ""
    return ", ".join(f"{count} {effect}" for effect, count in counts.items() if count) or "no findings in either"
