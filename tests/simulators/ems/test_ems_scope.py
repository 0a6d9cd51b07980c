"""Building a scope: numbers for all members or for each, and what is refused by name."""

import pytest

from simulators.ems.arbitrate import full_cut_order
from simulators.ems.contract import Controlled
from simulators.ems.contract_cap import ContractCapSpec
from simulators.ems.export_cap import ExportCapSpec
from simulators.ems.heat_led import HeatLedSpec
from simulators.ems.price_led import PriceLedSpec
from simulators.ems.registry import BUILDERS, StrategySpec
from simulators.ems.scope import MeteringPoint, build_scope
from simulators.ems.self_consumption import SelfConsumptionSpec
from simulators.models.heat_parameters import HeatPlantParameters
from simulators.models.registry import KINDS

CAP = ContractCapSpec(kind="contract-cap")
FOLLOW = SelfConsumptionSpec(kind="self-consumption", device="cells")


def plant(**fields):
    return HeatPlantParameters(power_kw=25, fuel="lpg", tank_m3=6, boiler_kw=200, **fields)


def scope(*specs, plants=()):
    own = plants or (plant(),)
    devices = [Controlled("cells", KINDS["battery"], 1, ()), Controlled("chp", KINDS["heat-plant"], 4, own)]
    return build_scope("site", MeteringPoint("pcc", contract_kw=500), specs, ["house"], devices)


def test_every_strategy_a_scenario_may_name_can_be_built():
    named = StrategySpec.__origin__.__args__
    assert set(BUILDERS) == set(named)


def test_one_number_serves_all_members():
    (cap,) = scope((CAP,)).strategies
    assert cap.limit_mw.tolist() == [0.5]


def test_each_member_may_have_its_own_number():
    specs = [ContractCapSpec(kind="contract-cap", limit_kw=kw) for kw in (100, 200, 300)]
    (cap,) = scope(specs).strategies
    assert cap.limit_mw == pytest.approx([0.1, 0.2, 0.3])


def test_each_member_may_have_its_own_plant_and_its_own_start():
    plants = (plant(), plant(electrical_efficiency=0.3, dump_allowed=False))
    specs = [PriceLedSpec(kind="price-led", device="chp", start_below_soc=soc) for soc in (0.5, 0.8)]
    (led,) = scope(specs, plants=plants).strategies
    assert led.start_below_soc.tolist() == [0.5, 0.8]
    assert led.plant.electrical_efficiency.tolist() == [0.335, 0.3]
    assert led.plant.dump_allowed.tolist() == [True, False]


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ((CAP, FOLLOW), "one kind"),
        ((FOLLOW, SelfConsumptionSpec(kind="self-consumption", device="chp")), "one device"),
        ((SelfConsumptionSpec(kind="self-consumption", device="attic"),), "attic is not a device behind pcc"),
        ((HeatLedSpec(kind="heat-led", device="attic"),), "attic is not a device behind pcc"),
        ((ExportCapSpec(kind="export-cap"),), "export-cap has no limit"),
    ],
)
def test_what_cannot_be_built_is_refused_in_plain_words(specs, message):
    with pytest.raises(ValueError, match=message):
        scope(specs)


def test_devices_left_out_of_the_cut_order_follow_it_storage_first_sources_last():
    roles = {"pv": "source", "chp": "engine", "cells": "storage", "attic": "storage"}
    assert full_cut_order((), roles) == ("attic", "cells", "chp", "pv")
    assert full_cut_order(("pv", "cells"), roles) == ("pv", "cells", "attic", "chp")
