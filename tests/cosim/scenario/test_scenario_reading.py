"""Reading YAML: types without surprises, places, and a located problem for whatever is not acceptable."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.errors import InputError
from cosim.scenario.reading import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_file, read_text
from cosim.scenario.tree import Source, plain

HERE = Source("x.cosim.yaml", Path("/somewhere/x.cosim.yaml"))


def problems(text: str):
    with pytest.raises(InputError) as caught:
        read_text(text, HERE)
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10:00", "10:00"),
        ("2020-04-20", "2020-04-20"),
        ("2020-04-20T00:00", "2020-04-20T00:00"),
        ("yes", "yes"),
        ("on", "on"),
        ("no", "no"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("'12'", "12"),
        ("P7D", "P7D"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e5", 1e5),
        ("1.5E-3", 1.5e-3),
        ("!!str 12", "12"),
    ],
)
def test_scalars_are_what_they_look_like(written, value):
    read = plain(read_text(f"key: {written}", HERE))["key"]
    assert read == value
    assert isinstance(read, type(value))


def test_keys_are_text_as_written():
    assert list(plain(read_text('{"00:00": 1, 2020: 2, on: 3, true: 4}', HERE))) == ["00:00", "2020", "on", "true"]


def test_every_value_knows_where_it_and_its_key_stand():
    tree = read_text("a:\n  b: [1, {c: x}]\n", HERE)
    node = tree.at(("a", "b", 1, "c"))
    assert (node.place.line, node.place.column) == (2, 14)
    assert (node.key.line, node.key.column) == (2, 11)
    assert plain(node).file == HERE.file


def test_merge_keys_take_over_and_give_way_to_own_keys():
    tree = read_text("base: &b {x: 1, y: 2}\nother: &o {x: 5, z: 6}\nnew:\n  <<: [*b, *o]\n  y: 3\n", HERE)
    assert plain(tree)["new"] == {"x": 1, "y": 3, "z": 6}
    assert tree.at(("new", "x")).place.line == 1


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "is given twice"),
        ("a:\n\tb: 1\n", 2, 1, "a tab is used"),
        ("a: 'open\nb: 1\n", 1, 4, "text in quotes is not closed"),
        ('a: "open\n', 1, 4, "text in quotes is not closed"),
        ("a: [1, 2\nb: 3\n", 1, 4, "`[` is not closed"),
        ("a: {b: 1\n", 1, 4, "`{` is not closed"),
        ("a: b: c\n", 1, 5, "a second `:`"),
        ("a: 1\nb\nc: 2\n", 2, 1, "a key without `:`"),
        ("a: 1\n  b: 2\n", 2, 4, "a second `:`"),
        ("a: *nobody\n", 1, 4, "an alias without its anchor"),
        ("---\na: 1\n---\nb: 2\n", 3, 1, "more than one document"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, 4, "tags are not allowed"),
        ("a: !secret x\n", 1, 4, "tags are not allowed"),
        ("a: !!timestamp 2020-01-01\n", 1, 4, "tags are not allowed"),
        ("a: !!int five\n", 1, 4, "is no !!int"),
        ("a: !!bool maybe\n", 1, 4, "is no !!bool"),
        ("? [a, b]\n: 1\n", 1, 3, "a key must be text"),
        ("a: &x [1, *x]\n", 1, 4, "an alias stands inside"),
        ("a:\n  <<: 5\n", 2, 7, "`<<` takes a mapping"),
        ("", 0, 0, "is empty"),
        ("# only a comment\n", 0, 0, "is empty"),
        ("a: 1\nb: \x07\n", 2, 4, "holds a character"),
    ],
)
def test_what_is_not_acceptable_is_located(text, line, column, message):
    (problem,) = problems(text)
    assert problem.file == "x.cosim.yaml"
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_problems_of_structure_come_all_at_once():
    assert len(problems("a: !x 1\nb: 1\nb: 2\nc: !!int z\n")) == 3


def test_aliases_that_blow_up_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (problem,) = problems("\n".join(lines))
    assert "expand to too much" in problem.message
    assert str(MAX_NODES) in problem.hint


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 5000])
def test_deep_nesting_is_refused(depth):
    assert any("nested too deeply" in problem.message for problem in problems("a: " + "[" * depth + "]" * depth))


def test_files_that_cannot_be_text_are_refused(tmp_path):
    cases = {
        "latin.yaml": ("name: caf\xe9".encode("latin-1"), (1, 10), "is not UTF-8"),
        "utf16.yaml": ("name: x".encode("utf-16"), (1, 1), "is not UTF-8"),
        "binary.yaml": (b"\x00\x01\x02", (1, 1), "holds a character"),
        "large.yaml": (b"#" * (MAX_BYTES + 1), (0, 0), "is too large"),
    }
    for name, (data, place, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError) as caught:
            read_file(Source(name, tmp_path / name))
        (problem,) = caught.value.problems
        assert (problem.line, problem.column) == place, name
        assert message in problem.message


def test_a_byte_order_mark_and_japanese_are_fine(tmp_path):
    file = tmp_path / "ja.yaml"
    file.write_bytes("title: ひおき\n".encode("utf-8-sig"))
    assert plain(read_file(Source("ja.yaml", file))) == {"title": "ひおき"}


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        read_file(Source(name, tmp_path / name))


@given(st.text(alphabet=st.sampled_from("ab:-[]{},&*!#'\"|>%@`?\t\n 01.<~"), max_size=60))
def test_no_text_escapes_as_another_error(text):
    with contextlib.suppress(InputError):
        assert read_text(text, HERE).place.line >= 1
