import numpy as np
import pytest

from grids.errors import GridError
from grids.library import simbench
from grids.normalise import normalise

pytest.importorskip("simbench")
CODE = "1-LV-rural1--0-sw"


@pytest.fixture(scope="module")
def rural():
    return simbench.load(CODE)


def test_a_year_of_profiles_has_the_published_energies(rural):
    # peers.md 4.4: 199.538673 MWh, 89.585606 Mvarh, 104.078983 MWh
    grid = normalise(rural.net)
    p, q = rural.profiles.loads(grid.loads)
    generation = rural.profiles.generators(grid.generators)
    assert p.shape == (simbench.STEPS, len(grid.loads))
    energies = [array.sum() / 4 for array in (p, q, generation)]
    assert energies == pytest.approx([199.538673, 89.585606, 104.078983], abs=1e-6)


def test_the_clock_of_the_rows_is_german_standard_time(rural):
    """The noon of every PV day stays put: rows do not jump with daylight saving, only their labels do."""
    pv = rural.profiles.generation_pu("PV5").reshape(366, 96)
    hours = (pv * np.arange(96)).sum(axis=1) / 4
    spring, summer = (hours[days].sum() / pv[days].sum() for days in (slice(70, 86), slice(87, 103)))
    assert abs(summer - spring) < 0.4
    assert simbench.START.isoformat() == "2016-01-01T00:00:00+01:00"


def test_tap_changers_work_after_loading(rural):
    assert set(rural.net.trafo["tap_changer_type"]) == {"Ratio"}


def test_the_network_belongs_to_the_caller(rural):
    other = simbench.load(CODE)
    other.net.line.loc[:, "length_km"] = 99.0
    assert simbench.load(CODE).net.line["length_km"].max() < 99.0


def test_unknown_codes_and_profiles_are_refused_with_the_nearest_name(rural):
    with pytest.raises(GridError, match="did you mean '1-LV-rural1--0-sw'"):
        simbench.load("1-LV-rural1-0-sw")
    with pytest.raises(GridError, match="no generation profile 'PV99'"):
        rural.profiles.generation_pu("PV99")


def test_missing_quarter_hours_are_refused_by_row():
    import pandas as pd

    times = pd.date_range("2016-01-01", periods=simbench.STEPS, freq="15min").strftime("%d.%m.%Y %H:%M")
    table = pd.DataFrame({"time": times, "PV1": 0.0})
    with pytest.raises(GridError, match="row 8264"):  # a uniform label axis skips the gap of 27 March
        simbench._profiles("x", {"renewables": table})
    with pytest.raises(GridError, match="35132 rows"):
        simbench._profiles("x", {"renewables": table.iloc[4:]})


def test_gaps_in_values_are_refused_by_row():
    import pandas as pd

    instants = pd.date_range(simbench.START, periods=simbench.STEPS, freq="15min").tz_convert("Europe/Berlin")
    values = np.zeros(simbench.STEPS)
    values[17] = np.nan
    table = pd.DataFrame({"time": instants.strftime("%d.%m.%Y %H:%M"), "PV1": values})
    with pytest.raises(GridError, match="PV1 has a gap at row 17"):
        simbench._profiles("x", {"renewables": table})


def test_without_the_extra_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "simbench", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "feeder-cosim\[simbench\]"'):
        simbench.load("1-MV-rural--0-sw")  # not in the cache
