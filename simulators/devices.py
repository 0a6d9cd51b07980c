"""The device stage: one entity per scenario entry, each a hosted model, all stepped along the axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grids.parameters import Parameters
from simulators.hosted import FEEDBACK, Hosted, published, taken
from simulators.models.registry import KINDS
from simulators.shell import NO_INPUTS, Inputs, StageSimulator, model_meta, only

DEVICE = "Device"


class DeviceSimulator(StageSimulator):
    """Feedback -> correct -> step -> range of the coming step -> publish."""

    def __init__(self) -> None:
        attrs = {port for spec in KINDS.values() for port in (*taken(spec), *FEEDBACK, *published(spec))}
        super().__init__({DEVICE: model_meta(attrs, ["name", "kind", "parameters", "units"])})
        self._devices: dict[str, Hosted] = {}

    def configure(self, **parameters: Any) -> None:
        """Nothing of its own; the lengths of the steps are listed once."""
        super().configure(**parameters)
        self._lengths_s: list[int] = self.axis.dt_s.tolist()

    def add(self, model: str, **parameters: Any) -> str:
        """One entity for one scenario entry; its id is the subject `device:NAME`.

        Takes `name`, `kind` (a key of `KINDS`), `parameters` (one a member, or one for all) and `units`.
        """
        name: str = parameters["name"]
        kind: str = parameters["kind"]
        own: Sequence[Parameters] = parameters["parameters"]
        if kind not in KINDS:
            raise ValueError(f"device {name}: unknown kind {kind!r}, known are {', '.join(sorted(KINDS))}")
        subject = f"device:{name}"
        self._devices[subject] = Hosted(KINDS[kind], own, parameters["units"], self.members)
        self.values[subject] = {}
        return subject

    def advance(self, k: int, inputs: Inputs) -> None:
        """Step every device; the last step of the axis announces a next one of its own length."""
        dt_s = self._lengths_s[k]
        last_dt_s = self._lengths_s[k - 1] if k > 0 else None
        next_dt_s = self._lengths_s[min(k + 1, len(self._lengths_s) - 1)]
        for subject, device in self._devices.items():
            given = {port: only(values) for port, values in inputs.get(subject, NO_INPUTS).items()}
            self.values[subject] = device.advance(given, dt_s, last_dt_s, next_dt_s)
