"""A 6.6 kV feeder with a load tap changer at its bank and two step voltage regulators along its trunk."""

import numpy as np

from grids.feeder import Feeder
from grids.library.spec import TablesSpec
from grids.library.tables import build
from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine
from grids.regulators.regulation import Moment, Regulation
from grids.regulators.spec import TapChangerSpec
from grids.regulators.tap_changers import TapChangers
from grids.sections import Partition

LINE = {"r_ohm_per_km": 0.313, "x_ohm_per_km": 0.377, "max_i_ka": 0.3}
SVR = {
    "sn_kva": 3000,
    "vn_hv_kv": 6.6,
    "vn_lv_kv": 6.6,
    "vk_percent": 0.5,
    "vkr_percent": 0.1,
    "tap": {"side": "lv", "min": -4, "max": 4, "step_percent": 1.5},
}
BANK = {
    "hv": "source",
    "lv": "bank",
    "sn_kva": 10000,
    "vn_hv_kv": 66,
    "vn_lv_kv": 6.6,
    "vk_percent": 7.5,
    "vkr_percent": 0.4,
    "tap": {"side": "hv", "min": -8, "max": 8, "step_percent": 1.25},
}


def trunk():
    """source - bank(LRT) - 3 km - a - svr1 - b - 3 km - c - svr2 - d - 3 km - end."""
    return {
        "frequency_hz": 60,
        "buses": {"source": {"vn_kv": 66}, **{name: {"vn_kv": 6.6} for name in ("bank", "a", "b", "c", "d", "end")}},
        "sources": {"grid": {"bus": "source"}},
        "lines": {
            name: {"from": name.split("-")[0], "to": name.split("-")[1], "length_km": 3, **LINE}
            for name in ("bank-a", "b-c", "d-end")
        },
        "trafos": {
            "bank-t": BANK,
            "svr1": {"hv": "a", "lv": "b", **SVR},
            "svr2": {"hv": "c", "lv": "d", **SVR},
        },
    }


class Line:
    """A feeder whose loads and injections sit at named buses, stepped by hand."""

    def __init__(self, specs, network=None, engine="pgm", loads=("c", "end"), injections=("end",), inverters=None):
        grid = normalise(build(TablesSpec.model_validate(network or trunk())))
        self.grid = grid.with_points([(bus, bus) for bus in loads], [(f"pv-{bus}", bus) for bus in injections])
        self.engine = PgmEngine(self.grid) if engine == "pgm" else PandapowerEngine(self.grid)
        per_member = {
            name: [TapChangerSpec.model_validate(one) for one in (spec if isinstance(spec, list) else [spec])]
            for name, spec in specs.items()
        }
        taps = TapChangers(per_member, self.grid)
        controls = None if inverters is None else inverters(self.grid)
        self.feeder = Feeder(self.grid, self.engine, Partition(), regulation=Regulation(taps, controls))
        self.names = taps.names

    def run(self, series, dt_s, members=1, power_factor=0.95):
        """Step through (load_mw, pv_mw) pairs, each a number or one a member; every GridStep."""
        state, t, steps = self.feeder.initial(members), 0.0, []
        for load, pv in series:
            p_load, p = self._spread(load, members, "load"), self._spread(pv, members, "injection")
            tangent = np.tan(np.arccos(power_factor))
            step = self.feeder.step(state, p, 0.0 * p, p_load, tangent * p_load, Moment(t, dt_s, t % 86400))
            state = step.after
            t += dt_s
            steps.append(step)
        return steps

    def _spread(self, total_mw, members, kind):
        points = len(getattr(self.grid.index, kind))
        column = np.broadcast_to(np.asarray(total_mw, dtype=float).reshape(-1, 1), (members, 1))
        return np.repeat(column / max(points, 1), points, axis=1)

    def vm(self, step, bus):
        """Line volts at a bus, one a member."""
        return 1e3 * step.result.vm_pu[:, self.grid.index.bus.index(bus)] * 6.6

    def operations(self, steps):
        """Taps moved by each regulator over all steps, one row a member."""
        return sum(step.regulators.operations for step in steps)


LRT = {"trafo": "bank-t", "reference_v": 6600, "dead_band_percent": 1.0, "delay_s": 60}


def svr(number, **given):
    return {"trafo": f"svr{number}", "reference_v": 6600, "dead_band_percent": 1.2, "delay_s": 90, **given}
