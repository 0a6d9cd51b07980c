"""What a YAML parser says, in plain words and at the place where the mistake was made."""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from yaml.reader import ReaderError

from cosim.errors import Problem
from cosim.scenario.tree import Place, Source


@dataclass(frozen=True, slots=True)
class _Translation:
    """If the parser's words hold `words`, say `message`; `opening` = point at where the construct began."""

    words: str
    message: str
    hint: str
    opening: bool = False


_TRANSLATIONS = (
    _Translation("character '\\t'", "a tab is used for indentation", "use spaces"),
    _Translation("quoted scalar: found unexpected end", "text in quotes is not closed", "add the closing quote", True),
    _Translation("flow mapping: expected ','", "`{` is not closed, or a comma is missing", "check the braces", True),
    _Translation("flow sequence: expected ','", "`[` is not closed, or a comma is missing", "check the brackets", True),
    _Translation(
        "mapping values are not allowed",
        "a second `:` in one line",
        "put text with `: ` in quotes, or check the indentation",
    ),
    _Translation("could not find expected ':'", "a key without `:`", "write `key: value`", True),
    _Translation("block mapping: expected <block end>", "the indentation does not fit", "align keys of one level"),
    _Translation("block collection: expected <block end>", "the indentation does not fit", "align items of one level"),
    _Translation("expected a single document", "more than one document", "remove the `---` in the middle"),
    _Translation("found undefined alias", "an alias without its anchor", "define it with `&name` above"),
    _Translation("found duplicate anchor", "an anchor is defined twice", "use each `&name` once"),
)


def explain(error: yaml.YAMLError, text: str, source: Source) -> Problem:
    """The problem behind a parser's error in `text`."""
    if isinstance(error, ReaderError):
        message = "holds a character that text files do not have"
        given = f"code 0x{int(error.character):02x}"
        return position(text[: error.position], source).problem("", message, given=given, hint="is it a binary file?")
    mark = getattr(error, "problem_mark", None)
    opening = getattr(error, "context_mark", None) or mark
    words = f"{getattr(error, 'context', None) or ''}: {getattr(error, 'problem', None) or error}"
    for known in _TRANSLATIONS:
        if known.words in words:
            return _at(source, opening if known.opening else mark).problem("", known.message, hint=known.hint)
    given = " ".join(words.strip(": ").split())
    return _at(source, mark).problem("", "is not valid YAML", given=given, hint="check indentation, quotes and colons")


def position(before: str, source: Source) -> Place:
    """The place right after the text `before`."""
    return Place(source, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _at(source: Source, mark: yaml.Mark | None) -> Place:
    return Place(source) if mark is None else Place(source, mark.line + 1, mark.column + 1)
