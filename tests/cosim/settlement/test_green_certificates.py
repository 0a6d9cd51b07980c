"""Certificates of a green tariff: none created, doubled or lost, none goes back or to somebody else."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.settlement.green_certificates import Ledger, Lot, State, allot, pro_rata
from cosim.settlement.green_trail import COLUMNS, audit, replay, trail_csv, trail_rows
from cosim.settlement.meter import Month

JULY, AUGUST = Month(2020, 7), Month(2020, 8)
ORDER = list(State)


def ledger(kwh=100):
    book = Ledger()
    book.buy(JULY, "hill", Decimal(kwh))
    book.issue(JULY, "hill", kwh)
    return book


def test_a_certificate_walks_from_issue_to_retirement():
    book = ledger()
    book.notify(JULY, "mill", 60)
    book.pay(JULY, "mill", 60, AUGUST)
    book.retire(JULY, "mill", 40, AUGUST)
    assert book.lots == {
        Lot(JULY, "hill", State.ISSUED): 40,
        Lot(JULY, "hill", State.TRANSFERRED, "mill"): 20,
        Lot(JULY, "hill", State.RETIRED, "mill"): 40,
    }
    assert [(entry.step, entry.actor, entry.booked) for entry in book.trail] == [
        (1, "utility", JULY), (2, "utility", JULY), (3, "certifier", JULY),
        (4, "utility", JULY), (5, "mill", AUGUST), (6, "mill", AUGUST),
    ]  # fmt: skip
    assert audit(book) == []


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda book: book.issue(JULY, "hill", 1), "were issued already"),
        (lambda book: book.issue(AUGUST, "hill", -1), "cannot be issued"),
        (lambda book: book.notify(JULY, "shop", 41), "41 of 40 certificates that are issued"),
        (lambda book: book.notify(JULY, "shop", -1), "-1 certificates"),
        (lambda book: book.pay(JULY, "shop", 1), "shop cannot pay 1 of 0"),  # a third party pays
        (lambda book: book.retire(JULY, "mill", 1), "1 of 0 certificates that are transferred"),  # before payment
        (lambda book: book.pay(AUGUST, "mill", 1), "2020-08: mill cannot pay"),
    ],
)
def test_what_the_rules_forbid_is_refused_and_changes_nothing(act, message):
    book = ledger()
    book.notify(JULY, "mill", 60)
    before = dict(book.lots), list(book.trail)
    with pytest.raises(ValueError, match=message):
        act(book)
    assert (book.lots, book.trail) == before


def test_the_audit_finds_every_kind_of_forgery():
    book = ledger()
    book.notify(JULY, "mill", 60)
    book.pay(JULY, "mill", 60)
    assert audit(book) == []

    def wrong(position, **changes):
        trail = list(book.trail)
        trail[position] = replace(trail[position], **changes)
        return " ".join(replay(trail)[1])

    assert "only 100 kWh were bought" in wrong(2, certificates=101)
    assert "is no step forward" in wrong(4, after=State.ISSUED)
    assert "are not there to move" in wrong(4, holder="shop")
    assert "are not there to move" in wrong(4, certificates=61)
    assert "begins as issued" in wrong(2, after=State.NOTIFIED)
    assert "stands at place" in wrong(3, number=9)
    again = replace(book.trail[2], number=6)
    assert "was issued for 2020-07 already" in " ".join(replay([*book.trail, again])[1])
    book.lots[Lot(JULY, "hill", State.RETIRED, "mill")] = 5  # behind the trail's back
    assert audit(book) == ["the trail does not lead to what the ledger holds"]


def test_the_trail_is_a_table_of_every_entry():
    book = ledger()
    book.notify(JULY, "mill", 60)
    rows = list(csv.DictReader(io.StringIO(trail_csv(book.trail))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["certificates"] for row in rows] == ["0", "100", "100", "60"]
    assert rows[3]["before"] == "issued"
    assert rows[3]["after"] == "notified"
    assert trail_rows(book.trail)[0]["energy_kwh"] == "100"
    assert trail_rows(book.trail)[2]["before"] is None


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_happens_certificates_are_conserved_and_only_go_forward(data):
    """Random moves, many of them not allowed: what is issued is in some state, with the holder it was allotted to."""
    book, issued = Ledger(), 0
    held = {}  # (month, participant) -> certificates ever allotted
    ranks = 0
    for _ in range(data.draw(st.integers(1, 25))):
        month = data.draw(st.sampled_from([JULY, AUGUST]))
        who = data.draw(st.sampled_from(["mill", "shop", "yard"]))
        number = data.draw(st.integers(-2, 60))
        move = data.draw(st.sampled_from(["issue", "notify", "pay", "retire"]))
        try:
            if move == "issue":
                book.buy(month, who, Decimal(max(number, 0)) + Decimal("0.4"))
                book.issue(month, who, number)
                issued += number
            else:
                getattr(book, move)(month, who, number)
                if move == "notify":
                    held[month, who] = held.get((month, who), 0) + number
        except ValueError:
            pass
        assert book.count() == issued
        assert all(number > 0 for number in book.lots.values())
        for (of, holder), allotted in held.items():
            assert book.count(month=of, holder=holder) == allotted  # none came back, none went to somebody else
        now = sum(ORDER.index(lot.state) * number for lot, number in book.lots.items())
        assert now >= ranks
        ranks = now
    assert audit(book) == []


DEMANDS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 500), min_size=1)


@given(st.integers(0, 2000), DEMANDS)
def test_a_shortage_is_shared_in_proportion_to_the_certificate(available, wanted):
    shares = pro_rata(available, wanted)
    total = sum(wanted.values())
    assert sum(shares.values()) == min(available, total)
    for name, demand in wanted.items():
        assert shares[name] <= demand
        if total > available:
            assert abs(shares[name] - available * demand / total) < 1


@given(st.integers(0, 2000), DEMANDS, st.data())
def test_an_allotment_uses_up_what_there_is_and_nobody_gets_more_than_declared_or_used(available, declared, data):
    used = {name: data.draw(st.integers(0, 500)) for name in declared}
    allotted = allot(available, declared, used)
    caps = {name: min(declared[name], used[name]) for name in declared}
    assert sum(allotted.values()) == min(available, sum(caps.values()))
    assert all(0 <= allotted[name] <= caps[name] for name in declared)
    free = [name for name in declared if allotted[name] < caps[name]]
    for one in free:  # whom no use has cut off is served alike, to a certificate a round of offers
        for other in free:
            assert abs(allotted[one] * declared[other] - allotted[other] * declared[one]) <= 6 * (
                declared[one] + declared[other]
            )
