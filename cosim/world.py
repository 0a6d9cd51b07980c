"""From a study to a mosaik World: five stages, wired by port name and role. A new device does not touch this.

Every stage entity says what it publishes, what it takes and whose subjects it listens to; connections follow.
Each stage has one entity more, which adds what it published to the record of the step; the recorder gets it last.
Ports whose role points backwards (`FEEDBACK`, `STATE`, `OBSERVED`) are time-shifted, with initial data, and
therefore visible as such in the graph.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulators.ports import CONNECTED, PORTS

if TYPE_CHECKING:
    import mosaik

    from cosim.study import Study
    from simulators.sinks import Sink

STAGES = {
    "Inputs": "simulators.inputs:InputSimulator",
    "Ems": "simulators.ems.shell:EmsSimulator",
    "Devices": "simulators.devices:DeviceSimulator",
    "Grid": "simulators.grid:GridStageSimulator",
    "Recorder": "simulators.recorder:RecorderSimulator",
}
MARKET = "market:main"
RECORDER = "Recorder"
_ORDER = {stage: position for position, stage in enumerate(STAGES)}


@dataclass(frozen=True)
class Endpoint:
    """One entity as the wiring sees it: which ports it publishes and takes, and whose subjects it hears."""

    stage: str
    entity: Any  # mosaik Entity
    subject: str
    publishes: frozenset[str]
    takes: frozenset[str] = frozenset()
    hears: frozenset[str] = frozenset()
    initial: Mapping[str, Any] = field(default_factory=dict)  # first values of ports that feed back


@dataclass(frozen=True, slots=True)
class Connection:
    """One wire, for mosaik and for the printed graph."""

    source: Endpoint
    target: Endpoint
    port: str
    shifted: bool


def connections(endpoints: Iterable[Endpoint]) -> Iterator[Connection]:
    """Every wire the ports ask for: same port name, a subject the target hears, another stage.

    Within a step data runs left to right; a wire that runs right to left is time-shifted.
    """
    everyone = list(endpoints)
    for target in everyone:
        for source in everyone:
            if source.stage == target.stage or source.subject not in target.hears:
                continue
            for port in sorted(source.publishes & target.takes):
                yield Connection(source, target, port, _ORDER[source.stage] > _ORDER[target.stage])


def connect(world: mosaik.World, wires: Iterable[Connection]) -> None:
    """Hand the wires to mosaik."""
    for wire in wires:
        if wire.shifted:
            known = wire.source.initial
            first = known[wire.port] if wire.port in known else PORTS[wire.port].initial
            world.connect(
                wire.source.entity, wire.target.entity, wire.port, time_shifted=True, initial_data={wire.port: first}
            )
        else:
            world.connect(wire.source.entity, wire.target.entity, wire.port)


@dataclass(frozen=True)
class WiredWorld:
    """A world ready to run, and its wires."""

    world: mosaik.World
    wires: tuple[Connection, ...]
    until_s: int

    def run(self) -> None:
        """Run to the end of the axis; whatever a stage or a sink raises comes out of here."""
        try:
            # not lazy: every stage waits for another one of the step before, the inputs for the recorder's word;
            # mosaik's own way of holding stages back costs a fifth of a step
            self.world.run(until=self.until_s, print_progress=False, lazy_stepping=False)
        except BaseException:
            self._drop_tasks()
            raise
        finally:
            self.world.shutdown()

    def _drop_tasks(self) -> None:
        """Cancel what mosaik left running when a stage raised, else asyncio complains about it at exit."""
        pending = asyncio.all_tasks(self.world.loop)
        for task in pending:
            task.cancel()
        self.world.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))


def build_world(study: Study, sinks: Iterable[Sink]) -> WiredWorld:
    """Start the five stages, create one entity per scenario entry and wire them."""
    import mosaik  # noqa: PLC0415
    import mosaik.util  # noqa: PLC0415

    # cache=False: nobody asks for old values; mosaik would keep every array of the run
    world = mosaik.World(
        {name: {"python": path} for name, path in STAGES.items()},
        cache=False,
        configure_logging=False,
        skip_greetings=True,
    )
    try:
        wires = tuple(connections(_endpoints(world, study, tuple(sinks))))
        connect(world, wires)
    except BaseException:
        world.shutdown()
        raise
    return WiredWorld(world, wires, study.axis.duration_s)


def _endpoints(world: mosaik.World, study: Study, sinks: tuple[Sink, ...]) -> list[Endpoint]:
    """Every entity of every stage."""
    common = {"axis": study.axis, "members": study.members}
    own: dict[str, dict[str, Any]] = {
        "Grid": {"feeder": study.feeder, "protection": study.protection},
        RECORDER: {"sinks": sinks, "layout": study.layout},
    }
    needed = [name for name in STAGES if name != "Ems" or study.scopes]  # without a scope it has nothing to do
    stages = {name: world.start(name, **common, **own.get(name, {})) for name in needed}
    return [
        *_inputs(stages["Inputs"], study),
        *(_ems(stages["Ems"], study) if study.scopes else ()),
        *_devices(stages["Devices"], study),
        *_grid(stages["Grid"], study),
        *_records(stages),
    ]


def _records(stages: Mapping[str, Any]) -> Iterator[Endpoint]:
    """The record of a step on its way: each stage adds what it published, the recorder gets it and says so."""
    from simulators.shell import DONE, OUTPUTS  # noqa: PLC0415

    record, said = frozenset({OUTPUTS}), frozenset({DONE})
    takes, before = said, RECORDER.lower()
    for name, stage in stages.items():
        if name == RECORDER:
            heard = frozenset({before})
            yield Endpoint(name, stage.Recorder(), RECORDER.lower(), said, record, heard, {DONE: -1})
        else:
            yield Endpoint(name, stage.Outputs(), f"{OUTPUTS}:{name}", record, takes, frozenset({before}))
        takes, before = record, f"{OUTPUTS}:{name}"


def _inputs(stage: Any, study: Study) -> Iterator[Endpoint]:
    for series in study.drivers:
        yield Endpoint("Inputs", stage.Driver(series=series), series.subject, frozenset(series.ports))


def _ems(stage: Any, study: Study) -> Iterator[Endpoint]:
    from simulators.ems.shell import SCOPE_TAKES, SETPOINT_GIVES, setpoint_takes  # noqa: PLC0415

    for scope in study.scopes:
        entity = stage.Scope(scope=scope)
        heard = {f"boundary:{scope.boundary}", MARKET, *(f"load:{load}" for load in scope.loads)}
        yield Endpoint("Ems", entity, f"ems:{scope.name}", frozenset(), frozenset(SCOPE_TAKES), frozenset(heard))
        for device, child in zip(scope.devices, entity.children, strict=True):
            subject = f"device:{device.name}"
            takes = frozenset({*setpoint_takes(device), CONNECTED})
            yield Endpoint("Ems", child, subject, frozenset(SETPOINT_GIVES), takes, frozenset({subject}))


def _devices(stage: Any, study: Study) -> Iterator[Endpoint]:
    from simulators.hosted import published, taken  # noqa: PLC0415

    for device in study.devices:
        entity = stage.Device(name=device.name, kind=device.spec.kind, parameters=device.parameters, units=device.units)
        yield Endpoint(
            "Devices",
            entity,
            device.subject,
            frozenset(published(device.spec)),
            frozenset(taken(device.spec)),
            frozenset({device.subject}),
            device.initial,
        )


def _grid(stage: Any, study: Study) -> Iterator[Endpoint]:
    from simulators.grid import FEEDBACK, INJECTION, LOAD, MEASURED, TAKES  # noqa: PLC0415

    for model, factory, gives, entries in (
        (INJECTION, stage.Injection, FEEDBACK, study.devices),
        (LOAD, stage.Load, (), study.loads),
    ):
        for entry in entries:
            entity = factory(subject=entry.subject, points=entry.points)
            takes = frozenset(TAKES[model])
            relays = study.protection if model == INJECTION else None
            protected = relays is not None and relays.protects[list(entry.points)].any()
            own = {*gives, CONNECTED} if protected else gives
            yield Endpoint("Grid", entity, entry.subject, frozenset(own), takes, frozenset({entry.subject}))
    for name in study.feeder.boundaries:
        yield Endpoint("Grid", stage.Boundary(name=name), f"boundary:{name}", frozenset(MEASURED))
    stage.Grid()  # makes the stage publish its steps
