"""The last answer of a pure function, kept while it is asked the same again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

S = TypeVar("S")
R = TypeVar("R")


class Latest(Generic[S, R]):
    """A pure function of a state and a step length that remembers its last answer.

    What a model publishes of the coming step it needs again in that step, unless the grid took something else in
    between. States are immutable and told apart by identity; the one last asked about is kept alive.
    """

    __slots__ = ("_answer", "_asked", "_function")

    def __init__(self, function: Callable[[S, float], R]) -> None:
        self._function = function
        self._asked: tuple[S, float] | None = None
        self._answer: R

    def __call__(self, state: S, dt_s: float) -> R:
        """`function(state, dt_s)`."""
        asked = self._asked
        if asked is None or asked[0] is not state or asked[1] != dt_s:
            self._answer = self._function(state, dt_s)
            self._asked = state, dt_s
        return self._answer
