"""The register: every rule a finding can name, what it says, whose duty it touches and which forms it binds.

Limits and checks carry their own numbers; the register is what the forms, the pages and `expect` are checked against.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.rules.terms import Duty


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule. `forms` are letters of the supply forms (facts.md 3.3) it belongs to; empty = about the run itself."""

    id: str
    title: str
    duty: Duty | None
    forms: str = ""


_V, _W, _C, _B, _E, _R = (
    Duty.VOLTAGE,
    Duty.WIRES,
    Duty.CONNECTION,
    Duty.BALANCE,
    Duty.ELIGIBILITY,
    Duty.RESTORATION,
)
RULES: dict[str, RuleSpec] = {
    rule.id: rule
    for rule in (
        # who may use the form
        RuleSpec("in-force", "the form exists at the date whose rules apply", _E, "abcdefg"),
        RuleSpec("supply-on-wires", "the supply relation can exist on these wires", _E, "abcdefg"),
        RuleSpec("premises", "premises are one site of one owner, or adjacent and closely linked (一の構内)", _E, "a"),
        RuleSpec("close-relation", "customer and supplier are closely related (密接な関連性)", _E, "bd"),
        RuleSpec("permits", "permission, notification, registration or agreement is stated", _E, "bcdefg"),
        RuleSpec("consortium", "municipality, facility owner and balancing party stand together", _E, "e"),
        RuleSpec("own-supply", "half of the demand can be covered by own supply (自己電源比率)", _E, "bg"),
        RuleSpec("new-plant", "a union wheels from a plant of its own built for it", _E, "d"),
        RuleSpec("fit-barred", "a plant under FIT or FIP is no source of self-wheeling", _E, "d"),
        RuleSpec("upstream-contract", "the licensee has contract power at every upstream point", _E, "f"),
        RuleSpec("connection-class", "capacity fits the voltage it is connected at", _C, "abe"),
        # balancing
        RuleSpec("planned-balancing", "planned values are met in each half hour (計画値同時同量)", _B, "cdfg"),
        RuleSpec("wheeling-surplus", "what is wheeled is used in the same half hour", _B, "d"),
        # voltage
        RuleSpec("voltage-100v", "101 +- 6 V at 100 V supply points", _V, "cdefg"),
        RuleSpec("voltage-200v", "202 +- 20 V at 200 V supply points", _V, "cdefg"),
        RuleSpec("voltage-own-responsibility", "no statutory band: own responsibility (自己責任)", _V, "ab"),
        RuleSpec("voltage-default", "default band where no statutory one is known", _V),
        RuleSpec("voltage-mv-band", "planning band of a 6.6 kV node from its pole tap", _V, "ef"),
        RuleSpec("mv-band-empty", "no 6.6 kV voltage suits all pole taps of a node", _V, "ef"),
        RuleSpec("island-voltage-window", "one voltage suits all pole taps of an island", _V, "e"),
        RuleSpec("leg-unbalance", "voltage unbalance of a three-wire supply", _V, "ef"),
        # wires
        RuleSpec("line-loading", "lines within their rating", _W, "abcdefg"),
        RuleSpec("trafo-loading", "transformers within their rating", _W, "abcdefg"),
        RuleSpec("line-loading-short-time", "lines within their short-time rating", _W, "ef"),
        RuleSpec("trafo-loading-short-time", "transformers within their short-time rating", _W, "ef"),
        RuleSpec("bank-reverse", "reverse flow of the bank (バンク逆潮流)", _W, "def"),
        RuleSpec("reverse-flow", "flow through a switch against its source side", _W, "ef"),
        # what was agreed at a metering point
        RuleSpec("contract-power", "half-hour import within contract power (契約電力)", _C, "abcdefg"),
        RuleSpec("no-export", "no export at a metering point without reverse flow", _C, "abceg"),
        RuleSpec("export-limit", "half-hour export within what was agreed", _C, "abcdefg"),
        RuleSpec("min-import", "import stays clear of the relay setting", _C, "abceg"),
        RuleSpec("relay-trip", "a relay opened a breaker", _C, "abceg"),
        RuleSpec("power-factor", "power factor at the boundary not below its minimum (力率)", _C, "abde"),
        RuleSpec("power-factor-leading", "power factor not leading as seen from the grid", _C, "abde"),
        RuleSpec("fit-coexistence", "no export of non-FIT plants beside FIT plants", _C, "abcefg"),
        # supply
        RuleSpec("no-supply", "customers keep their supply", _R, "ef"),
        # the run and its regulators
        RuleSpec("convergence", "every power flow has a solution", None),
        RuleSpec("cross-check", "both engines agree", None),
        RuleSpec("not-judgeable", "a limit could not be judged", None),
        RuleSpec("regulator-hunting", "regulators do not work against each other", _V),
        RuleSpec("regulator-runaway", "no regulator runs to the end of its range by reverse flow", _V),
        RuleSpec("regulator-at-limit", "regulators keep a reserve of taps", _V),
        RuleSpec("regulator-operations", "tap operations within what the drive stands", _V),
        RuleSpec("regulators-unsettled", "regulators settle within a step", None),
    )
}
EXCURSION = "-excursion"


def rule_of(finding_rule: str) -> RuleSpec | None:
    """The registered rule a finding belongs to; excursions belong to the rule they are apart from."""
    return RULES.get(finding_rule.removesuffix(EXCURSION))


def bound_by(letter: str) -> tuple[RuleSpec, ...]:
    """The rules of a form."""
    return tuple(rule for rule in RULES.values() if letter in rule.forms)
