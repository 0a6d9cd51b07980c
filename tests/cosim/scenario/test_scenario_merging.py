"""Laws of merging: mappings deep, everything else whole, null deletes, places stay."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cosim.scenario.merging import merged, without_nulls
from cosim.scenario.reading import read_text
from cosim.scenario.tree import Node, Place, Source, plain

HERE = Place(Source("x"))
leaves = st.one_of(st.integers(), st.booleans(), st.text(max_size=3), st.lists(st.integers(), max_size=3))


def node(data) -> Node:
    if isinstance(data, dict):
        return Node({key: node(value) for key, value in data.items()}, HERE)
    if isinstance(data, list):
        return Node(tuple(node(item) for item in data), HERE)
    return Node(data, HERE)


def mappings(values):
    """Trees in which a key is always a mapping (m...) or never one (v...), as a schema has it."""
    level = st.dictionaries(st.sampled_from(["v1", "v2", "v3"]), values, max_size=3)
    for _ in range(2):
        below = st.dictionaries(st.sampled_from(["m1", "m2"]), level, max_size=2)
        own = st.dictionaries(st.sampled_from(["v1", "v2", "v3"]), values, max_size=3)
        level = st.builds(lambda a, b: a | b, below, own)
    return level


@given(mappings(leaves), mappings(leaves), mappings(leaves))
def test_merging_is_associative(a, b, c):
    one, two, three = node(a), node(b), node(c)
    assert plain(merged(merged(one, two), three)) == plain(merged(one, merged(two, three)))


@given(mappings(leaves))
def test_merging_with_itself_or_nothing_changes_nothing(a):
    assert plain(merged(node(a), node(a))) == a
    assert plain(merged(node(a), node({}))) == a
    assert plain(merged(node({}), node(a))) == a


@given(mappings(leaves), mappings(leaves))
def test_the_later_layer_wins_every_value_and_the_earlier_keeps_the_rest(a, b):
    result = plain(merged(node(a), node(b)))

    def check(under, over, both):
        assert both.keys() == under.keys() | over.keys()
        for key, value in both.items():
            if isinstance(under.get(key), dict) and isinstance(over.get(key), dict):
                check(under[key], over[key], value)
            else:
                assert value == (over[key] if key in over else under[key])

    check(a, b, result)


@given(mappings(leaves), st.data())
def test_null_deletes_what_it_names_and_nothing_else(a, data):
    if not a:
        return
    key = data.draw(st.sampled_from(sorted(a)))
    result = plain(without_nulls(merged(node(a), node({key: None}))))
    assert result == {name: value for name, value in a.items() if name != key}


@given(mappings(st.one_of(leaves, st.none())))
def test_no_null_is_left(a):
    def walk(data):
        assert data is not None
        for value in data.values() if isinstance(data, dict) else ():
            walk(value)

    walk(plain(without_nulls(node(a))))


def test_lists_are_replaced_whole_and_null_in_a_list_stays():
    base, over = node({"x": [1, 2, 3]}), node({"x": [None, 9]})
    assert plain(without_nulls(merged(base, over))) == {"x": [None, 9]}


def test_a_later_layer_fills_what_an_earlier_one_deleted():
    layers = [node({"m": {"a": 1, "b": 2}}), node({"m": None}), node({"m": {"c": 3}})]
    result = merged(merged(layers[0], layers[1]), layers[2])
    assert plain(without_nulls(result)) == {"m": {"c": 3}}


def test_every_value_keeps_its_place():
    base = read_text("a: {x: 1, y: 2}\n", Source("base.yaml", Path("/b/base.yaml")))
    over = read_text("\na: {y: 3}\n", Source("over.yaml", Path("/o/over.yaml")))
    tree = merged(base, over)
    assert str(tree.at(("a", "x")).place) == "base.yaml:1:8"
    assert str(tree.at(("a", "y")).place) == "over.yaml:2:8"
    assert plain(tree)["a"]["x"] == 1
