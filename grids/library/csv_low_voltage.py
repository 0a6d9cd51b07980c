"""What the CSV files say about the network below 6.6 kV, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grids.library.csv_branches import Branches, Stretch
from grids.library.csv_nodes import At, Nodes, PoleRow
from grids.library.ratings import trafo_ratings
from grids.library.spec import TrafoSpec
from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment

if TYPE_CHECKING:
    import networkx as nx

LOW_VOLTAGE_KV = 1.0  # below it a node is behind a pole transformer
SECONDARY_V = 210.0
TAP_TOLERANCE_V = 1.0
SIZE_TOLERANCE = 1e-6


def low_voltage_facts(nodes: Nodes, branches: Branches) -> LowVoltageFacts | None:
    """Pole transformers, three-wire stretches and customers; None if the files name none of them.

    Call it when both files hold together; mistakes are noted in their sheets.
    """
    if not (nodes.poles or nodes.customers or branches.stretches):
        return None
    found = [(at, fact) for at in nodes.poles if (fact := _pole(at, nodes, branches)) is not None]
    poles = tuple(fact for _, fact in found)
    modelled = any(pole.lv_bus is not None for pole in poles)
    for at, pole in found:
        if modelled and pole.lv_bus is None:
            at.row.problem("pole", "has no transformer in the network, others have: model all of them or none")
    pole_of, outwards = _mains(branches, poles)
    customers = []
    for person in nodes.customers:
        if person.node not in pole_of:
            person.row.problem("customer", "no three-wire stretch leads from here to a pole transformer")
            continue
        one = person.thing
        customers.append(Customer(one.customer, pole_of[person.node], person.node, one.share_a, one.share_b))
    segments = tuple(_segment(stretch, outwards) for stretch in branches.stretches)
    modelled_depth = LowVoltageDepth.FULL if customers or segments else LowVoltageDepth.LUMPED
    depth = modelled_depth if modelled else LowVoltageDepth.EQUIVALENT
    return LowVoltageFacts(depth, poles, segments, tuple(customers))


def _pole(at: At[PoleRow], nodes: Nodes, branches: Branches) -> PoleTransformer | None:
    row, pole = at.row, at.thing
    if nodes.buses[at.node].vn_kv >= LOW_VOLTAGE_KV:
        if not row.needs("pole_kva", "tap_v", because="at 6.6 kV no transformer of branches.csv says it"):
            return None
        sn_kva, tap_v, bus, trafo = pole.pole_kva or 0.0, pole.tap_v or 0.0, at.node, None
    else:
        feeding = {name: spec for name, spec in branches.trafos.items() if spec.lv == at.node}
        if len(feeding) != 1:
            row.problem("pole", f"{len(feeding)} transformers have their low-voltage side at {at.node!r}, not one")
            return None
        trafo, spec = next(iter(feeding.items()))
        bus, (sn_kva, tap_v) = spec.hv, _size_and_tap(spec)
        if pole.pole_kva is not None and abs(pole.pole_kva / sn_kva - 1.0) > SIZE_TOLERANCE:
            row.problem("pole_kva", f"the transformer {trafo!r} has {sn_kva:g} kVA")
        if pole.tap_v is not None and abs(pole.tap_v - tap_v) > TAP_TOLERANCE_V:
            row.problem("tap_v", f"the transformer {trafo!r} stands at {tap_v:g} V")
        sn_kva = sn_kva if pole.pole_kva is None else pole.pole_kva
        tap_v = tap_v if pole.tap_v is None else pole.tap_v
    return PoleTransformer(
        name=pole.pole,
        bus=bus,
        lv_bus=None if trafo is None else at.node,
        trafo=trafo,
        sn_kva=sn_kva,
        tap_v=tap_v,
        drop_v=pole.drop_v,
        rise_v=pole.rise_v,
        peak_kw=pole.peak_kw,
        pv_kw=pole.pole_pv_kw,
    )


def _size_and_tap(spec: TrafoSpec) -> tuple[float, float]:
    """Rating in kVA, and the primary voltage that gives 210 V at the tap in use."""
    ratings = trafo_ratings(spec)
    primary, secondary = ratings.vn_hv_kv, ratings.vn_lv_kv
    if ratings.tap is not None:
        ratio = 1.0 + (ratings.tap.position - ratings.tap.neutral) * ratings.tap.step_percent / 100.0
        primary, secondary = (primary * ratio, secondary) if ratings.tap.side == "hv" else (primary, secondary * ratio)
    return ratings.sn_kva * spec.parallel, round(primary / secondary * SECONDARY_V, 6)


def _mains(
    branches: Branches, poles: tuple[PoleTransformer, ...]
) -> tuple[Mapping[str, str], frozenset[tuple[str, str]]]:
    """Node -> its pole transformer, and the stretches as (inner, outer) node; mistakes are noted."""
    import networkx as nx  # noqa: PLC0415

    graph = nx.MultiGraph()
    graph.add_nodes_from(pole.lv_bus for pole in poles if pole.lv_bus is not None)
    for stretch in branches.stretches:
        graph.add_edge(stretch.from_node, stretch.to_node, stretch=stretch)
    name_at = {pole.lv_bus: pole.name for pole in poles if pole.lv_bus is not None}
    pole_of: dict[str, str] = {}
    outwards: set[tuple[str, str]] = set()
    for component in nx.connected_components(graph):
        main = graph.subgraph(component)
        roots = [node for node in main if node in name_at]
        if len(roots) == 1 and main.number_of_edges() == main.number_of_nodes() - 1:
            pole_of |= dict.fromkeys(component, name_at[roots[0]])
            outwards |= set(nx.bfs_edges(main, roots[0]))
        else:
            _refuse_main(main, sorted(name_at[root] for root in roots))
    return pole_of, frozenset(outwards)


def _refuse_main(main: nx.MultiGraph, poles: list[str]) -> None:
    stretches: list[Stretch] = [stretch for _, _, stretch in main.edges(data="stretch")]
    first = min(stretches, key=lambda stretch: stretch.row.number)
    if not poles:
        message = "leads to no pole transformer; nodes.csv names it in the column pole"
    elif len(poles) > 1:
        message = f"joins the pole transformers {', '.join(poles)}; each main has one"
    else:
        message = f"belongs to a ring behind the pole transformer {poles[0]}; three-wire mains are radial"
    first.row.problem("name", message)


def _segment(stretch: Stretch, outwards: frozenset[tuple[str, str]]) -> WireSegment:
    ends = stretch.from_node, stretch.to_node
    inner, outer = ends if ends in outwards else ends[::-1]
    return WireSegment(stretch.name, inner, outer, stretch.r_ohm, stretch.x_ohm)
