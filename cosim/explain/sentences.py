"""What a finding says, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cosim.findings import Effect
from cosim.report.finding_texts import cause_text, effect_text, stated
from cosim.report.members import share_text
from cosim.report.texts import amount, clock, number, plural

WORDS = {
    "vm_pu": "voltage",
    "leg_v": "voltage of a 100 V leg",
    "line_v": "200 V line voltage",
    "leg_unbalance_percent": "difference of the legs",
    "loading_percent": "loading",
    "reverse_kw": "reverse flow",
    "export_kw": "export",
    "non_fit_export_kw": "export that is not FIT",
    "import_kw": "import",
    "net_import_kw": "net import",
    "leading_kvar": "leading reactive power",
    "voltage_percent": "voltage",
    "frequency_hz": "frequency",
    "surplus_kw": "power wheeled and not used in its half hour",
    "imbalance_percent": "mean imbalance over what was planned",
    "generation_kw": "generation of the connection",
}
_OVER_THE_RUN = frozenset({"own-supply"})


def throughout(finding: Mapping[str, Any]) -> bool:
    """Whether it has no moment: it follows from what is stated, or from sums over the whole run."""
    return stated(finding) or finding["rule"] in _OVER_THE_RUN or not finding["windows"]


def sentences(finding: Mapping[str, Any], members: int, judged_s: int = 0) -> Iterator[tuple[str, str]]:
    """(label, words) of everything a finding holds; what is empty is left out or said to be unknown.

    Args:
        finding: the record.
        members: of the run.
        judged_s: length of the window it was judged on; 0 = single steps.
    """
    if not stated(finding):
        yield "what", _what(finding)
        yield "when", _over_the_run(finding, members) if throughout(finding) else _when(finding, members, judged_s)
    section = f", section {finding['section']}" if finding.get("section") else ""
    yield "who answers", f"{finding.get('responsible') or 'nobody is stated'} ({finding['mode']} mode{section})"
    if finding.get("effect") != Effect.CURED and not throughout(finding):
        yield "caused by", cause_text(finding) or "no device or load could be named"
    if effect_text(finding):
        yield "base case", effect_text(finding)
    yield "ground", f"{finding['label']} ({finding['certainty']})"
    if finding.get("hint"):
        yield "what may help", str(finding["hint"])


def _what(finding: Mapping[str, Any]) -> str:
    unit = str(finding["unit"])
    value, limit = amount(finding.get("value"), unit, 5), amount(finding.get("limit"), unit, 5)
    margin = finding.get("margin")
    beyond = f", {amount(abs(margin), unit, 3)} beyond" if margin is not None and margin < 0 else ""
    quantity = WORDS.get(finding["quantity"]) or str(finding["quantity"]).replace("_", " ")
    return f"{quantity} {value} against a limit of {limit}{beyond}"


def _over_the_run(finding: Mapping[str, Any], members: int) -> str:
    share = share_text(finding, members)
    return "judged over the whole run, not by steps" + (f", {share}" if share else "")


def _when(finding: Mapping[str, Any], members: int, judged_s: int) -> str:
    above = finding.get("hours_above")
    hours = float(finding["hours"])
    sides = f" ({number(above, 3)} h above)" if above is not None and 0 < above < hours else ""
    share = f" {share_text(finding, members)}, mean of those" if members > 1 else ""
    where = f" in member {finding['worst_member']}" if members > 1 else ""
    windows = (
        f" in {plural(int(finding['windows']), 'half hour' if judged_s else 'step')}" if finding["windows"] else ""
    )
    span = f"from {clock(str(finding['first']))} to {clock(str(finding['last']))}"
    return f"{number(hours, 4)} h{sides}{share}{windows}, {span}; worst at {clock(str(finding['worst_at']))}{where}"
