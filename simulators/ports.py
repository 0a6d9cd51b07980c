"""The table of ports: every name, unit, sign and role that crosses between stages.

mosaik META, the wiring in `cosim.world`, the recorder's columns and the glossary are all derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a port is for; wiring follows from it (see docs/architecture.md)."""

    DRIVER = "driver"  # inputs -> ems and devices and grid, within the step
    SETPOINT = "setpoint"  # ems -> devices, within the step
    INJECTION = "injection"  # devices -> grid, within the step
    FEEDBACK = "feedback"  # grid -> devices, one step later
    STATE = "state"  # devices -> ems, one step later
    OBSERVED = "observed"  # grid -> ems, one step later
    RESULT = "result"  # recorded only


@dataclass(frozen=True, slots=True)
class Port:
    """One port. `series` is its column prefix in the results; values are `(members, units)` or a float."""

    name: str
    unit: str
    role: Role
    series: str
    description: str
    initial: float = 0.0  # what a time-shifted input reads in the first step


def _table(*ports: Port) -> dict[str, Port]:
    return {port.name: port for port in ports}


P = "P[MW]"
Q = "Q[MVar]"
P_LOAD = "P_load[MW]"
Q_LOAD = "Q_load[MVar]"
P_AVAILABLE = "P_available[MW]"
P_SET = "P_set[MW]"
SET_REASON = "set_reason"
P_MIN = "P_min[MW]"
P_MAX = "P_max[MW]"
P_ON_MIN = "P_on_min[MW]"
SOC = "soc"
P_ACTUAL = "P_actual[MW]"
Q_ACTUAL = "Q_actual[MVar]"
VM = "Vm[pu]"
ENERGISED = "energised"
REASON = "reason"
HEAT_DEMAND = "heat_demand[MW]"
HEAT_USEFUL = "heat_useful[MW]"
TANK_SOC = "tank_soc"
TANK = "tank[degC]"
HEAT_ENABLED = "heat_enabled"
ON = "on"
CUT_RATING = "P_cut_rating[MW]"
CUT_VOLTAGE = "P_cut_voltage[MW]"
CUT_SET = "P_cut_set[MW]"
LOSS = "loss[MW]"
HEAT_CHP = "heat_chp[MW]"
HEAT_BOILER = "heat_boiler[MW]"
HEAT_DUMPED = "heat_dumped[MW]"
HEAT_SERVED = "heat_served[MW]"
HEAT_UNSERVED = "heat_unserved[MW]"
HEAT_LOSS = "heat_loss[MW]"
FUEL = "fuel[kg/h]"
FUEL_GAS = "fuel[Nm3/h]"
CO2 = "co2[kg/h]"
ENERGY_PRICE = "energy_price[1/kWh]"
DEMAND_CHARGE = "demand_charge[1/kW]"
FUEL_PRICE = "fuel_price[1/kWh]"
AIR = "air[degC]"
GHI = "ghi[W/m2]"
BOUNDARY_P = "boundary_P[MW]"
LOSSES = "losses[MW]"
CONNECTED = "connected"
STEP = "step"

