import numpy as np
import pandapower
import pandapower.networks
import pytest
from pandapower.pypower import idx_brch, idx_bus

from grids.errors import DescriptionError
from grids.library import matpower_text as mp
from grids.library.matpower_file import load
from grids.library.opening import open_network
from grids.library.spec import GridSpec

BRANCH = [idx_brch.F_BUS, idx_brch.T_BUS, idx_brch.BR_R, idx_brch.BR_X, idx_brch.BR_B, idx_brch.RATE_A]
BRANCH += [idx_brch.RATE_B, idx_brch.RATE_C, idx_brch.TAP, idx_brch.SHIFT, idx_brch.BR_STATUS]


def case_text(base_mva, **matrices):
    lines = ["function mpc = written", "mpc.version = '2';", f"mpc.baseMVA = {base_mva!r};"]
    for name, rows in matrices.items():
        cells = (" ".join(repr(float(cell)) for cell in row) for row in rows)
        lines += [f"mpc.{name} = [", *(f"\t{row};" for row in cells), "];"]
    return "\n".join(lines) + "\n"


def written(net, path):
    """Write the solved case that pandapower made of a network; (voltages, angles) it found."""
    pandapower.runpp(net, calculate_voltage_angles=True, trafo_model="pi", tolerance_mva=1e-10)
    ppc = net._ppc
    bus, gen, branch = ppc["bus"][:, :13].copy(), ppc["gen"][:, :10].copy(), np.real(ppc["branch"][:, BRANCH])
    bus[:, 0] += 1
    gen[:, 0] += 1
    branch[:, :2] += 1
    path.write_text(case_text(ppc["baseMVA"], bus=bus, gen=gen, branch=branch), encoding="utf-8")
    return ppc["bus"][:, idx_bus.VM], ppc["bus"][:, idx_bus.VA]


@pytest.mark.parametrize("name", ["case9", "case33bw", "case14", "case39", "case300"])
def test_voltages_are_those_of_the_network_the_file_was_written_from(name, tmp_path):
    path = tmp_path / f"{name}.m"
    vm_pu, va_degree = written(getattr(pandapower.networks, name)(), path)
    net = load(path).net
    pandapower.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-10)
    assert net.res_bus["vm_pu"].to_numpy() == pytest.approx(vm_pu, abs=1e-8)
    assert net.res_bus["va_degree"].to_numpy() == pytest.approx(va_degree, abs=1e-6)


def admittances(branch, bus, base_mva):
    """Y of MATPOWER's branch and bus model (user's manual, 3.2 and 3.5)."""
    y = np.diag((bus[:, mp.GS] + 1j * bus[:, mp.BS]) / base_mva).astype(complex)
    for row in branch[branch[:, mp.BR_STATUS] > 0]:
        f, t = (int(np.flatnonzero(bus[:, 0] == number)[0]) for number in row[:2])
        series = 1.0 / (row[mp.BR_R] + 1j * row[mp.BR_X])
        tap = (row[mp.TAP] or 1.0) * np.exp(1j * np.deg2rad(row[mp.SHIFT]))
        own = series + 0.5j * row[mp.BR_B]
        y[f, f] += own / abs(tap) ** 2
        y[t, t] += own
        y[f, t] -= series / np.conj(tap)
        y[t, f] -= series / tap
    return y


MESH_BUS = np.array(
    [
        [10, 3, 0, 0, 0, 0, 1, 1.02, 5, 66, 1, 1.1, 0.9],
        [20, 1, 8, 3, 0.5, 2, 1, 1, 0, 6.6, 1, 1.1, 0.9],
        [30, 1, 4, 1, 0, 0, 1, 1, 0, 6.6, 1, 1.1, 0.9],
        [40, 1, -2, 0.4, 0, -1, 1, 1, 0, 22, 1, 1.1, 0.9],
        [50, 1, 0, 0.7, 0, 0, 1, 1, 0, 66, 1, 1.1, 0.9],
    ]
)
MESH_GEN = np.array([[10, 0, 0, 9, -9, 1.02, 1, 1, 9, 0], [30, 1.5, 0.3, 9, -9, 1, 1, 1, 9, 0]])
MESH_BRANCH = np.array(
    [
        [10, 20, 0.01, 0.15, 0.0, 20, 0, 0, 0.975, 30, 1],  # a step-down, turned by its vector group
        [30, 10, 0.02, 0.20, 0.06, 0, 0, 0, 1.03, -30, 1],  # from is the lower voltage; capacitive charging; no rating
        [20, 30, 0.05, 0.08, 0.01, 10, 0, 0, 0, 0, 1],
        [20, 30, 0.05, 0.09, 0.01, 10, 0, 0, 0, 0, 1],  # parallel
        [40, 30, 0.01, 0.10, 0.0, 10, 0, 0, 0, 0, 1],  # no ratio, but two nominal voltages
        [10, 50, 0.02, -0.04, 0.02, 10, 0, 0, 0, 0, 1],  # a series capacitor
        [50, 20, 0.02, 0.10, -0.03, 10, 0, 0, 0, 30, 1],
        [50, 30, 0.02, 0.10, 0.02, 10, 0, 0, 0, 0, 0],  # out of service
    ]
)


