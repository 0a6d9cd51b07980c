"""Everything of the rules that needs a run, as one: its sinks, and what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cosim.findings import Finding
from cosim.results.figures import Figure
from cosim.rules.balancing import Balancing
from cosim.rules.demand import CustomerDemand
from cosim.rules.edges import SectionEdges
from cosim.rules.facts import Arrangement
from cosim.rules.licence import LicencePack
from cosim.rules.own_supply import STORAGE, OwnSupplyWatch
from cosim.rules.wheeling import Wheeling
from grids.arrays import FloatArray
from grids.sections import Partition
from simulators.sinks import Sink


class PeriodRules:
    """Own supply, balancing, self-wheeling, the licence pack and customers' demand of one run.

    Args:
        facts: the arrangement.
        partition: sections and boundaries of the network.
        tolerance_kw: power that no meter would show.
    """

    def __init__(self, facts: Arrangement, partition: Partition, tolerance_kw: float) -> None:
        edges = SectionEdges(partition)
        self.facts = facts
        self.demand = CustomerDemand(facts, edges)
        self.balancing = Balancing(facts)
        self.wheeling = Wheeling(facts, tolerance_kw)
        self._own_supply = OwnSupplyWatch(facts, edges)
        storage = [at for plant in facts.plants if plant.role == STORAGE for at in plant.injections]
        self._licence = LicencePack(partition, edges, storage)
        self._judging = (self._own_supply, self.balancing, self.wheeling)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """What takes the steps of the run."""
        return (*self._judging, self._licence, self.demand)

    def figures(self) -> Iterator[Figure]:
        """Figures of all of them."""
        for sink in (*self._judging, self._licence, self.demand):
            yield from sink.figures()

    def findings(self) -> Iterator[Finding]:
        """Rules broken over the run."""
        for sink in self._judging:
            yield from sink.findings()

    def hours(self) -> Mapping[str, FloatArray]:
        """Finding id -> (M,) hours of each member."""
        return {id_: hours for sink in self._judging for id_, hours in sink.hours().items()}
