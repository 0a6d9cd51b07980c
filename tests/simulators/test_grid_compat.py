"""The network as a plain mosaik simulator, with the official adapter's names and signs."""

import pandapower
import pandapower.networks
import pytest

from grids.errors import GridError
from simulators.grid_compat import GridSimulator, PowerFlowFailedError


def started(step_size=900, **source):
    simulator = GridSimulator()
    simulator.init("Grid-0", step_size=step_size)
    (grid,) = simulator.create(1, "Grid", **source)
    return simulator, {child["eid"]: child for child in grid["children"]}


def values(simulator, *wanted):
    return [simulator.get_data({eid: [attr]})[eid][attr] for eid, attr in wanted]


@pytest.fixture
def net():
    return pandapower.networks.mv_oberrhein()


def test_children_carry_the_indices_of_the_network(net):
    _, children = started(net=net)
    kinds = ("Bus", "Load", "StaticGen", "Line", "Trafo", "ExternalGrid")
    tables = (net.bus, net.load, net.sgen, net.line, net.trafo, net.ext_grid)
    expected = {f"{kind}-{index}" for kind, table in zip(kinds, tables, strict=True) for index in table.index}
    assert set(children) == expected
    line = net.line.iloc[0]
    child = children[f"Line-{line.name}"]
    assert child["rel"] == [f"Bus-{line.from_bus}", f"Bus-{line.to_bus}"]
    assert child["extra_info"] == {"name": line["name"], "index": line.name}


def test_without_inputs_every_output_is_that_of_pandapower(net):
    simulator, children = started(net=net)
    assert simulator.step(0, {}, 0) == 900
    pandapower.runpp(net, trafo_model="pi", init="dc", calculate_voltage_angles=True)
    columns = {
        "Bus": (net.res_bus, {"P[MW]": "p_mw", "Q[MVar]": "q_mvar", "Vm[pu]": "vm_pu", "Va[deg]": "va_degree"}),
        "Load": (net.res_load, {"P[MW]": "p_mw", "Q[MVar]": "q_mvar"}),
        "StaticGen": (net.res_sgen, {"P[MW]": "p_mw", "Q[MVar]": "q_mvar"}),
        "ExternalGrid": (net.res_ext_grid, {"P[MW]": "p_mw", "Q[MVar]": "q_mvar"}),
        "Line": (net.res_line, {"I[kA]": "i_ka", "loading[%]": "loading_percent"}),
        "Trafo": (net.res_trafo, {"I_hv[kA]": "i_hv_ka", "I_lv[kA]": "i_lv_ka", "loading[%]": "loading_percent"}),
    }
    for eid, child in children.items():
        table, names = columns[child["type"]]
        given = simulator.get_data({eid: list(names)})[eid]
        expected = {attr: table.at[child["extra_info"]["index"], column] for attr, column in names.items()}
        assert given == pytest.approx(expected, abs=1e-7), eid


def test_sources_at_one_bus_are_added_and_go_on_top_of_the_network(net):
    simulator, _ = started(net=net)
    simulator.step(0, {}, 0)
    sources = [(f"ExternalGrid-{index}", "P[MW]") for index in net.ext_grid.index]
    before = sum(values(simulator, *sources))
    bus = net.load.bus.iloc[0]
    (own,) = values(simulator, (f"Bus-{bus}", "P[MW]"))
    simulator.step(900, {f"Bus-{bus}": {"P_gen[MW]": {"a": 0.2, "b": 0.3}, "P_load[MW]": {"c": 0.1}}}, 0)
    after, at_bus = sum(values(simulator, *sources)), values(simulator, (f"Bus-{bus}", "P[MW]"))[0]
    assert at_bus == pytest.approx(own - 0.4, abs=1e-9)  # consumption positive
    assert after == pytest.approx(before - 0.4, abs=0.02)  # generation positive


def test_an_input_at_a_load_or_generator_replaces_its_own_value(net):
    simulator, _ = started(net=net)
    load, generator = net.load.index[0], net.sgen.index[0]
    inputs = {f"Load-{load}": {"P_load[MW]": {"a": 0.7}}, f"StaticGen-{generator}": {"P_gen[MW]": {"a": 0.9}}}
    simulator.step(0, inputs, 0)
    assert values(simulator, (f"Load-{load}", "P[MW]"), (f"StaticGen-{generator}", "P[MW]")) == [0.7, 0.9]