def test_every_term_of_the_branch_model_is_carried(tmp_path):
    base_mva = 10.0
    path = tmp_path / "mesh.m"
    path.write_text(case_text(base_mva, bus=MESH_BUS, gen=MESH_GEN, branch=MESH_BRANCH))
    network = load(path)
    net = network.net
    pandapower.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-11)
    v = net.res_bus["vm_pu"].to_numpy() * np.exp(1j * np.deg2rad(net.res_bus["va_degree"].to_numpy()))
    injected = v * np.conj(admittances(MESH_BRANCH, MESH_BUS, base_mva) @ v) * base_mva
    given = -(MESH_BUS[:, mp.PD] + 1j * MESH_BUS[:, mp.QD])
    given[2] += 1.5 + 0.3j
    assert injected[1:] == pytest.approx(given[1:], abs=1e-8)
    assert v[0] == pytest.approx(1.02 * np.exp(1j * np.deg2rad(5)))
    assert net.line["name"].tolist() == ["line 20-30", "line 20-30 (2)", "line 10-50"]
    assert net.trafo["name"].tolist() == ["trafo 10-20", "trafo 30-10", "trafo 40-30", "trafo 50-20", "trafo 50-30"]
    assert net.bus["name"].tolist() == [f"bus {number}" for number in (10, 20, 30, 40, 50)]
    assert any("1 branches have no rating" in note for note in network.notes)


def test_the_reference_engine_gives_the_same_voltages(tmp_path, as_given):
    """Through the normalised network, where a transformer without a rating has no loading."""
    path = tmp_path / "mesh.m"
    path.write_text(case_text(10.0, bus=MESH_BUS, gen=MESH_GEN, branch=MESH_BRANCH))
    net = open_network(GridSpec(matpower="mesh.m"), tmp_path).net
    grid, engine, state = as_given(net)
    result = engine.solve(state)
    pandapower.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-10)
    assert result.vm_pu[0] == pytest.approx(net.res_bus["vm_pu"].to_numpy(), abs=1e-8)
    rated = dict(zip(grid.index.branch, np.isfinite(result.loading_percent[0]), strict=True))
    assert rated["trafo 10-20"]
    assert not rated["trafo 30-10"]


SMALL = """
function mpc = small
%{
mpc.bus = [ nothing ];
%}
mpc.version = '2';
mpc.baseMVA = 10;   % MVA; mpc.bus = 3
mpc.bus = [1, 3, 0 0 0 0 1 1 0 12.66 1 1 1; 2 1 100 60 0 0 1 1 0 12.66 1 1.1 0.9
\t3 4 5 5 0 0 1 1 0 12.66 1 1.1 0.9];
mpc.gen = [ 1 0 0 Inf -Inf ...
    1 100 1 10 NaN ];
mpc.branch = [
  1 2 0.0922 0.0470 0 0 0 0 0 0 1 -360 360; %% ohm
  2 3 0.1    0.1    0 0 0 0 0 0 1 -360 360
];
mpc.gencost = [2 0 0 3 0 20 0];
mpc.bus_name = {'feeder head'; 'it''s; 100 % load'; 'off'};
"""
UNITS = """
%% convert
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD] = idx_bus;
[F_BUS, T_BUS, BR_R, BR_X, ...
    BR_B] = idx_brch;
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
Sbase = mpc.baseMVA * 1e6;              %% in VA
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);
mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;
"""