PORTS: dict[str, Port] = _table(
    Port(P, "MW", Role.INJECTION, "p_request_mw", "requested injection; generation and discharge positive"),
    Port(
        Q,
        "MVar",
        Role.INJECTION,
        "q_request_mvar",
        "requested reactive injection; positive raises the voltage",
    ),
    Port(P_LOAD, "MW", Role.DRIVER, "p_load_mw", "demand, its own positive quantity"),
    Port(Q_LOAD, "MVar", Role.DRIVER, "q_load_mvar", "reactive demand, positive inductive"),
    Port(P_AVAILABLE, "MW", Role.DRIVER, "p_available_mw", "power the source could give before any limit"),
    Port(P_SET, "MW", Role.SETPOINT, "p_set_mw", "set-point or ceiling from the EMS, injection sign"),
    Port(
        SET_REASON,
        "code",
        Role.SETPOINT,
        "set_reason",
        "why the EMS holds a source below what it has (Reason)",
    ),
    Port(P_MIN, "MW", Role.STATE, "p_min_mw", "lowest injection possible in the coming step"),
    Port(P_MAX, "MW", Role.STATE, "p_max_mw", "highest injection possible in the coming step"),
    Port(P_ON_MIN, "MW", Role.STATE, "p_on_min_mw", "smallest injection while running; 0 = continuous"),
    Port(SOC, "1", Role.STATE, "soc", "state of charge at the end of the step, 0..1 of the capacity"),
    Port(P_ACTUAL, "MW", Role.FEEDBACK, "p_mw", "injection that really happened"),
    Port(Q_ACTUAL, "MVar", Role.FEEDBACK, "q_mvar", "reactive injection that really happened"),
    Port(VM, "pu", Role.FEEDBACK, "vm_pu", "voltage at the connection point", 1.0),
    Port(ENERGISED, "bool", Role.FEEDBACK, "energised", "whether the connection point is alive", 1.0),
    Port(REASON, "code", Role.FEEDBACK, "reason", "why actual differs from request (Reason)"),
    Port(HEAT_DEMAND, "MW", Role.DRIVER, "heat_demand_mw", "heat asked of the plant"),
    Port(
        HEAT_ENABLED,
        "bool",
        Role.DRIVER,
        "heat_enabled",
        "whether the heat customer's calendar lets the tank be charged",
        1.0,
    ),
    Port(TANK_SOC, "1", Role.STATE, "tank_soc", "usable heat in the tank, 0..1, end of step"),
    Port(TANK, "degC", Role.RESULT, "tank_degc", "mean tank temperature, end of step"),
    Port(
        HEAT_USEFUL,
        "MW",
        Role.STATE,
        "heat_room_mw",
        "engine heat that demand and tank can take in the coming step, calendar aside",
    ),
    Port(ON, "bool", Role.STATE, "on", "running at the end of the step"),
    Port(CUT_RATING, "MW", Role.RESULT, "p_cut_rating_mw", "available power above the rating"),
    Port(
        CUT_VOLTAGE,
        "MW",
        Role.RESULT,
        "p_cut_voltage_mw",
        "available power given up inside the kVA rating so that the power factor holds",
    ),
    Port(CUT_SET, "MW", Role.RESULT, "p_cut_set_mw", "available power held back by the EMS (see set_reason)"),
    Port(LOSS, "MW", Role.RESULT, "loss_mw", "conversion, self-discharge and standby losses of the device"),
    Port(HEAT_CHP, "MW", Role.RESULT, "heat_chp_mw", "heat recovered from the engines"),
    Port(HEAT_BOILER, "MW", Role.RESULT, "heat_boiler_mw", "heat from the back-up boiler"),
    Port(HEAT_DUMPED, "MW", Role.RESULT, "heat_dumped_mw", "engine heat thrown away by the radiator"),
    Port(HEAT_SERVED, "MW", Role.RESULT, "heat_served_mw", "heat delivered to the customer"),
    Port(HEAT_UNSERVED, "MW", Role.RESULT, "heat_unserved_mw", "heat asked for and not delivered"),
    Port(HEAT_LOSS, "MW", Role.RESULT, "heat_loss_mw", "tank loss"),
    Port(FUEL, "kg/h", Role.RESULT, "fuel_kg_h", "LPG of engines and boiler"),
    Port(FUEL_GAS, "Nm3/h", Role.RESULT, "fuel_nm3_h", "city gas of engines and boiler"),
    Port(CO2, "kg/h", Role.RESULT, "co2_kg_h", "CO2 from the fuel burnt"),
    Port(
        ENERGY_PRICE,
        "1/kWh",
        Role.DRIVER,
        "energy_price",
        "what a kWh from the grid costs at the meter, scenario currency",
    ),
    Port(
        DEMAND_CHARGE,
        "1/kW",
        Role.DRIVER,
        "demand_charge",
        "charge for one more kW of the billing period's peak",
    ),
    Port(FUEL_PRICE, "1/kWh", Role.DRIVER, "fuel_price", "fuel price per kWh of lower heating value"),
    Port(AIR, "degC", Role.DRIVER, "air_degc", "outdoor air temperature"),
    Port(GHI, "W/m2", Role.DRIVER, "ghi_w_m2", "global horizontal irradiance"),
    Port(BOUNDARY_P, "MW", Role.OBSERVED, "p_mw", "net import through a boundary into its section"),
    Port(LOSSES, "MW", Role.OBSERVED, "losses_mw", "losses of the branches inside a section"),
    Port(
        CONNECTED,
        "bool",
        Role.OBSERVED,
        "connected",
        "whether no relay keeps the breaker of a unit open in the coming step",
        1.0,
    ),
    Port(STEP, "object", Role.RESULT, "", "the whole GridStep, by reference, for the recorder"),
)
