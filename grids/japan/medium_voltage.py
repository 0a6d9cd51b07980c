"""The 6.6 kV part of a feeder network: source, bank, feeders, switches, ties, SVRs, high-voltage customers."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi

from grids.equipment import tables
from grids.japan.design import Figures, hv_customers, section_start, svr_node
from grids.japan.draft import Draft, Rating, Taps
from grids.japan.plan import BUSBAR, Node, Plan, longitude_latitude, moved
from grids.japan.spec import Design
from grids.regulators.spec import TapChangerSpec

VN_KV = 6.6
NEIGHBOUR_HV_POWER_FACTOR = 0.98  # assumed, of lumped high-voltage customers
UPSTREAM, STATION, BANK, LRT = "upstream", "station", "bank", "lrt"


def draw(design: Design, plan: Plan, figures: Figures, tap_pos: Mapping[str, int]) -> Draft:
    """Everything but what hangs on the study feeder's pole transformers.

    Args:
        design: checked.
        plan: of that design.
        figures: of that design.
        tap_pos: transformer -> position of its load tap changer; neutral where it is not named.
    """
    draft = Draft(design.frequency_hz)
    _source(draft, design, tap_pos)
    before = {(svr.feeder, svr_node(design, name)): name for name, svr in design.svrs.items()}
    for node in plan.nodes:
        draft.bus(node.name, VN_KV, longitude_latitude(node.at, design.centre))
        svr = None if node.lateral else before.get((node.feeder, node.number))
        _span(draft, design, node, svr, tap_pos)
    _sectionalisers(draft, design, plan)
    for tie in plan.ties:
        ends = tie.from_node.name, tie.to_node.name
        draft.line(tie.name, ends, tie.km, tables.conductor(tie.from_node.conductor))
        draft.switches.append((tie.name, ends[0], tie.name, False))
    _hv_customers(draft, design, plan)
    for trunk in plan.trunks[1:]:
        _neighbour(draft, design, figures, trunk)
    return draft


def regulators_of(design: Design) -> dict[str, TapChangerSpec]:
    """The load tap changers of a design: `lrt` of the bank, and every SVR by its name."""
    lrt = {LRT: design.bank.lrt.for_trafo(BANK)} if design.source == "substation" else {}
    return lrt | {name: svr.for_trafo(name) for name, svr in design.svrs.items()}


def _source(draft: Draft, design: Design, tap_pos: Mapping[str, int]) -> None:
    place = longitude_latitude((0.0, 0.0), design.centre)
    draft.bus(BUSBAR, VN_KV, place)
    if design.source == "diesel_station":
        draft.sources[STATION] = (BUSBAR, design.station_v / 1e3 / VN_KV)
        return
    bank = design.bank
    unit = tables.bank_transformer(bank.sn_mva, bank.vn_hv_kv)
    draft.bus(UPSTREAM, float(bank.vn_hv_kv), longitude_latitude((-0.1, 0.0), design.centre))
    draft.sources[UPSTREAM] = (UPSTREAM, bank.source_vm_pu)
    rating = Rating(
        unit.sn_mva, unit.vn_hv_kv, unit.vn_lv_kv, unit.vk_percent, unit.vkr_percent, unit.i0_percent, unit.pfe_kw
    )
    taps = Taps("hv", unit.tap_min, unit.tap_max, tap_pos.get(BANK, 0), unit.tap_step_percent)
    draft.trafo(BANK, (UPSTREAM, BUSBAR), rating, taps)


def _span(draft: Draft, design: Design, node: Node, svr: str | None, tap_pos: Mapping[str, int]) -> None:
    """The line to a node; an SVR stands at its end."""
    conductor = tables.conductor(node.conductor)
    if svr is None:
        draft.line(node.name, (node.parent, node.name), node.km, conductor)
        return
    primary = f"{svr}-in"
    draft.bus(primary, VN_KV, longitude_latitude(moved(node.at, node.heading, -0.02), design.centre))
    draft.line(node.name, (node.parent, primary), node.km, conductor)
    unit = tables.svr(design.svrs[svr].model)
    rating = Rating(unit.sn_kva / 1e3, unit.vn_kv, unit.vn_kv, unit.vk_percent, unit.vkr_percent, 0.0, 0.0)
    taps = Taps("lv", unit.tap_min, unit.tap_max, tap_pos.get(svr, 0), unit.tap_step_percent)
    draft.trafo(svr, (primary, node.name), rating, taps)


def _sectionalisers(draft: Draft, design: Design, plan: Plan) -> None:
    """Breakers at the busbar; a section begins with a switch at the near end of the span to its first node."""
    for trunk in plan.trunks:
        head = trunk[0]
        draft.switches.append((f"f{head.feeder}-cb", BUSBAR, head.name, True))
    study = plan.trunks[0]
    for section in range(2, design.trunk.sections + 1):
        node = study[section_start(design, section) - 1]
        draft.switches.append((f"f1-s{section}", node.parent, node.name, True))


def _hv_customers(draft: Draft, design: Design, plan: Plan) -> None:
    for name, customer in hv_customers(design).items():
        node, full = plan.trunks[0][customer.at - 1], f"f1-{name}"
        km = customer.service_m / 1e3
        place = moved(node.at, node.heading - pi / 2, km)
        draft.bus(full, VN_KV, longitude_latitude(place, design.centre))
        draft.line(full, (node.name, full), km, tables.conductor(customer.conductor))
        draft.switches.append((full, node.name, full, True))
        draft.load(full, full, customer.type, customer.kw, customer.power_factor)


def _neighbour(draft: Draft, design: Design, figures: Figures, trunk: tuple[Node, ...]) -> None:
    """Demand like the study feeder's, spread evenly over the nodes: each kind a load, PV beside the homes."""
    share = design.neighbours.demand_share / len(trunk)
    for node in trunk:
        for name, kind, kw, power_factor in (
            ("homes", "home", figures.homes_kw, design.homes.power_factor),
            ("shops", "shop", figures.shops_kw, design.homes.power_factor),
            ("works", "factory", figures.hv_kw, NEIGHBOUR_HV_POWER_FACTOR),
        ):
            if kw * share > 0.0:
                draft.load(f"{node.name}-{name}", node.name, kind, kw * share, power_factor)
        pv_kw = figures.pv_kw * share * design.neighbours.pv_share
        if pv_kw > 0.0:
            draft.pv(f"{node.name}-pv", node.name, "pv-neighbour", pv_kw)
