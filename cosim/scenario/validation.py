"""The two ways in: load one scenario to run it, or report everything wrong with a file and its variants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cosim.errors import InputError, Problem, UsageError
from cosim.scenario.base_case import NAME, base_tree, misspelled
from cosim.scenario.checks import RULES
from cosim.scenario.checks.events import notes
from cosim.scenario.files import with_absolute_files
from cosim.scenario.loaded import LoadedScenario
from cosim.scenario.loading import Document, find_source, read_document
from cosim.scenario.parts import take_apart
from cosim.scenario.rules import Skipped, judge
from cosim.scenario.schema import Scenario
from cosim.scenario.tree import Node, plain
from cosim.scenario.view import View


@dataclass(frozen=True)
class ValidationReport:
    """What is wrong with a file and its variants, what is strange, what could not be judged, what is worth saying."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def load_scenario(file_or_id: str | Path, *, variant: str | None = None, sets: Sequence[str] = ()) -> LoadedScenario:
    """A scenario ready to build.

    Args:
        file_or_id: a scenario file or a bundled id.
        variant: name of a variant to apply.
        sets: `path=value` overrides, in order, after the variant.

    Raises:
        InputError: every problem found, located.
        UsageError: no such file, id or variant, or a scenario that is only a base for others.
    """
    source = find_source(file_or_id)
    document = read_document(source)
    tree = document.resolved(variant, sets)
    if _is_abstract(tree):
        raise UsageError(f"{source.shown} is abstract: a base for others to extend, not to run")
    report, view = _judged(tree, source.file)
    if problems := (*report.problems, *misspelled(tree, document.layers)):
        raise InputError(problems)
    return LoadedScenario(
        scenario=Scenario.model_validate(plain(with_absolute_files(tree))),
        tree=tree,
        file=source.file or Path(),
        variant=variant,
        variants=document.variants,
        notes=(*report.notes, *_as_notes(report.warnings)),
        network=view.network,
    )


def load_base_case(loaded: LoadedScenario) -> LoadedScenario | None:
    """The base case of a scenario, ready to build; None where it has none.

    Raises:
        InputError: every problem found, located.
    """
    tree = base_tree(loaded.tree)
    if tree is None:
        return None
    report, view = _judged(tree, loaded.file)
    if report.problems:
        raise InputError(_said_of_base_case(report.problems))
    return LoadedScenario(
        scenario=Scenario.model_validate(plain(with_absolute_files(tree))),
        tree=tree,
        file=loaded.file,
        variant=NAME if loaded.variant is None else f"{loaded.variant}, {NAME}",
        variants=(),
        notes=(*report.notes, *_as_notes(report.warnings)),
        network=view.network,
    )


def validate_file(file_or_id: str | Path, *, sets: Sequence[str] = ()) -> ValidationReport:
    """Every problem of a file and of each of its variants, without running anything; never raises for bad input.

    Raises:
        UsageError: there is no such file.
    """
    source = find_source(file_or_id)
    try:
        document = read_document(source)
        tree = document.resolved(None, sets)
    except InputError as error:
        return ValidationReport(error.problems)
    base = _with_base_case(tree, document)
    reports = [base, *(_of_variant(document, name, sets, base) for name in document.variants)]
    return ValidationReport(
        problems=tuple(sorted({problem for report in reports for problem in report.problems})),
        warnings=tuple(sorted({warning for report in reports for warning in report.warnings})),
        skipped=tuple(dict.fromkeys(skip for report in reports for skip in report.skipped)),
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
    )


def _judged(tree: Node, file: Path | None) -> tuple[ValidationReport, View]:
    abstract = _is_abstract(tree)
    parts = take_apart(tree, abstract=abstract)
    view = View(parts, file)
    problems, skipped = judge(view, RULES)
    if abstract:  # a base lacks keys on purpose: what depends on them is judged where it is extended
        skipped = []
    found = sorted({*parts.problems, *problems})
    report = ValidationReport(
        problems=tuple(problem for problem in found if not problem.warning),
        warnings=tuple(problem for problem in found if problem.warning),
        skipped=tuple(skipped),
        notes=tuple(notes(view)),
    )
    return report, view


def _with_base_case(tree: Node, document: Document) -> ValidationReport:
    """A scenario judged together with its base case, which adds problems of its own."""
    report, _ = _judged(tree, document.source.file)
    report = replace(report, problems=(*report.problems, *misspelled(tree, document.layers)))
    try:
        base = None if _is_abstract(tree) else base_tree(tree)
    except InputError as error:
        return replace(report, problems=(*report.problems, *error.problems))
    if base is None:
        return report
    own, _ = _judged(base, document.source.file)
    return replace(
        report,
        problems=(*report.problems, *_said_of_base_case(_new(own.problems, report.problems))),
        warnings=(*report.warnings, *_said_of_base_case(_new(own.warnings, report.warnings))),
        skipped=(
            *report.skipped,
            *(_skip_of(NAME, skip) for skip in own.skipped if skip not in report.skipped),
        ),
    )


def _said_of_base_case(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(one, message=f"{NAME}: {one.message}") for one in problems)


def _of_variant(document: Document, name: str, sets: Sequence[str], base: ValidationReport) -> ValidationReport:
    """What a variant adds to the problems of its file; each says which variant it is."""
    try:
        report = _with_base_case(document.resolved(name, sets), document)
    except InputError as error:
        return ValidationReport(error.problems)
    return ValidationReport(
        problems=_said_of_variant(name, _new(report.problems, base.problems)),
        warnings=_said_of_variant(name, _new(report.warnings, base.warnings)),
        skipped=tuple(_skip_of(f"variant {name}", skip) for skip in report.skipped if skip not in base.skipped),
        notes=tuple(f"variant {name}: {note}" for note in report.notes if note not in base.notes),
    )


def _said_of_variant(variant: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(one, message=f"variant {variant}: {one.message}") for one in problems)


def _skip_of(layer: str, skip: Skipped) -> Skipped:
    return replace(skip, entry=f"{skip.entry} ({layer})".strip())


def _new(problems: Iterable[Problem], base: Iterable[Problem]) -> Iterator[Problem]:
    """Problems that the base does not have."""
    known = {(problem.line, problem.column, problem.file, problem.path, problem.message) for problem in base}
    return (one for one in problems if (one.line, one.column, one.file, one.path, one.message) not in known)


def _as_notes(warnings: Iterable[Problem]) -> Iterator[str]:
    """One note a rule: what a run repeats of the warnings that `cosim validate` lists."""
    by_rule: dict[str, list[Problem]] = {}
    for warning in warnings:
        by_rule.setdefault(warning.rule, []).append(warning)
    for rule, found in by_rule.items():
        more = f" (and {len(found) - 1} more: cosim validate lists them)" if len(found) > 1 else ""
        yield f"{rule}: {found[0].message}{more}"


def _is_abstract(tree: Node) -> bool:
    node = tree.child("abstract")
    return node is not None and node.value is True
