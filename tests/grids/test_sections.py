"""Which part of a network a section is, and what is wrong with a section that is not closed off."""

import pytest

from grids.boundaries import BoundarySpec
from grids.sections import SectionSpec, partition

# in a row: source, near switch, s1 and s2 with a customer's site at s1, far switch, out, open tie, other source
SWITCHES = {
    "near": {"bus": "head", "to_bus": "s1"},
    "far": {"bus": "s2", "line": "s2-out"},
    "pcc": {"bus": "s1", "to_bus": "site"},
    "tie": {"bus": "out", "to_bus": "other", "closed": False},
}
BUSES = ["source", "head", "s1", "s2", "out", "site", "other"]
LINES = [("source", "head"), ("s1", "s2"), ("s2", "out")]
ENDS = ("switch:near", "switch:far")


@pytest.fixture
def grid(tables):
    return tables(
        BUSES, LINES, SWITCHES, sources=["source", "other"], loads=["s2", "out", "site"], injections=["site", "head"]
    )


def cut(grid, sections, boundaries):
    return partition(
        grid,
        [SectionSpec(name, tuple(buses)) for name, buses in sections.items()],
        [BoundarySpec(name, tuple(at), into) for name, (at, into) in boundaries.items()],
    )


def names(grid, positions, kind="bus"):
    return {getattr(grid.index, kind)[position] for position in positions}


def test_a_section_is_what_its_boundaries_close_off(grid):
    parts, problems = cut(grid, {"S": ["s1"]}, {"edge": (ENDS, "S")})
    assert problems == []
    section = parts.section("S")
    assert names(grid, section.buses) == {"s1", "s2", "site"}
    assert names(grid, section.branches, "branch") == {"near", "s1-s2", "pcc"}  # cut at their near ends: in, out
    assert names(grid, section.loads, "load") == {"load s2", "load site"}
    assert names(grid, section.injections, "injection") == {"pv site"}
    assert section.boundaries == ("edge",)


def test_a_line_cut_at_its_far_end_belongs_to_the_section(grid):
    parts, problems = cut(grid, {"S": ["s1"]}, {"edge": (["switch:near", "line:s2-out@to"], "S")})
    assert problems == []
    assert "s2-out" in names(grid, parts.section("S").branches, "branch")
    # into the branch from outside is into the section; into the branch from inside is out of it
    assert [end.sign for end in parts.ends] == [1.0, 1.0]
    parts, _ = cut(grid, {"S": ["s1"]}, {"edge": (ENDS, "S")})
    assert [end.sign for end in parts.ends] == [1.0, -1.0]


@pytest.mark.parametrize(
    ("at", "sign"),
    [
        ("switch:near@from", 1.0),
        ("switch:near@to", -1.0),
        ("line:s1-s2@from", 1.0),
        ("line:s1-s2@to", -1.0),
        ("switch:tie@from", 1.0),  # a source on either side: away from the bus it is named at
        ("switch:tie@to", 1.0),
    ],
)
def test_without_a_section_a_boundary_counts_outwards_whichever_end_it_is_named_at(grid, at, sign):
    parts, problems = cut(grid, {}, {"feeder": ([at], None)})
    assert problems == []
    assert [end.sign for end in parts.ends] == [sign]


def test_sections_nest_and_an_inner_boundary_does_not_cut_the_outer_one(grid):
    boundaries = {"edge": (ENDS, "S"), "meter": (["switch:pcc@from"], "inner")}
    parts, problems = cut(grid, {"S": ["s2"], "inner": ["site"]}, boundaries)
    assert problems == []
    assert names(grid, parts.section("inner").buses) == {"site"}
    assert "site" in names(grid, parts.section("S").buses)
    assert parts.into == (0, 1)


def test_several_boundaries_may_lead_into_one_section(grid):
    parts, problems = cut(grid, {"S": ["s1"]}, {"in": (ENDS[:1], "S"), "out": (ENDS[1:], "S")})
    assert problems == []
    assert parts.section("S").boundaries == ("in", "out")


def test_an_open_tie_may_be_a_boundary_end(grid):
    ends = ["line:s2-out@from", "switch:near", "switch:tie"]
    parts, problems = cut(grid, {"S": ["s1"], "O": ["out"]}, {"e": (ends[:2], "S"), "o": ([ends[0], ends[2]], "O")})
    assert problems == []
    assert names(grid, parts.section("O").buses) == {"out"}


