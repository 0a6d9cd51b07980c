from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.settlement.blocks import Block, Blocks, block_charge, block_parts, reverse_block_credit
from cosim.settlement.tariff_file import load_tariff

D = Decimal


def blocks_of(name):
    return load_tariff(name).periods[0].rates.energy


@pytest.mark.parametrize(
    ("tariff", "use", "net", "credit"),
    [
        ("kr-2004-residential", 73_895, 24_885, 49_010),  # facts.md 7.2, test vector A: rates as printed
        ("kr-2004-residential-table2", 73_845, 24_885, 48_960),  # test vector B: what Table 2 prints
    ],
)
def test_table_2_of_document_2_comes_out(tariff, use, net, credit):
    blocks = blocks_of(tariff)
    assert block_charge(blocks, D(450)) == use
    assert block_charge(blocks, D(250)) == net
    assert reverse_block_credit(blocks, D(450), D(200)) == credit


def test_averages_of_table_2_come_out_as_printed():
    blocks = blocks_of("kr-2004-residential-table2")
    averages = [
        block_charge(blocks, D(450)) / 450,
        block_charge(blocks, D(250)) / 250,
        reverse_block_credit(blocks, D(450), D(200)) / 200,
    ]
    assert [round(average, 1) for average in averages] == [D("164.1"), D("99.5"), D("244.8")]


def test_generation_inside_one_block_is_credited_once():
    """The printed formula would count the whole block besides (facts.md 7.1, its edge case)."""
    blocks = blocks_of("kr-2004-residential")
    assert reverse_block_credit(blocks, D(450), D(30)) == 30 * D("346.9")
    assert reverse_block_credit(blocks, D(900), D(100)) == 100 * D("606.8")  # the open block


def test_net_on_a_block_edge_takes_whole_blocks():
    blocks = blocks_of("kr-2004-residential")
    assert reverse_block_credit(blocks, D(400), D(100)) == 100 * D("235.2")


def test_generation_of_all_the_use_saves_the_whole_charge():
    blocks = blocks_of("kr-2004-residential")
    assert reverse_block_credit(blocks, D(450), D(450)) == block_charge(blocks, D(450))


def test_parts_add_up_to_the_charge():
    parts = list(block_parts(blocks_of("kr-2004-residential"), D("612.5")))
    assert sum(energy for energy, _ in parts) == D("612.5")
    assert sum(energy * price for energy, price in parts) == block_charge(blocks_of("kr-2004-residential"), D("612.5"))


@st.composite
def tariffs(draw):
    ends = sorted(draw(st.sets(st.integers(1, 2000), max_size=6)))
    prices = draw(st.lists(st.integers(0, 9999), min_size=len(ends) + 1, max_size=len(ends) + 1))
    rows = [Block(up_to_kwh=end, per_kwh=price / 10) for end, price in zip(ends, prices, strict=False)]
    return Blocks(kind="blocks", blocks=[*rows, Block(per_kwh=prices[-1] / 10)])


@given(tariffs(), st.data())
def test_credit_is_the_difference_of_two_bills(blocks, data):
    """V1 = T(U) - T(N), for N on a block edge and N = 0 too (facts.md 7.1)."""
    edges = [int(block.up_to_kwh) for block in blocks.blocks if block.up_to_kwh]
    used = data.draw(st.one_of(st.integers(0, 2500), st.sampled_from(edges or [0])))
    net = data.draw(st.one_of(st.integers(0, used), st.sampled_from([0, *(e for e in edges if e <= used)])))
    credit = reverse_block_credit(blocks, D(used), D(used - net))
    assert credit == block_charge(blocks, D(used)) - block_charge(blocks, D(net))


@pytest.mark.parametrize(("use", "own"), [(100, 101), (100, -1)])
def test_credit_beyond_the_use_is_refused(use, own):
    with pytest.raises(ValueError, match="between 0 and the use"):
        reverse_block_credit(blocks_of("kr-2004-residential"), D(use), D(own))


def test_a_negative_use_has_no_price():
    with pytest.raises(ValueError, match="negative use"):
        block_charge(blocks_of("kr-2004-residential"), D(-1))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"up_to_kwh": 100, "per_kwh": 1}], "the last must not"),
        ([{"per_kwh": 1}, {"per_kwh": 2}], "every block but the last"),
        ([{"up_to_kwh": 200, "per_kwh": 1}, {"up_to_kwh": 100, "per_kwh": 2}, {"per_kwh": 3}], "blocks must rise"),
    ],
)
def test_blocks_that_do_not_rise_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        Blocks.model_validate({"kind": "blocks", "blocks": rows})
