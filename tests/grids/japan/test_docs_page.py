"""The preset table of docs/japanese-feeder.md says what a build says."""

from collections import Counter
from pathlib import Path

import pandapower
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "japanese-feeder.md"


def columns():
    """Preset -> row label -> cell."""
    lines = PAGE.read_text(encoding="utf-8").split("## Presets")[1].split("Voltages are")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    header, _, *body = rows
    return {preset: {row[0]: row[k] for row in body} for k, preset in enumerate(header) if preset}


@pytest.mark.parametrize("preset", ["jp-rural", "jp-suburban", "jp-urban", "jp-remote-island"])
def test_the_preset_table_is_what_is_built(feeder, preset):
    cells, built = columns()[preset], feeder(preset)
    design, figures, net = built.design, built.figures, built.net
    net.sgen["in_service"] = False
    pandapower.runpp(net, numba=False)
    volts = (6600 * net.res_bus["vm_pu"]).groupby(net.bus["name"]).first()
    lowest = volts[volts.index.str.startswith("f1-")].min()
    taps = Counter(pole.tap_v for pole in built.low_voltage.poles)
    sizes = [len(feeder(preset, low_voltage=depth).net.bus) for depth in ("equivalent", "lumped", "full")]
    assert cells["sections, ties, feeders"] == f"{design.trunk.sections}, {design.ties}, {design.feeders}"
    assert cells["trunk"].startswith(f"{design.trunk.km:g} km {design.trunk.conductors[0]}")
    assert cells["laterals"] == f"{design.laterals.count} of {design.laterals.km:g} km {design.laterals.conductor}"
    assert (cells["pole transformers"], cells["homes"]) == (str(figures.poles), str(figures.homes))
    assert cells["peak of f1, kW"] == f"{figures.peak_kw:.0f}"
    assert cells["of it at high voltage, kW"] == f"{figures.hv_kw:.0f}"
    assert (cells["PV, kW AC"], cells["penetration"]) == (f"{figures.pv_kw:.0f}", f"{figures.penetration:.3g}")
    assert cells["pole taps 6750 / 6600 V"] == f"{taps[6750]} / {taps[6600]}"
    assert cells["lowest 6.6 kV voltage of f1 at the peak, V"] == f"{lowest:.0f}"
    assert cells["its drop from the busbar, V"] == f"{volts['busbar'] - lowest:.0f}"
    assert cells["buses: equivalent / lumped / full"] == " / ".join(map(str, sizes))
