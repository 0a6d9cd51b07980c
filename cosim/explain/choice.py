"""Which finding is meant: its id, a part of it that fits only one, or its number in the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from cosim.errors import UsageError

MOST_NAMED = 5

Found = tuple[int, Mapping[str, Any]]  # number in the list, from 1, and the finding


def chosen(findings: Sequence[Mapping[str, Any]], name: str) -> Found:
    """The finding that is meant.

    Raises:
        UsageError: none fits, or more than one.
    """
    listed = list(enumerate(findings, start=1))
    if name.isdecimal():
        fitting = [one for one in listed if one[0] == int(name)]
    else:
        exact = [one for one in listed if one[1]["id"] == name]
        fitting = exact or [one for one in listed if name.lower() in str(one[1]["id"]).lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        named = ", ".join(f"{number} {finding['id']}" for number, finding in fitting[:MOST_NAMED])
        more = f" and {len(fitting) - MOST_NAMED} more" if len(fitting) > MOST_NAMED else ""
        raise UsageError(f"{name} fits {len(fitting)} findings: {named}{more}; give more of one, or its number")
    if not listed:
        raise UsageError("the run has no findings: there is nothing to explain")
    close = get_close_matches(name, [str(finding["id"]) for finding in findings], n=1, cutoff=0.4)
    has = f"only 1 ({findings[0]['id']})" if len(listed) == 1 else f"1 to {len(listed)}; without a name all are listed"
    hint = f"did you mean {close[0]}?" if close else f"it has {has}"
    raise UsageError(f"the run has no finding {name}; {hint}")
