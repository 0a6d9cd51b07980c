"""The key `relays`: protection relays (保護継電器), each with its settings in normal and in island mode."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity
from grids.protection.law import RelayKind

PCS_RECONNECT_S = 300.0
LONGEST_DELAY_S = 3600.0  # anything longer is a slip of the unit
MANUAL = "manual"
_POWER_DELAY = "assumed: within 0.2-2 s, planner.md 1.7 [U]"
_FORM_DELAY = "sourced: facts.md 2.5 [W04], 0.5-2.0 s"
_OFR_HZ = "sourced: facts.md 2.5, 51.0 Hz at 50 Hz [W04], 61.2 Hz at 60 Hz [W31, W32]"
_UFR_HZ = "sourced: facts.md 2.5, 48.5 Hz at 50 Hz [W04], 58.8 Hz at 60 Hz [W32]; Kyushu's sample has 59.4 Hz [W31]"
# network frequency -> default setting, Hz
DEFAULT_HZ: dict[RelayKind, dict[float, float]] = {
    RelayKind.OVER_FREQUENCY: {50.0: 51.0, 60.0: 61.2},
    RelayKind.UNDER_FREQUENCY: {50.0: 48.5, 60.0: 58.8},
}


def _delay(certainty: str) -> Any:
    return quantity(
        1.0,
        unit="s",
        description="How long the value must be beyond the setting; a longer step is enough by itself.",
        vary=True,
        certainty=certainty,
        ge=0,
        le=LONGEST_DELAY_S,
    )


def _wait(value: float | str) -> float | str:
    if isinstance(value, str) and value != MANUAL:
        raise ValueError("is neither seconds nor manual")
    if isinstance(value, float) and value < 0:
        raise ValueError("must be at least 0 s")
    return value


_WAIT_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0}, {"const": MANUAL}]}
Wait = Annotated[float | str, AfterValidator(_wait), WithJsonSchema(_WAIT_SCHEMA)]


class RelaySettings(Parameters):
    """One group of settings."""

    blocked: bool = Field(False, description="Whether it never picks up in this mode.")


class PowerSettings(RelaySettings):
    """Settings in kW or, as usual, in percent of what the kind refers to."""

    delay_s: float = _delay(_POWER_DELAY)
    setting_kw: float | None = quantity(
        None, unit="kW", description="Setting; left out = setting_percent.", vary=True, ge=0
    )

    @model_validator(mode="after")
    def _one_setting(self) -> Self:
        if self.setting_kw is not None and "setting_percent" in self.model_fields_set:
            raise ValueError("give setting_kw or setting_percent, not both")
        return self


class ReversePowerSettings(PowerSettings):
    """Picks up when the export is above."""

    setting_percent: float = quantity(
        5.0,
        unit="%",
        description="Setting as a share of the rating of the tripped devices.",
        vary=True,
        certainty="sourced: facts.md 2.5 [W32], about 5 % of the generator rating or less",
        ge=0,
        le=100,
    )


class UnderPowerSettings(PowerSettings):
    """Picks up when the import is below."""

    setting_percent: float = quantity(
        3.0,
        unit="%",
        description="Setting as a share of the maximum received power, which is the boundary's contract_kw.",
        vary=True,
        certainty="sourced: facts.md 2.5 [W32], about 3 % of the maximum received power",
        ge=0,
        le=100,
    )


class OverVoltageSettings(RelaySettings):
    """Picks up above."""

    delay_s: float = _delay(_FORM_DELAY)
    setting_percent: float = quantity(
        115.0,
        unit="%",
        description="Setting in percent of the nominal voltage (200 V on a base of 210 V).",
        vary=True,
        certainty="sourced: facts.md 2.5 [W04, W31, W32], 230 V of 200 V",
        gt=100,
    )


class UnderVoltageSettings(RelaySettings):
    """Picks up below."""

    delay_s: float = _delay(_FORM_DELAY)
    setting_percent: float = quantity(
        80.0,
        unit="%",
        description="Setting in percent of the nominal voltage (200 V on a base of 210 V).",
        vary=True,
        certainty="sourced: facts.md 2.5 [W04, W31, W32], 160 V of 200 V",
        gt=0,
        lt=100,
    )


class OverFrequencySettings(RelaySettings):
    """Picks up above."""

    delay_s: float = _delay(_FORM_DELAY)
    setting_hz: float | None = quantity(
        None, unit="Hz", description="Setting; left out = 51.0 or 61.2 Hz.", vary=True, certainty=_OFR_HZ, gt=0
    )


class UnderFrequencySettings(RelaySettings):
    """Picks up below."""

    delay_s: float = _delay(_FORM_DELAY)
    setting_hz: float | None = quantity(
        None, unit="Hz", description="Setting; left out = 48.5 or 58.8 Hz.", vary=True, certainty=_UFR_HZ, gt=0
    )


class RelayEntry(Parameters):
    """What every relay has."""

    watches: ClassVar[RelayKind]
    kind: str
    trips: list[Name] = Field(description="Devices whose breaker it opens.", min_length=1)
    reconnect: Wait | None = quantity(
        None,
        unit="s",
        description="Wait before the breaker closes again, or manual = it stays open; left out = 300 s, and manual "
        "where an engine is tripped.",
        certainty="sourced: facts.md 2.5 [W04], 300 s; manual for rotating machines assumed, planner.md 3",
    )

    @property
    def groups(self) -> tuple[tuple[str, Any], ...]:
        """(key, settings) of the groups that are given or defaulted."""
        given = (("normal", getattr(self, "normal", None)), ("island", getattr(self, "island", None)))
        return tuple((key, settings) for key, settings in given if settings is not None)


def _island(text: str) -> str:
    return f"Settings where an island feeds the bus; left out = {text}."


_BLOCKED = _island("blocked, for an island has no metering point to import at")
_AS_NORMAL = _island("as normal")


class ReversePowerRelay(RelayEntry):
    """Reverse power relay (RPR, 67P, 逆電力継電器): against export at a metering point."""

    watches = RelayKind.REVERSE_POWER
    kind: Literal["reverse-power"]
    at: Name = Field(description="Boundary of kind pcc it measures at.")
    normal: ReversePowerSettings = Field(ReversePowerSettings(), description="Settings in normal mode.")
    island: ReversePowerSettings | None = Field(None, description=_BLOCKED)


class UnderPowerRelay(RelayEntry):
    """Under-power relay (UPR, 91L, 不足電力継電器): trips while still importing, while a device of it gives power."""

    watches = RelayKind.UNDER_POWER
    kind: Literal["under-power"]
    at: Name = Field(description="Boundary of kind pcc it measures at.")
    normal: UnderPowerSettings = Field(UnderPowerSettings(), description="Settings in normal mode.")
    island: UnderPowerSettings | None = Field(None, description=_BLOCKED)


class TerminalRelay(RelayEntry):
    """A relay at a bus."""

    at: Name | None = Field(None, description="Bus it measures at; left out = each unit at its own bus.")


class OverVoltageRelay(TerminalRelay):
    """Over-voltage relay (OVR, 59, 過電圧継電器)."""

    watches = RelayKind.OVER_VOLTAGE
    kind: Literal["over-voltage"]
    normal: OverVoltageSettings = Field(OverVoltageSettings(), description="Settings in normal mode.")
    island: OverVoltageSettings | None = Field(None, description=_AS_NORMAL)


class UnderVoltageRelay(TerminalRelay):
    """Under-voltage relay (UVR, 27, 不足電圧継電器); opens in a dead grid as well."""

    watches = RelayKind.UNDER_VOLTAGE
    kind: Literal["under-voltage"]
    normal: UnderVoltageSettings = Field(UnderVoltageSettings(), description="Settings in normal mode.")
    island: UnderVoltageSettings | None = Field(None, description=_AS_NORMAL)


class OverFrequencyRelay(TerminalRelay):
    """Over-frequency relay (OFR, 95H, 周波数上昇継電器)."""

    watches = RelayKind.OVER_FREQUENCY
    kind: Literal["over-frequency"]
    normal: OverFrequencySettings = Field(OverFrequencySettings(), description="Settings in normal mode.")
    island: OverFrequencySettings | None = Field(None, description=_AS_NORMAL)


class UnderFrequencyRelay(TerminalRelay):
    """Under-frequency relay (UFR, 95L, 周波数低下継電器)."""

    watches = RelayKind.UNDER_FREQUENCY
    kind: Literal["under-frequency"]
    normal: UnderFrequencySettings = Field(UnderFrequencySettings(), description="Settings in normal mode.")
    island: UnderFrequencySettings | None = Field(None, description=_AS_NORMAL)


RelaySpec = Annotated[
    ReversePowerRelay
    | UnderPowerRelay
    | OverVoltageRelay
    | UnderVoltageRelay
    | OverFrequencyRelay
    | UnderFrequencyRelay,
    Field(discriminator="kind"),
]


def default_reconnect(roles: set[str]) -> float | str:
    """The wait that holds where none is given: an engine is put back by hand, a PCS comes back by itself."""
    return MANUAL if "engine" in roles else PCS_RECONNECT_S
