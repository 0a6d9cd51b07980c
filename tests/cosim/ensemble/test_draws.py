"""Parameter models per member: shared, validated, and only what varies is touched."""

import numpy as np
import pytest
from pydantic import ValidationError

from cosim.ensemble.draws import Drawn, Draws
from cosim.scenario.keys.devices import ENTRIES
from cosim.scenario.keys.ems import ScopeSpec
from cosim.scenario.keys.loads import NetworkLoads
from cosim.scenario.keys.market import Market
from simulators.sources.profiles import NoiseSpec

BATTERY = ENTRIES["battery"].model_validate({"kind": "battery", "bus": "a", "power_kw": 5, "capacity_kwh": 10})
AT = ("devices", "cells")


def draws(*drawn: tuple) -> Draws:
    count = len(drawn[0][1])
    columns = tuple(Drawn(".".join(map(str, route)), route, "1", values) for route, values in drawn)
    return Draws(count, np.arange(count), 0, columns)


def test_one_object_where_nothing_below_the_route_varies():
    found = draws((("devices", "other", "power_kw"), (1.0, 2.0))).specs(AT, BATTERY)
    assert len(found) == 1
    assert found[0] is BATTERY
    assert Draws.single().specs(AT, BATTERY) == (BATTERY,)


def test_each_member_gets_its_own_values_and_equal_ones_share_an_object():
    many = draws(((*AT, "power_kw"), (1.0, 2.0, 1.0)), ((*AT, "capacity_kwh"), (7.0, 7.0, 7.0)))
    found = many.specs(AT, BATTERY)
    assert [(one.power_kw, one.capacity_kwh, one.bus) for one in found] == [(1, 7, "a"), (2, 7, "a"), (1, 7, "a")]
    assert found[0] is found[2]
    assert BATTERY.power_kw == 5
    assert many.column((*AT, "power_kw")) == (1.0, 2.0, 1.0)
    assert many.column(AT) is None


def test_values_are_validated_alone_and_together():
    with pytest.raises(ValidationError, match="greater than 0"):
        draws(((*AT, "power_kw"), (1.0, 0.0))).specs(AT, BATTERY)
    with pytest.raises(ValidationError, match="window"):
        draws(((*AT, "soc_min"), (0.8,))).specs(AT, BATTERY)


def test_a_part_that_the_file_leaves_out_is_made():
    loads = NetworkLoads(kind="network")
    both = draws((("loads", "n", "noise", "sigma"), (0.1, 0.2)), (("loads", "n", "noise", "seed"), (3, 4)))
    assert [one.noise for one in both.specs(("loads", "n"), loads)] == [
        NoiseSpec(sigma=0.1, seed=3),
        NoiseSpec(sigma=0.2, seed=4),
    ]
    with pytest.raises(ValidationError, match=r"noise\.sigma"):
        draws((("loads", "n", "noise", "seed"), (3,))).specs(("loads", "n"), loads)


def test_items_of_lists_and_of_mappings_are_reached():
    scope = ScopeSpec.model_validate(
        {"at": "pcc", "strategies": [{"kind": "export-cap"}, {"kind": "export-cap", "limit_kw": 3}]}
    )
    varied = draws((("ems", "s", "strategies", 1, "limit_kw"), (1.0, 2.0)))
    assert [[one.limit_kw for one in each.strategies] for each in varied.specs(("ems", "s"), scope)] == [
        [None, 1.0],
        [None, 2.0],
    ]
    second = varied.specs(("ems", "s", "strategies", 1), scope.strategies[1])
    assert [one.limit_kw for one in second] == [1.0, 2.0]
    market = Market.model_validate({"fuels": {"lpg": {"per_m3": 180}, "city_gas": {"per_nm3": 90}}})
    varied = draws((("market", "fuels", "lpg", "per_m3"), (1.0, 2.0)))
    found = varied.specs(("market",), market)
    assert [one.fuels["lpg"].per_m3 for one in found] == [1.0, 2.0]
    assert found[0].fuels["city_gas"] is market.fuels["city_gas"]
    assert found[0].fuels["lpg"].model_fields_set == {"per_m3"}


def test_switches_that_vary_are_gathered_by_name():
    found = draws(
        (("grid", "tables", "switches", "a", "closed"), (True, False)),
        (("grid", "add", "switches", "b.1", "closed"), (False, False)),
        (("grid", "normal", "MV1.101 Switch 3"), (False, True)),
        (("devices", "x", "power_kw"), (1.0, 2.0)),
    )
    assert found.switches == {"a": (True, False), "b.1": (False, False), "MV1.101 Switch 3": (False, True)}
