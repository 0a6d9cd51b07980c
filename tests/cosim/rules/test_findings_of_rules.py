"""Broken rules as findings: one id for a rule and what breaks it, whatever number of forms a section has."""

from dataclasses import replace

from cosim.findings import Severity
from cosim.rules.answering import with_answers
from cosim.rules.checks import static_breaches
from cosim.rules.facts import SectionFact
from cosim.rules.findings import as_findings
from cosim.rules.forms import FORMS
from cosim.rules.terms import IslandArrangement, Party, Wires
from tests.cosim.rules.arrangements import TOWN, arrangement


def test_a_section_of_two_forms_has_one_finding_that_names_both(toy):
    form = FORMS["existing_line_microgrid"]
    everybody = frozenset({Party.MUNICIPALITY, Party.OWNER, Party.MICROGRID_OPERATOR})
    area = SectionFact(
        TOWN,
        Wires.DISTRIBUTION_LICENCE,
        IslandArrangement.EXISTING_LINE,
        form=form,
        permits=frozenset(),
        consortium=everybody,
    )
    facts = replace(arrangement("distribution_licence"), sections=(area,))
    (found,) = with_answers(as_findings(static_breaches(facts), toy().layout), facts)
    assert (found.id, found.severity) == (f"permits|section:{TOWN}", Severity.VIOLATION)
    assert "activation_agreement missing" in found.label
    assert "permission, takeover_plan missing" in found.label
    assert found.hint == f"obtain it, or list it in sections.{TOWN}.permits"
    assert found.responsible == f"{Party.MICROGRID_OPERATOR.words}; {Party.LICENSEE.words}"