@pytest.mark.parametrize(
    ("sections", "boundaries", "route", "message"),
    [
        ({"S": ["s1"]}, {"b": (ENDS[1:], "S")}, ("sections", "S"), "reaches source:source without crossing"),
        ({"S": ["s1"]}, {"b": (ENDS[1:], "S")}, ("sections", "S"), "by switch:near, line:source-head"),
        ({"S": ["s1"]}, {}, ("sections", "S"), "no boundary leads into"),
        ({"S": ["s9"]}, {"b": (ENDS, "S")}, ("sections", "S", "contains", 0), "no bus 's9'"),
        ({"S": []}, {"b": (ENDS, "S")}, ("sections", "S"), "contains no bus"),
        ({"S": ["s1"]}, {"b": ([*ENDS, "line:source-head@from"], "S")}, ("boundaries", "b", "at", 2), "does not touch"),
        ({"S": ["s1"]}, {"b": ([*ENDS, "switch:pcc"], "S")}, ("boundaries", "b", "at", 2), None),
        ({"S": ["s1", "s2"]}, {"b": ([*ENDS, "line:s1-s2@from"], "S")}, ("boundaries", "b", "at", 2), "on both sides"),
        ({"S": ["s1"]}, {"b": (ENDS, "T")}, ("boundaries", "b", "into"), "no section 'T'"),
        ({"S": ["s1"]}, {"b": (["switch:nea"], "S")}, ("boundaries", "b", "at", 0), "did you mean 'near'"),
        ({"S": ["s1"]}, {"b": (["line:s1-s2"], "S")}, ("boundaries", "b", "at", 0), "line:NAME@from|to"),
        ({"S": ["s1"]}, {"b": (["line:x@to"], "S")}, ("boundaries", "b", "at", 0), "no line 'x'"),
        ({"S": ["s1"]}, {"b": (["trafo:x@hv"], "S")}, ("boundaries", "b", "at", 0), "no trafo 'x'"),
        ({"S": ["s1"]}, {"b": (["bus:s1"], "S")}, ("boundaries", "b", "at", 0), "no branch end"),
        (
            {"S": ["s1"]},
            {"b": (["switch:far@to"], "S")},
            ("boundaries", "b", "at", 0),
            "at the from end of line:s2-out",
        ),
        ({"S": ["s1"]}, {"b": ([ENDS[0], ENDS[0]], "S")}, ("boundaries", "b", "at", 1), "same end as another"),
        (  # both sides of a switch between two buses: one flow
            {"S": ["s1"]},
            {"b": (["switch:near@from", "switch:near@to", "switch:far"], "S")},
            ("boundaries", "b", "at", 1),
            "same end as another",
        ),
        ({"S": ["s1"]}, {"b": ((), "S")}, ("boundaries", "b", "at"), "at least one end"),
    ],
)
def test_what_does_not_close_off_a_section_is_located(grid, sections, boundaries, route, message):
    if message is None:
        # cutting the site off too is sound: it is simply not part of the section
        parts, problems = cut(grid, sections, boundaries)
        assert problems == []
        assert "site" not in names(grid, parts.section("S").buses)
        return
    _, problems = cut(grid, sections, boundaries)
    assert route in [problem.route for problem in problems]
    assert any(message in problem.message for problem in problems)


def test_overlapping_sections_that_do_not_nest_are_refused(grid):
    boundaries = {
        "a": (["switch:near", "line:s1-s2@to"], "A"),
        "b": (["line:s2-out@from", "line:s1-s2@from", "switch:pcc"], "B"),
    }
    _, problems = cut(grid, {"A": ["s1"], "B": ["s2", "site"]}, boundaries)
    assert [(problem.route, "overlaps section 'A' in 1 buses" in problem.message) for problem in problems] == [
        (("sections", "B"), True)
    ]


def test_a_section_with_a_problem_is_left_out_and_the_others_stay(grid):
    boundaries = {"edge": (ENDS, "S"), "meter": (["switch:pc"], "inner")}
    parts, problems = cut(grid, {"S": ["s1"], "inner": ["site"]}, boundaries)
    assert len(problems) == 1
    assert [section.name for section in parts.sections] == ["S"]
    assert parts.boundaries == ("edge",)


def test_the_reference_section_is_the_planners():
    """planner.md 4: 50 buses, 47 loads, 1.03 MW peak; the profiles alone export in 4,026 h, up to 1.57 MW."""
    pytest.importorskip("simbench")
    from grids.library import simbench
    from grids.normalise import normalise

    opened = simbench.load("1-MVLV-rural-4.101-0-sw")
    grid = normalise(opened.net)
    loads, generators = grid.loads, grid.generators
    grid = grid.with_points([(e.name, e.bus) for e in loads], [(e.name, e.bus) for e in generators])
    ends = ("switch:MV1.101 Switch 100", "switch:MV1.101 Switch 127")
    parts, problems = cut(grid, {"S": ["MV1.101 Bus 52"]}, {"edge": (ends, "S")})
    assert problems == []
    section = parts.section("S")
    assert (len(section.buses), len(section.loads)) == (50, 47)
    demand = opened.profiles.loads([loads[i] for i in section.loads])[0].sum(axis=1)
    export = opened.profiles.generators([generators[i] for i in section.injections]).sum(axis=1) - demand
    assert demand.max() == pytest.approx(1.03, abs=0.005)
    assert (export > 0).sum() / 4 == pytest.approx(4026, abs=0.5)
    assert export.max() == pytest.approx(1.57, abs=0.005)


def test_a_bus_out_of_service_is_no_place_for_a_section(grid):
    from grids.normalise import normalise

    net = grid.net
    net.bus.loc[net.bus["name"] == "s1", "in_service"] = False
    _, problems = cut(normalise(net), {"S": ["s1"]}, {"edge": (ENDS, "S")})
    assert "bus 's1' is out of service" in problems[0].message
