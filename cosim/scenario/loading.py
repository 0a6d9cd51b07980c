"""From a file to one located tree: base (`extends`), the file, a variant, `--set`, from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from cosim.errors import InputError, UsageError
from cosim.scenario import bundled
from cosim.scenario.base_case import keep_nulls
from cosim.scenario.files import inside
from cosim.scenario.merging import merged, without_nulls
from cosim.scenario.overrides import with_sets
from cosim.scenario.reading import read_file
from cosim.scenario.tree import Node, Source

EXTENDS = "extends"
VARIANTS = "variants"
_OWN = frozenset({"abstract"})  # what a base says of itself only
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Document:
    """A scenario file with its base laid under it; nulls still in it, variants not yet applied."""

    source: Source
    tree: Node

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants, in the order of the file."""
        node = self.tree.child(VARIANTS)
        return () if node is None else tuple(name for name, child in node.mapping.items() if child.value is not None)

    @property
    def layers(self) -> tuple[Node, ...]:
        """The file as written, with its base under it, and every variant."""
        node = self.tree.child(VARIANTS)
        return (self.tree, *(() if node is None else node.mapping.values()))

    def resolved(self, variant: str | None = None, sets: Sequence[str] = ()) -> Node:
        """The tree with a variant and overrides applied, nulls removed but for those of the base case.

        Raises:
            UsageError: there is no such variant.
            InputError: a bad `--set`, or a variant that is no mapping.
        """
        tree = self.tree if variant is None else merged(self.tree, self._variant(variant))
        tree = with_sets(tree, sets, self.source.file)
        return keep_nulls(without_nulls(tree), tree)

    def _variant(self, name: str) -> Node:
        node = self.tree.at((VARIANTS, name))
        if node is None or node.value is None:
            known = ", ".join(self.variants) or "none"
            raise UsageError(f"{self.source.shown} has no variant {name!r}; there are: {known}")
        if not isinstance(node.value, Mapping):
            message = "a variant must be a mapping of keys to change"
            raise InputError([node.place.problem(f"{VARIANTS}.{name}", message, given=str(node.value))])
        for key in (EXTENDS, VARIANTS, "abstract", "name"):
            if key in node.value:
                place = node.value[key].key or node.value[key].place
                raise InputError([place.problem(f"{VARIANTS}.{name}.{key}", f"a variant cannot change {key}")])
        return node


def find_source(file_or_id: str | Path) -> Source:
    """The source of a scenario file or a bundled id; UsageError if there is neither."""
    text = str(file_or_id)
    path = Path(text)
    if path.is_file():
        return Source(text, path.resolve())
    found = bundled.source(text)
    if found is not None:
        return found
    if path.suffix in _SUFFIXES:
        raise UsageError(f"{text}: there is no such file")
    close = get_close_matches(text, bundled.ids(), n=1)
    hint = f"did you mean {close[0]}?" if close else "`cosim list` shows the bundled ones"
    raise UsageError(f"{text}: there is no such file and no bundled scenario of that id; {hint}")


def read_document(source: Source) -> Document:
    """Read a scenario file and everything it extends; InputError with all problems of structure."""
    return Document(source, _chain(source, ()))


def _chain(source: Source, above: tuple[Source, ...]) -> Node:
    tree = read_file(source)
    if not isinstance(tree.value, Mapping):
        raise InputError([tree.place.problem("", "a scenario is a mapping of keys", hint="`cosim new` gives one")])
    extends = tree.value.get(EXTENDS)
    if extends is None or extends.value is None:
        return tree
    base = _base(extends, source)
    chain = (*above, source)
    if base.file in {link.file for link in chain}:
        start = next(i for i, link in enumerate(chain) if link.file == base.file)
        way = " -> ".join(link.shown for link in (*chain[start:], base))
        problem = extends.place.problem(EXTENDS, "goes round in a circle", given=way, hint="remove one of them")
        raise InputError([problem])
    under = _chain(base, chain)
    inherited = {key: child for key, child in under.mapping.items() if key not in _OWN}
    laid = merged(Node(inherited, tree.place), tree)
    return replace(laid, place=tree.place)


def _base(extends: Node, source: Source) -> Source:
    """The source `extends` names, beside the file that says so or bundled."""
    name = extends.value
    if not isinstance(name, str):
        message = "must be a file or the id of a bundled scenario"
        raise InputError([extends.place.problem(EXTENDS, message, given=str(name))])
    named_in = extends.place.source.file
    if not name.endswith(_SUFFIXES):
        found = bundled.source(name)
        if found is None:
            close = get_close_matches(name, bundled.ids(), n=1)
            hint = f"did you mean {close[0]}?" if close else "a file name ends in .yaml; `cosim list` shows the ids"
            message = "there is no bundled scenario of that id"
            raise InputError([extends.place.problem(EXTENDS, message, given=name, hint=hint)])
        return found
    if named_in is None:
        raise ValueError(f"{source.shown} has no folder")
    try:
        file = inside(name, named_in)
    except ValueError as error:
        raise InputError([extends.place.problem(EXTENDS, str(error), given=name)]) from None
    if not file.is_file():
        raise InputError([extends.place.problem(EXTENDS, "there is no such file", given=name)])
    return Source(str(Path(source.shown).parent / name), file)
