"""A preset feeder, with the scenario's changes, as a network with everything known about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grids.equipment.tables import pole_taps
from grids.japan.customers import Pole, poles_of
from grids.japan.design import Figures, figures_of, resolve
from grids.japan.mains import hang
from grids.japan.medium_voltage import draw, regulators_of
from grids.japan.plan import plan_of
from grids.japan.presets import INFO, PresetInfo
from grids.japan.settle import Case, SettledCase, settle
from grids.japan.spec import Design, DesignSpec
from grids.japan.taps import TapChoice, choose_tap
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts
from grids.regulators.spec import TapChangerSpec

if TYPE_CHECKING:
    from pandapower import pandapowerNet

SHOWN = 6  # poles a note names


@dataclass(frozen=True)
class JapaneseFeeder:
    """A bank with its feeders. Loads are at their annual peak after diversity, PV at its AC rating."""

    net: pandapowerNet
    low_voltage: LowVoltageFacts  # of the study feeder, f1
    regulators: Mapping[str, TapChangerSpec]
    origin: str
    notes: tuple[str, ...]
    design: Design  # complete: the preset with the scenario's changes
    figures: Figures
    tap_choices: Mapping[str, TapChoice]  # pole -> what its taps leave


def presets() -> Mapping[str, PresetInfo]:
    """Name -> what a preset is; needs no network library."""
    return INFO


def build_preset(preset: str, design: DesignSpec | None = None) -> JapaneseFeeder:
    """Build a preset feeder. Equal input gives an equal network.

    Pole taps are chosen on the network that ends at 6.6 kV, so they are the same in every depth of low voltage.

    Args:
        preset: one of `presets()`.
        design: where the feeder differs from it.

    Raises:
        GridError: there is no such preset, or the feeder cannot carry its peak.
        DescriptionError: the design does not fit; routes start with `design`.
    """
    full = resolve(preset, design)
    figures, plan = figures_of(full), plan_of(full)
    poles = poles_of(full, figures, plan.study)
    regulators = regulators_of(full)
    ends_at_6kv = full.model_copy(update={"low_voltage": LowVoltageDepth.EQUIVALENT})
    trial = draw(full, plan, figures, {})
    hang(trial, ends_at_6kv, poles, dict.fromkeys((pole.name for pole in poles), pole_taps()[0]))
    heavy, light = settle(trial.net(preset), regulators, _cases(full))
    choices = {pole.name: _choice(full, heavy, light, pole) for pole in poles}
    draft = draw(full, plan, figures, heavy.tap_pos)
    low_voltage = hang(draft, full, poles, {name: choice.least_bad_v for name, choice in choices.items()})
    return JapaneseFeeder(
        net=draft.net(preset),
        low_voltage=low_voltage,
        regulators=regulators,
        origin=f"preset feeder {preset}" + (" with changes" if design is not None and design.model_fields_set else ""),
        notes=(*_notes(full, figures, choices), *_unrest({"at the annual peak": heavy, "at light load": light})),
        design=full,
        figures=figures,
        tap_choices=choices,
    )


def _cases(design: Design) -> tuple[Case, Case]:
    """What pole taps must serve: the annual peak without PV, and light load."""
    taps = design.taps
    return (
        Case("at its annual peak", 1.0, 0.0, taps.heavy_at),
        Case("at light load", taps.light_share, float(taps.with_pv), taps.light_at),
    )


def _choice(design: Design, heavy: SettledCase, light: SettledCase, pole: Pole) -> TapChoice:
    taps = design.taps
    open_to = pole_taps() if taps.fixed_v is None else (taps.fixed_v,)
    bus = pole.node.name
    return choose_tap(light.line_v[bus], heavy.line_v[bus], taps.drop_v, taps.rise_v, open_to)


def _notes(design: Design, figures: Figures, choices: Mapping[str, TapChoice]) -> Iterator[str]:
    yield (
        f"feeder f1 is made up: {figures.peak_kw:.0f} kW annual peak, {figures.homes} homes, PV {figures.pv_kw:.0f} kW "
        f"AC (penetration {figures.penetration:.3g}); its figures and plan are assumed after facts.md 1.3-1.5"
    )
    if design.feeders > 1:
        yield "feeders other than f1 are lumped demand on a trunk; nobody's low voltage is judged there"
    without = [pole for pole, choice in choices.items() if choice.tap_v is None]
    if without:
        shown = ", ".join(without[:SHOWN]) + (f" and {len(without) - SHOWN} more" if len(without) > SHOWN else "")
        tried = "no pole tap" if design.taps.fixed_v is None else f"the tap of {design.taps.fixed_v:g} V does not"
        keeps = "keeps" if design.taps.fixed_v is None else "keep"
        set_one = "the least bad one is set: " if design.taps.fixed_v is None else ""
        yield f"{tried} {keeps} both peak and light load within 95-107 V at {shown}; {set_one}needs SVR or other remedy"


def _unrest(cases: Mapping[str, SettledCase]) -> Iterator[str]:
    for words, case in cases.items():
        for name in case.at_limit:
            yield f"regulator {name} is at the end of its taps {words}"
        if not case.at_rest:
            yield f"the tap changers do not come to rest {words}; pole taps are chosen where they happened to stand"
