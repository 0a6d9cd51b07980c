"""What holds in every run: balances, ranges, and that the recorded step is what pandapower says of it."""

import warnings

import numpy as np
import pytest

DAYS = {  # scenario -> a shorter run of it, where the whole is long
    "hioki": (),
    "existing-line-reference": ("time.start=2016-06-08T00:00", "time.duration=P1D"),
}
SAMPLES = 20
VARIANTS = (None, "winter-open", "closed-day", "price-spike", "outage")
RUNS = [*(("hioki", variant) for variant in VARIANTS), ("existing-line-reference", None)]


@pytest.fixture(params=RUNS, ids=str)
def folder(request, run):
    scenario, variant = request.param
    if scenario == "existing-line-reference":
        pytest.importorskip("simbench")
    return run(scenario, variant, *(() if variant else DAYS[scenario]))


def figures(folder):
    return {key: figure["value"] for key, figure in folder.summary()["figures"].items()}


def test_every_balance_closes_to_a_millionth_of_the_peak_flow(folder):
    found = figures(folder)
    allowed = 1e-6 * found["balance.peak_flow_mw"]
    for name in ("", "available_", "demand_", "heat_"):
        assert abs(found[f"balance.{name}residual_mw"]) <= allowed, name


def test_energy_in_equals_energy_out_over_the_whole_run(folder):
    found = figures(folder)
    into = found["grid.import_mwh"] + found["grid.generation_mwh"] + found["grid.discharge_mwh"]
    out = found["grid.served_mwh"] + found["grid.charge_mwh"] + found["grid.losses_mwh"] + found["grid.export_mwh"]
    # a closed switch is a link of large, not infinite admittance: its flow is known to some milliwatts
    assert into == pytest.approx(out, rel=1e-7)


def test_no_device_leaves_its_range(folder):
    table = folder.series("device").to_pandas()
    for column in table.columns:
        quantity, _, name = column.partition("|")
        values = table[column].to_numpy()
        if quantity in {"soc", "tank_soc"}:
            assert values.min() >= -1e-6, column
            assert values.max() <= 1 + 1e-6, column
        if quantity == "p_mw" and f"p_available_mw|{name}" in table:
            available = table[f"p_available_mw|{name}"].to_numpy()
            assert (values <= np.maximum(available, 0.0) + 1e-7).all(), column


def test_recorded_powers_put_by_hand_into_the_network_give_the_recorded_step(folder):
    """grid.json + recorded injections + plain runpp = recorded voltages (1e-6 pu) and loadings (1e-3 %)."""
    import pandapower as pp

    net = pp.from_json(str(folder.path / "grid.json"))
    tables = {group: folder.series(group).to_pandas() for group in ("bus", "branch", "device", "inputs")}
    steps = len(tables["bus"])
    for row in np.unique(np.linspace(0, steps - 1, SAMPLES).astype(int)):
        alive = tables["bus"].loc[row, "vm_pu|" + net.bus.name[net.ext_grid.bus.iloc[0]]] > 0
        if not alive:
            continue
        for table, group, p, q, kind in (
            (net.sgen, "device", "p_mw", "q_mvar", ""),
            (net.load, "inputs", "p_load_mw", "q_load_mvar", "load:"),
        ):
            for column, quantity in (("p_mw", p), ("q_mvar", q)):
                table[column] = [float(tables[group].loc[row, f"{quantity}|{kind}{name}"]) for name in table.name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(net, init="dc", calculate_voltage_angles=True, trafo_model="pi", tolerance_mva=1e-9)
        recorded = [tables["bus"].loc[row, f"vm_pu|{name}"] for name in net.bus.name]
        # series are float32: half a unit in the last place of 1.0 is 6e-8
        assert np.abs(net.res_bus.vm_pu.to_numpy() - recorded).max() <= 1e-6
        for kind in ("line", "trafo"):
            ends = ("from", "to") if kind == "line" else ("hv", "lv")
            currents = net[f"res_{kind}"][[f"i_{end}_ka" for end in ends]].to_numpy()
            if kind == "line":
                rating = (net.line.max_i_ka * net.line.df * net.line.parallel).to_numpy()[:, None]
            else:
                power = (net.trafo.sn_mva * net.trafo.df * net.trafo.parallel).to_numpy()[:, None]
                rating = power / (np.sqrt(3) * net.trafo[["vn_hv_kv", "vn_lv_kv"]].to_numpy())
            loading = 100 * (currents / rating).max(axis=1)
            kept = [tables["branch"].loc[row, f"loading_percent|{kind}:{name}"] for name in net[kind].name]
            assert np.abs(loading - kept).max() <= 1e-3
