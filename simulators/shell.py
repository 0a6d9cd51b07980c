"""Base of all mosaik shells: META from the port table, entities, stepping along the axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import mosaik_api_v3

from simulators.axis import TimeAxis

Inputs = Mapping[str, Mapping[str, Mapping[str, Any]]]
Record = tuple[Mapping[str, Mapping[str, Any]], ...]  # of one step: what each stage published, by subject and port
NO_INPUTS: Mapping[str, Mapping[str, Any]] = {}
OUTPUTS_MODEL = "Outputs"
OUTPUTS = "outputs"  # id and attribute of the entity that publishes all of a stage
DONE = "done"  # the recorder says which step it has, so that the inputs do not run ahead of it


def only(values: Mapping[str, Any]) -> Any:
    """The value of an input that has exactly one source."""
    if len(values) != 1:
        raise ValueError(f"expected one source, got {sorted(values)}")
    return next(iter(values.values()))


def model_meta(
    attrs: Iterable[str], params: Iterable[str] = (), *, public: bool = True, any_inputs: bool = False
) -> dict[str, Any]:
    """One entry of META["models"]."""
    return {"public": public, "params": list(params), "attrs": sorted(set(attrs)), "any_inputs": any_inputs}


class StageSimulator(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """One stage: a time-based simulator that steps on every edge of the axis.

    A subclass fills `self.values[eid][attr]` in `advance`, a new inner mapping on every step; `get_data` only looks up,
    it never computes. The entity `Outputs` hands the record of the step on: what the stages before published and,
    behind it, all of this one as `{eid: {attr: value}}` (mosaik's cost grows with wires and with pairs of stages).
    """

    def __init__(self, models: Mapping[str, dict[str, Any]]) -> None:
        known = {OUTPUTS_MODEL: model_meta([OUTPUTS, DONE]), **models}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": known})
        self.values: dict[str, dict[str, Any]] = {}
        self._before: Record = ()
        self.axis: TimeAxis
        self.members = 1

    def init(
        self, sid: str, time_resolution: float = 1.0, *, axis: TimeAxis, members: int = 1, **parameters: Any
    ) -> dict[str, Any]:
        """Start of the stage; `parameters` go to `configure`."""
        self.sid = sid
        self.axis = axis
        self.members = members
        self.configure(**parameters)
        return self.meta  # type: ignore[no-any-return]

    def configure(self, **parameters: Any) -> None:
        """Take the stage's own parameters; none by default."""
        if parameters:
            raise TypeError(f"unknown stage parameters: {sorted(parameters)}")

    def create(self, num: int, model: str, **parameters: Any) -> list[dict[str, Any]]:
        """Create entities through `add`, which returns the entity id; or the one entity `Outputs`."""
        if model == OUTPUTS_MODEL:
            return [{"eid": OUTPUTS, "type": model}]
        return [{"eid": self.add(model, **parameters), "type": model} for _ in range(num)]

    def add(self, model: str, **parameters: Any) -> str:
        """Create one entity and return its id."""
        raise NotImplementedError

    def step(self, time: int, inputs: Inputs, max_advance: int) -> int:
        """One step; the next one starts at the next edge."""
        k = self.axis.step_at(time)
        handed = inputs.get(OUTPUTS, NO_INPUTS).get(OUTPUTS)
        self._before = only(handed) if handed else ()
        self.advance(k, inputs)
        return self.axis.next_edge(k)

    def advance(self, k: int, inputs: Inputs) -> None:
        """Compute step k and fill `self.values`."""
        raise NotImplementedError

    def get_data(self, outputs: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
        """Look up what `advance` left."""
        return {
            eid: {OUTPUTS: (*self._before, dict(self.values))}
            if eid == OUTPUTS
            else {attr: self.values[eid][attr] for attr in attrs}
            for eid, attrs in outputs.items()
        }
