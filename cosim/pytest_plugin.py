"""pytest plugin: `*.cosim.yaml` files are tests, one a file, with all its variants inside.

Whoever has cosim installed has this plugin in every test run. So it imports only pytest until a scenario runs; tags are
read from the lines of the file.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cosim.check.verdict import Settings, Verdict

SUFFIX = ".cosim.yaml"
MARKER = "cosim"
_KEY = re.compile(r"^(tags|abstract|extends)[ ]*:(.*)$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_MARKER_NAME = re.compile(r"[^\W_][\w+./-]*")  # what `-m` can say and pytest takes as a marker
_TAKEN = frozenset(
    {MARKER, "filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"}
)  # these do things
_QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `cosim check` that make sense for a test run."""
    group = parser.getgroup("cosim", "cosim scenarios")
    group.addoption("--cosim-baseline", metavar="DIR", help="compare scenarios with the baselines in this folder")
    group.addoption(
        "--cosim-duration", metavar="P1D", help="run scenarios only this long (`expect` is not judged then)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marker means (tags follow as they are met); refuse an option that would fail every scenario."""
    config.addinivalue_line("markers", f"{MARKER}: a cosim scenario file (*{SUFFIX}); its tags are markers too")
    if (duration := config.getoption("--cosim-duration")) is not None:
        from cosim.scenario.keys.scalars import parse_length  # noqa: PLC0415 - only who asks for it pays

        try:
            parse_length(duration)
        except ValueError as error:
            raise pytest.UsageError(f"--cosim-duration {duration}: {error}") from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files."""
    return ScenarioFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class ScenarioFile(pytest.File):
    """One scenario file."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item; none of a file that is only a base for others."""
        head = read_head(self.path)
        if [word.lower() for word in head.get("abstract", [])] == ["true"]:
            return
        item: ScenarioItem = ScenarioItem.from_parent(self, name=self.path.name.removesuffix(SUFFIX))
        item.add_marker(MARKER)
        for tag in head.get("tags", []):
            item.extra_keyword_matches.add(tag)
            if _MARKER_NAME.fullmatch(tag) and tag not in _TAKEN:
                line = f"{tag}: tag of a cosim scenario"
                if line not in self.config.getini("markers"):
                    self.config.addinivalue_line("markers", line)
                item.add_marker(tag)
        yield item


class ChecksFailed(Exception):  # noqa: N818 - it is what a test that failed is called
    """A scenario that failed; the text says why, as `cosim check` does."""


class ScenarioItem(pytest.Item):
    """All variants of one scenario file, judged."""

    def runtest(self) -> None:
        """Run and judge them.

        Raises:
            ChecksFailed: the file is wrong, or a variant failed.
        """
        with warnings.catch_warnings():
            # a project that turns warnings into errors means its own code, not the libraries under a power flow
            warnings.resetwarnings()
            for category in _QUIET:
                warnings.simplefilter("ignore", category)
            lines = _check(os.path.relpath(self.path), _settings(self.config))
        if lines:
            raise ChecksFailed("\n".join(lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The lines of `cosim check`; a traceback only for what nobody foresaw."""
        if isinstance(excinfo.value, ChecksFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The file, and what the test is called in headings."""
        return self.path, None, f"scenario {self.name}"


def _settings(config: pytest.Config) -> Settings:
    from cosim.check.verdict import Settings  # noqa: PLC0415

    baseline = config.getoption("--cosim-baseline")
    folder = None if baseline is None else config.invocation_params.dir / baseline
    return Settings(duration=config.getoption("--cosim-duration"), baseline=folder)


def _check(file: str, settings: Settings) -> list[str]:
    """What is wrong with a file, its variants included; empty if nothing is."""
    from cosim.check.files import problems_of, tasks_of  # noqa: PLC0415
    from cosim.check.one import check_one  # noqa: PLC0415
    from cosim.errors import InterruptedRunError, UsageError  # noqa: PLC0415

    try:
        problems = problems_of(file, settings)
        if problems:
            return [str(problem) for problem in problems]
        verdicts = [check_one(task, settings) for task in tasks_of([file], None, settings, named=[file])]
    except UsageError as error:
        return [str(error)]
    except InterruptedRunError:
        raise KeyboardInterrupt from None
    return list(_told(verdicts)) if any(not verdict.passed for verdict in verdicts) else []


def _told(verdicts: Iterable[Verdict]) -> Iterator[str]:
    advised: list[str] = []
    for verdict in verdicts:
        yield from verdict.lines()
        advised += verdict.next_lines() if verdict.advice else ()
    if advised:
        yield "next:"
        yield from (f"  {line}" for line in advised)


def read_head(file: Path, seen: tuple[Path, ...] = ()) -> dict[str, list[str]]:
    """`tags` and `abstract` of a scenario file, tags of what it extends where it has none of its own.

    Reads lines, not YAML: top-level `tags: [a, b]` (over several lines too) or `tags:` with `- a` lines below. What it
    does not understand it leaves out; whether the file is right is judged when it runs.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return {}
    head: dict[str, list[str]] = {}
    for at, line in enumerate(lines):
        match = _KEY.match(line)
        if match:
            head[match[1]] = _words(match[2], lines[at + 1 :])
    base = _base(head.pop("extends", []), file)
    if "tags" not in head and base is not None and base not in seen:
        inherited = read_head(base, (*seen, file))
        head |= {key: words for key, words in inherited.items() if key == "tags"}
    return head


def _words(rest: str, below: list[str]) -> list[str]:
    """The words of a value: those after the colon, or of the list in the lines below."""
    text = _COMMENT.sub("", rest).strip()
    if text.startswith("["):
        more = iter(below)
        while "]" not in text and (line := next(more, None)) is not None:
            text += " " + _COMMENT.sub("", line).strip()
        return _plain(text[1:].partition("]")[0].split(","))
    if text:
        return _plain([text])
    items = []
    for line in below:
        item = _COMMENT.sub("", line).strip()
        if item and not item.startswith("- "):
            break
        items.append(item[2:])
    return _plain(items)


def _plain(words: Iterable[str]) -> list[str]:
    bare = (word.strip() for word in words)
    return [word for each in bare if (word := each[1:-1] if each[:1] in {"'", '"'} and each[-1:] == each[:1] else each)]


def _base(extends: list[str], file: Path) -> Path | None:
    """The file `extends` names: beside the file, or bundled."""
    if len(extends) != 1:
        return None
    if extends[0].endswith((".yaml", ".yml")):
        return file.parent / extends[0]
    bundled = find_spec("scenarios")
    folders = [] if bundled is None else list(bundled.submodule_search_locations or ())
    return next((path for folder in folders for path in sorted(Path(folder).rglob(f"{extends[0]}{SUFFIX}"))), None)
