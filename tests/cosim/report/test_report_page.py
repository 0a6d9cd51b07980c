"""The page: what it must say, that it needs nothing else, and that names cannot break it."""

import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from cosim.report import page, plots
from cosim.report.page import NAME, render, write_report
from cosim.report.texts import number

ADDRESSES = ("src", "href", "srcset", "action", "data", "poster", "background", "formaction", "ping")


class Page(HTMLParser):
    """Elements, texts of scripts and the visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.text, self._inside = [], [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data


@pytest.fixture(scope="module")
def html(day_run):
    return render(day_run)


@pytest.fixture(scope="module")
def parsed(html):
    return Page(html)


@pytest.fixture(scope="module")
def figures(parsed):
    return json.loads(parsed.scripts[0])


def test_the_page_says_the_verdict_and_every_finding_in_full(day_run, parsed):
    assert "1 violation, 0 warnings, 0 information" in parsed.text
    (finding,) = day_run.findings()
    for part in ("no-export", "boundary:pcc", "19 kW", "2020-04-20 12:30", "owner", "sourced: stated in the scenario"):
        assert part in parsed.text
    assert finding["hint"] in parsed.text


def test_the_page_repeats_the_notes_and_the_provenance(parsed):
    for part in ("weather is synthetic: seed 1", "station 798 Kushima", "pandapower 3.5", "abc123", "mosaik"):
        assert part in parsed.text


def test_the_page_asks_nobody_for_anything(parsed):
    assert not [(tag, attrs) for tag, attrs in parsed.elements for name in ADDRESSES if name in attrs]
    assert not [tag for tag, _ in parsed.elements if tag in {"link", "img", "iframe", "object", "base"}]
    (policy,) = [attrs["content"] for _, attrs in parsed.elements if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    own = parsed.scripts[0] + parsed.scripts[2]
    assert "http" not in own
    assert "url(" not in (page_style := page_css())
    assert "@import" not in page_style


def test_no_button_of_a_chart_uploads_it(parsed):
    assert "modeBarButtons: [[" in parsed.scripts[2]  # the buttons of the default bar are replaced, not added to
    assert 'plotlyServerURL: ""' in parsed.scripts[2]


def page_css():
    return page.page_environment().get_template("page.css").render()


def test_plotly_is_in_the_page_once(html, parsed):
    assert len(parsed.scripts) == 3
    assert html.count("plotly.js v") == 1


def test_titles_stand_in_their_language_and_markup_in_names_is_text(html, parsed):
    assert ("h1", {"lang": "en"}) in parsed.elements
    assert {attrs["lang"] for tag, attrs in parsed.elements if "lang" in attrs} == {"en", "ja", "ko"}
    assert "試験マイクログリッド" in html
    assert "시험 마이크로그리드" in html
    assert "Test grid &lt;b&gt;&amp;amp;" in html
    assert "Test grid <b>&amp;" in parsed.text


def test_a_name_can_neither_end_a_script_nor_mark_up_a_legend(make_run):
    evil = "</script><script>alert(1)</script>"
    run = make_run(title={"en": evil})
    manifest = json.loads((run.path / "manifest.json").read_text(encoding="utf-8"))
    manifest["provenance"] = {evil: evil}
    manifest["limits"][0]["id"] = evil
    manifest["limits"][2]["id"] = evil
    (run.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    html = render(type(run)(run.path))
    assert "alert(1)</script>" not in html
    parsed = Page(html)
    assert len(parsed.scripts) == 3
    assert evil in parsed.text


def test_legend_names_are_escaped_for_plotly():
    figure = plots.figure([{"name": "<a href=x>&"}], "<pu>")
    assert figure["data"][0]["name"] == "&lt;a href=x&gt;&amp;"


def test_the_charts_of_a_full_run(figures):
    assert list(figures) == ["power", "curtailment", "voltage", "loading", "boundaries", "storage", "heat", "prices"]
    assert all(trace["x"] and len(trace["x"]) == len(trace["y"]) for f in figures.values() for trace in f["data"])


def test_plotly_accepts_every_figure(figures):
    go = pytest.importorskip("plotly.graph_objects")
    for figure in figures.values():
        go.Figure(figure)


def test_power_balance_closes_in_the_chart(figures):
    traces = {trace["name"]: trace for trace in figures["power"]["data"]}
    assert {"import", "roof", "baths", "cells (discharge)", "export", "losses", "load served"} <= traces.keys()
    load = traces.pop("load served")["y"]
    for at, served in enumerate(load):
        assert sum(trace["y"][at] for trace in traces.values()) == pytest.approx(served, abs=1e-3)


def test_boundary_flows_keep_their_sign_and_show_what_was_agreed(figures):
    figure = figures["boundaries"]
    pcc = next(trace for trace in figure["data"] if trace["name"] == "pcc")
    assert min(pcc["y"]) == pytest.approx(-19.0, abs=1e-3)
    assert max(pcc["y"]) == pytest.approx(121.0, abs=1e-3)
    assert {shape["y0"] for shape in figure["layout"]["shapes"]} == {0.0, 150.0}


def test_charts_run_on_local_time_to_the_end_of_the_run(figures):
    x = figures["power"]["data"][0]["x"]
    assert (x[0], x[1], x[-1]) == ("2020-04-20 00:00:00", "2020-04-20 00:15:00", "2020-04-21 00:00:00")


def test_the_voltage_band_shows_the_limits_of_the_manifest(figures):
    assert {shape["y0"] for shape in figures["voltage"]["layout"]["shapes"]} == {0.90, 1.05}


def test_the_loading_curve_falls_from_the_peak_over_all_hours(day_run, figures):
    line = next(trace for trace in figures["loading"]["data"] if trace["name"] == "line:cable")
    peak = day_run.summary()["figures"]["grid.max_line_loading_percent"]["value"]
    assert line["y"][0] == pytest.approx(peak, rel=1e-6)
    assert line["y"] == sorted(line["y"], reverse=True)
    assert line["x"][-1] == pytest.approx(24.0)


def test_energies_on_the_page_are_those_of_the_summary(day_run, parsed):
    table = day_run.summary()["figures"]
    for key in ("grid.import_mwh", "grid.served_mwh", "grid.curtailed_mwh", "device:roof.available_mwh"):
        assert f"{number(1000 * table[key]['value'])}" in parsed.text, key
    assert f"{number(table['boundary:pcc.max_import_kw']['value'])} kW" in parsed.text
    assert f"{number(table['boundary:pcc.energy_cost']['value'], 6)} JPY" in parsed.text


def test_a_run_that_was_killed_says_so_loudly_and_shows_its_chunks(make_run):
    run = make_run(days=10, stop_at=700)
    path = write_report(run)
    parsed = Page(path.read_text(encoding="utf-8"))
    assert "Unfinished run." in parsed.text
    assert "no verdict" in parsed.text
    assert ("p", {"class": "unfinished", "role": "alert"}) in parsed.elements
    assert "every limit of the scenario was kept" not in parsed.text
    figures = json.loads(parsed.scripts[0])
    x = figures["power"]["data"][0]["x"]
    assert x[0] == "2020-04-20 00:00:00"
    lengths = {len(run.series(group)) for group in run.groups()}
    (steps,) = lengths  # every group ends with the same chunk
    assert 96 < steps < 700
    end = datetime(2020, 4, 20) + timedelta(seconds=900 * steps)
    assert x[-1] == f"{end:%Y-%m-%d %H:%M:%S}"


def test_a_failed_run_shows_its_error(make_run):
    run = make_run(stop_at=1)
    manifest = run.manifest | {"status": "failed", "error": "no solution at step 1"}
    (run.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "no solution at step 1" in Page(render(type(run)(run.path))).text


def test_a_run_without_a_single_chunk_still_has_a_page(make_run):
    parsed = Page(render(make_run(stop_at=0)))
    assert "Unfinished run." in parsed.text
    assert parsed.scripts == []


def test_a_run_without_devices_and_heat_has_the_charts_it_can_have(bare_run):
    parsed = Page(render(bare_run))
    figures = json.loads(parsed.scripts[0])
    assert list(figures) == ["power", "voltage", "loading", "boundaries"]
    assert "None: every limit of the scenario was kept." in parsed.text


def test_writing_again_replaces_the_page(bare_run):
    path = write_report(bare_run)
    first = path.read_bytes()
    assert path.name == NAME
    assert write_report(bare_run).read_bytes() == first


def test_a_long_run_stays_small_and_says_what_was_grouped(make_run):
    run = make_run(days=120)
    html = render(run)
    figures = json.loads(Page(html).scripts[0])
    assert max(len(trace["x"]) for figure in figures.values() for trace in figure["data"]) <= 2501
    assert len(html) < 8_000_000
    pcc = next(trace for trace in figures["boundaries"]["data"] if trace["name"] == "pcc")
    assert min(pcc["y"]) == pytest.approx(-19.0, abs=1e-3)  # the one quarter hour of export survives
    assert re.search(r"Means over 1 d: the run is long", html)
    assert "2020-05" in html  # table of months