def test_an_input_that_stops_coming_is_not_remembered(net):
    simulator, _ = started(net=net)
    simulator.step(0, {"Bus-39": {"P_load[MW]": {"a": 1.0}}}, 0)
    with_load = values(simulator, ("Bus-39", "P[MW]"))
    simulator.step(900, {}, 0)
    assert values(simulator, ("Bus-39", "P[MW]"))[0] == pytest.approx(with_load[0] - 1.0, abs=1e-9)


def test_a_file_does_as_well_as_a_network(net, tmp_path):
    pandapower.to_json(net, str(tmp_path / "net.json"))
    results = []
    for source in ({"net": net}, {"json": str(tmp_path / "net.json")}):
        simulator, _ = started(**source)
        simulator.step(0, {}, 0)
        results.append(values(simulator, ("Bus-39", "Vm[pu]"), ("Trafo-114", "loading[%]")))
    assert results[0] == pytest.approx(results[1], rel=1e-12)  # pandapower writes 15 digits


def test_a_simbench_network_plays_its_profiles():
    pytest.importorskip("simbench")
    from grids.library import simbench

    simulator, children = started(simbench="1-LV-rural1--0-sw")
    name = next(eid for eid in children if eid.startswith("Load-"))
    index = children[name]["extra_info"]["index"]
    load = simbench.load("1-LV-rural1--0-sw").net.load.loc[index]
    series = simbench.load("1-LV-rural1--0-sw").profiles.demand_pu(load["profile"]) * load["p_mw"]
    for row in (0, 40):
        simulator.step(row * 900, {}, 0)
        assert values(simulator, (name, "P[MW]"))[0] == pytest.approx(series[row], rel=1e-12)
    with pytest.raises(ValueError, match="profiles end after 31622400 s"):
        simulator.step(31_622_400, {}, 0)


def test_a_flow_that_does_not_converge_ends_the_run_with_its_time(net):
    simulator, _ = started(net=net)
    with pytest.raises(PowerFlowFailedError, match="at time 900"):
        simulator.step(900, {"Bus-39": {"P_load[MW]": {"a": 5000.0}}}, 0)


@pytest.mark.parametrize(
    ("source", "message"),
    [({}, "given: none"), ({"net": 1, "json": "x"}, "given: \\['json', 'net'\\]")],
)
def test_exactly_one_source_is_taken(source, message):
    with pytest.raises(ValueError, match=message):
        started(**source)


def test_a_bus_out_of_service_takes_nothing(net):
    net.bus.loc[39, "in_service"] = False
    simulator, _ = started(net=net)
    with pytest.raises(ValueError, match="Bus-39 is out of service"):
        simulator.step(0, {"Bus-39": {"P_load[MW]": {"a": 1.0}}}, 0)
    simulator.step(0, {}, 0)
    assert values(simulator, ("Bus-39", "Vm[pu]")) == [0.0]


def test_only_one_grid_and_a_positive_step(net):
    simulator, _ = started(net=net)
    with pytest.raises(ValueError, match="exactly one Grid"):
        simulator.create(1, "Grid", net=net)
    with pytest.raises(ValueError, match="step_size must be positive"):
        GridSimulator().init("x", step_size=0)


def test_a_network_nobody_carries_is_refused_by_name(net):
    pandapower.create_asymmetric_load(net, net.bus.index[0], name="single-phase")
    with pytest.raises(GridError, match="asymmetric_load 0 'single-phase'"):
        started(net=net)


def test_buses_count_shunts_and_generators_of_the_network():
    net = pandapower.networks.example_multivoltage()
    simulator, _ = started(net=net)
    simulator.step(0, {}, 0)
    pandapower.runpp(net, trafo_model="pi", init="dc", calculate_voltage_angles=True)
    for index, expected in net.res_bus[["p_mw", "q_mvar"]].iterrows():
        given = values(simulator, (f"Bus-{index}", "P[MW]"), (f"Bus-{index}", "Q[MVar]"))
        assert given == pytest.approx(expected.tolist(), abs=1e-6), index


def test_it_runs_in_a_plain_mosaik_world(net):
    import mosaik

    world = mosaik.World(
        {"Grid": {"python": "simulators.grid_compat:GridSimulator"}}, configure_logging=False, skip_greetings=True
    )
    simulator = world.start("Grid", step_size=900)
    grid = simulator.Grid(net=net)
    assert {"Bus", "Load", "StaticGen", "Line", "Trafo", "ExternalGrid"} == {child.type for child in grid.children}
    world.run(until=1800, print_progress=False)
    world.shutdown()