def test_the_unit_conversions_of_distribution_cases_are_understood(tmp_path):
    path = tmp_path / "small.m"
    path.write_text(SMALL + UNITS)
    network = load(path)
    net = network.net
    assert net.bus["name"].tolist() == ["feeder head", "it's; 100 % load", "off"]
    assert net.load["p_mw"].tolist() == [0.1, 0.005]
    assert net.line["r_ohm_per_km"].tolist() == pytest.approx([0.0922, 0.1])
    assert net.bus["in_service"].tolist() == [True, True, False]
    assert net.line["in_service"].tolist() == [True, False]
    pandapower.runpp(net, tolerance_mva=1e-10)
    # R P + X Q over V squared, iterated by hand to the voltage of the one loaded bus
    v = 1.0
    for _ in range(50):
        v = abs(1.0 - (0.0922 + 0.0470j) / 12.66**2 * (0.1 - 0.06j) / v)
    assert net.res_bus["vm_pu"].iloc[1] == pytest.approx(v, abs=1e-8)
    assert any("gencost" in note for note in network.notes)


@pytest.mark.parametrize(
    "code",
    [
        "mpc.branch(:, 4) = mpc.branch(:, 4) * 2;",
        "mpc.bus(2, 3) = 5;",
        "system('touch here');",
        "for k = 1:3",
        "mpc.bus = mpc.bus * 2;",
        "mpc = loadcase('other');",
    ],
)
def test_code_is_refused_with_its_line(tmp_path, code):
    path = tmp_path / "small.m"
    path.write_text(SMALL + code)
    with pytest.raises(DescriptionError, match=r"small\.m line 18: ") as caught:
        load(path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1 2 0.0922 0.0470", "1 7 0.0922 0.0470", "line 13: mpc.branch refers to bus 7"),
        ("1 2 0.0922 0.0470", "1 1 0.0922 0.0470", "line 13: branch 1-1 has both ends at one bus"),
        ("1 2 0.0922 0.0470", "1 2 0 0", "line 13: branch 1-2 has no impedance"),
        ("1 2 0.0922 0.0470 0 0 0 0 0 0", "1 2 0.0922 -0.0470 0 0 0 0 0.9 0", "line 13: a transformer with a negative"),
        ("0.0922", "1/3", "line 13: mpc.branch: '1/3' is no number"),
        ("0.0922", "1_0", "line 13: mpc.branch: '1_0' is no number"),
        ("-360 360; %% ohm", "-360; %% ohm", "line 14: mpc.branch: 13 numbers where the first row has 12"),
        ("2 1 100 60 0 0 1 1 0 12.66", "2 1 100 60 0 0 1 1 0 0", "line 8: bus 2 has no baseKV"),
        ("2 1 100 60", "1 1 100 60", "line 8: bus number 1 is given 2 times"),
        ("2 1 100 60", "2 9 100 60", "line 8: bus 2 has the type 9"),
        ("mpc.bus = [1, 3,", "mpc.bus = [1, 1,", "line 8: no bus is the reference"),
        ("1 100 1 10 NaN", "1 100 0 10 NaN", "line 8: 'feeder head' is the reference but has no generator"),
        ("1 100 1 10 NaN", "0 100 1 10 NaN", "line 10: the generator holds no voltage"),
        ("'2'", "'1'", "line 6: version '1' is not read"),
        ("mpc.baseMVA = 10;", "", "line 1: mpc.baseMVA is missing"),
        ("mpc.gen = [", "mpc.other = [", "line 1: mpc.gen is missing"),
        ("; 'off'", "", "line 1: mpc.bus_name has 2 names for 3 buses"),
        ("mpc.gencost = [", "mpc.dcline = [", "line 16: mpc.dcline is not read"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, old, new, message):
    assert SMALL.count(old) == 1
    path = tmp_path / "small.m"
    path.write_text(SMALL.replace(old, new))
    with pytest.raises(DescriptionError) as caught:
        load(path)
    assert any(f"small.m {message}" in problem.message for problem in caught.value.problems)


def test_all_problems_come_at_once(tmp_path):
    path = tmp_path / "small.m"
    path.write_text(SMALL.replace("1 2 0.0922", "1 7 0.0922").replace("2 3 0.1", "2 8 0.1"))
    with pytest.raises(DescriptionError) as caught:
        open_network(GridSpec(matpower="small.m"), tmp_path)
    assert [problem.route for problem in caught.value.problems] == [("matpower",)] * 2


def test_generators_that_hold_different_voltages_at_one_bus_are_refused(tmp_path):
    gen = np.vstack([MESH_GEN, MESH_GEN[0]])
    gen[2, mp.VG] = 1.0
    path = tmp_path / "mesh.m"
    path.write_text(case_text(10.0, bus=MESH_BUS, gen=gen, branch=MESH_BRANCH))
    with pytest.raises(DescriptionError, match="hold different voltages"):
        load(path)
