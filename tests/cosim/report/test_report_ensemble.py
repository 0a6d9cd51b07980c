"""Page and console of an ensemble: how many members are concerned, how far they differ, what drives them."""

import json
import re

import numpy as np
import pytest

from cosim.report.console import print_run_summary
from cosim.report.page import render
from cosim.report.texts import number
from tests.cosim.small_ensemble import BROKEN, MEMBERS


def figures_of(html):
    """The figures of the charts, by id."""
    return json.loads(re.search(r'id="chart-data">(.*?)</script>', html, flags=re.DOTALL)[1])


@pytest.fixture(scope="module")
def html(ensemble):
    return render(ensemble)


@pytest.fixture
def printed(capsys, monkeypatch):
    def lines(run, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_run_summary(run, 3.4)
        return capsys.readouterr().out.splitlines()

    return lines


def words(lines):
    return " ".join(" ".join(lines).split())


def test_verdict_and_findings_say_how_many_members_are_concerned(ensemble, html, printed):
    concerned = ensemble.summary()["members_in_violation"]
    verdict = f"{MEMBERS} members, {concerned} of them with violations: "
    text = words(printed(ensemble))
    assert verdict in html
    assert verdict in text
    for finding in ensemble.findings():
        share = f"in {finding['members']} of {MEMBERS} members"
        assert f"worst: member {finding['worst_member']}" in html
        assert share in html
        assert share in text
    assert f"member {BROKEN} from step 0" in html


def test_amounts_are_means_and_extremes_those_of_all_members(ensemble, html, printed):
    table, text = ensemble.summary()["figures"], words(printed(ensemble))
    assert f"load served {number(1000 * table['grid.served_mwh']['mean'])} kWh" in text
    assert f"peak import {number(table['boundary:pcc.max_import_kw']['max'])} kW" in text
    assert f"{table['level:6.6kV.vm_min_pu']['min']:.4f} to {table['level:6.6kV.vm_max_pu']['max']:.4f} pu" in text
    assert f"amounts are means over the {MEMBERS} members" in html


def test_the_spread_of_key_figures_is_a_table_of_the_summary_s_statistics(ensemble, html):
    figure = ensemble.summary()["figures"]["boundary:pcc.max_import_kw"]
    row = re.search(r'<tr><th scope="row">peak import pcc</th>(.*?)</tr>', html)[1]
    cells = re.findall(r">([^<]+)</td>", row)
    assert cells == ["kW", *(number(figure[name]) for name in ("mean", "min", "p05", "p50", "p95", "max"))]


def test_drivers_are_told_with_their_sign_and_the_threshold(ensemble, html, printed):
    assert re.search(
        r'<th scope="row">peak import pcc</th><td class="words">loads.school.profile.scale</td>'
        r'<td class="number">[\d.]+</td><td class="words">rising with it</td>',
        html,
    )
    assert f"from {number(ensemble.drivers()['significant_rho'], 2)} on" in html
    assert "loads.school.profile.scale: " in words(printed(ensemble))
    assert "weather.seed" not in re.search(r"What drives it.*?</table>", html, flags=re.DOTALL)[0]


def test_charts_show_median_band_and_extremes_of_the_bands_kept(ensemble, html):
    drawn = figures_of(html)
    bands = {"voltage-members", "loading-members", "boundaries-members", "storage-members", "distributions"}
    assert set(drawn) == bands | {"map", "profile-6.6kv"}
    traces = {trace["name"]: trace for trace in drawn["boundaries-members"]["data"]}
    band = ensemble.band("boundary", "p_mw|pcc")
    for name, statistic in (("pcc", "p50"), ("pcc p05", "p05"), ("pcc p95", "p95"), ("pcc highest", "max")):
        assert traces[name]["y"][:-1] == pytest.approx(1000 * band[statistic], rel=1e-4), name
    assert [name for name, trace in traces.items() if trace.get("showlegend", True)] == ["pcc"]
    assert "contract-power pcc" in [note["text"] for note in drawn["boundaries-members"]["layout"]["annotations"]]
    assert "Line: median of the members; band: 5 to 95 % of them; dotted: lowest and highest member." in html


def test_histograms_count_every_member_that_has_the_figure(ensemble, html):
    shown = {trace["name"]: sum(trace["y"]) for trace in figures_of(html)["distributions"]["data"]}
    known = np.isfinite(ensemble.members()["grid.max_line_loading_percent"].to_numpy()).sum()
    assert shown["highest line loading"] == known == MEMBERS - 1
    assert shown["import"] == MEMBERS


@pytest.mark.parametrize("columns", [60, 80])
def test_the_summary_fits_the_terminal(ensemble, printed, columns):
    lines = [line for line in printed(ensemble, columns) if not line.startswith(("Run:", "Report:", "Next:"))]
    assert max(map(len, lines)) <= columns
    assert len(lines) <= 60


def test_with_few_members_nothing_is_said_of_drivers(run_ensemble, printed):
    few = run_ensemble(members=3)
    assert "too few members to tell" in render(few)
    assert "too few members to tell" in words(printed(few))


def test_a_member_alone_is_shown_as_a_run_that_says_which_one_it_is(run_ensemble, printed):
    alone = run_ensemble(members=MEMBERS, member=5)
    html = render(alone)
    row = alone.members().to_pylist()[0]
    assert f"member 5 of an ensemble of {MEMBERS}: devices.battery.capacity_kwh = " in html
    assert f"loads.school.profile.scale = {row['loads.school.profile.scale']}" in html
    assert "in 1 of 1 members" not in html
    power = figures_of(html)["power"]["data"]
    assert len(power[0]["x"]) == alone.summary()["period"]["steps"] + 1
    assert "Verdict: " in words(printed(alone))
