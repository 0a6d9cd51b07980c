"""The ledger of a green tariff (녹색요금제, document 3): every certificate is in exactly one state at any time.

A certificate stands for 1 kWh of one plant in one month, unweighted. Certificates are fungible within a plant and
month, so the ledger holds lots; a lot is split, never copied. It moves only forward:
issued -> notified (to a participant) -> transferred (paid) -> retired (used). What nobody takes stays issued.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cosim.settlement.meter import Month


class State(StrEnum):
    """Where a certificate is."""

    ISSUED = "issued"  # by the third party, held for the utility
    NOTIFIED = "notified"  # allotted to a participant and billed
    TRANSFERRED = "transferred"  # paid: the title is the participant's
    RETIRED = "retired"  # the participant's use is proved with it


_NEXT = {State.ISSUED: State.NOTIFIED, State.NOTIFIED: State.TRANSFERRED, State.TRANSFERRED: State.RETIRED}


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Certificates of one plant and month in one state; `holder` is the participant, "" while nobody has them."""

    month: Month
    plant: str
    state: State
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail: who did what with how many certificates of which plant and month."""

    step: int  # of the six steps of document 3
    actor: str
    action: str
    month: Month
    plant: str
    certificates: int
    holder: str


@dataclass
class Ledger:
    """All certificates. The only mutable thing of the settlement; every change is a line of `trail`."""

    lots: dict[Lot, int] = field(default_factory=dict)
    trail: list[Entry] = field(default_factory=list)
    _issued: set[tuple[Month, str]] = field(default_factory=set)

    def issue(self, month: Month, plant: str, certificates: int) -> None:
        """Step 3: the certifier issues one certificate a kWh, once for each plant and month.

        Raises:
            ValueError: a second issue for a plant and month, or a negative number.
        """
        if (month, plant) in self._issued:
            raise ValueError(f"certificates of {plant} for {month} were issued already")
        if certificates < 0:
            raise ValueError(f"{plant}, {month}: {certificates} certificates cannot be issued")
        self._issued.add((month, plant))
        self._book(Lot(month, plant, State.ISSUED), certificates)
        self.trail.append(Entry(3, "certifier", "issue", month, plant, certificates, ""))

    def notify(self, month: Month, participant: str, certificates: int) -> None:
        """Step 4: the utility allots certificates of a month to a participant and bills them."""
        self._advance(month, State.ISSUED, "", participant, certificates, Movement("utility", "notify and bill", 4))

    def pay(self, month: Month, participant: str, certificates: int) -> None:
        """Step 5: on payment the title passes to the participant; it cannot be passed on."""
        self._advance(month, State.NOTIFIED, participant, participant, certificates, Movement(participant, "pay", 5))

    def retire(self, month: Month, participant: str, certificates: int) -> None:
        """Step 6: the participant proves his use and the certificates are retired."""
        self._advance(
            month, State.TRANSFERRED, participant, participant, certificates, Movement(participant, "retire", 6)
        )

    def count(self, state: State | None = None, month: Month | None = None, holder: str | None = None) -> int:
        """How many certificates are in a state, of a month, with a holder; None = any."""
        return sum(
            number
            for lot, number in self.lots.items()
            if state in {None, lot.state} and month in {None, lot.month} and holder in {None, lot.holder}
        )

    def plants_of(self, state: State, month: Month, holder: str) -> Mapping[str, int]:
        """Plant -> certificates of it."""
        found: dict[str, int] = defaultdict(int)
        for lot, number in self.lots.items():
            if (lot.state, lot.month, lot.holder) == (state, month, holder):
                found[lot.plant] += number
        return dict(found)

    def _advance(self, month: Month, state: State, holder: str, to: str, certificates: int, said: Movement) -> None:
        """Move certificates one state on, plants in the order of their names.

        Raises:
            ValueError: fewer are there, or a negative number.
        """
        if certificates < 0 or certificates > (there := self.count(state, month, holder)):
            text = f"{certificates} certificates" if certificates < 0 else f"{certificates} of {there} certificates"
            raise ValueError(f"{month}: {said.actor} cannot {said.action} {text} that are {state}")
        left = certificates
        for lot in sorted(one for one in self.lots if (one.month, one.state, one.holder) == (month, state, holder)):
            moved = min(left, self.lots[lot])
            if moved:
                self._book(lot, -moved)
                self._book(Lot(month, lot.plant, _NEXT[state], to), moved)
                self.trail.append(Entry(said.step, said.actor, said.action, month, lot.plant, moved, to))
            left -= moved

    def _book(self, lot: Lot, change: int) -> None:
        self.lots[lot] = self.lots.get(lot, 0) + change
        if not self.lots[lot]:
            del self.lots[lot]


@dataclass(frozen=True, slots=True)
class Movement:
    """What a movement is called in the trail."""

    actor: str
    action: str
    step: int


def pro_rata(available: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Share out certificates by demand: `a_i = min(d_i, G d_i / sum d)` (facts.md 7.3), in whole certificates.

    What the division leaves over goes one each to the largest remainders (equal ones by name), so that nothing is lost
    and nobody gets more than he wants.
    """
    total = sum(wanted.values())
    if total <= available:
        return dict(wanted)
    exact = {name: divmod(available * demand, total) for name, demand in wanted.items()}
    shares = {name: whole for name, (whole, _) in exact.items()}
    left = available - sum(shares.values())
    for name in sorted(exact, key=lambda one: (-exact[one][1], one))[:left]:
        shares[name] += 1
    return shares


def allot(available: int, declared: Mapping[str, int], used: Mapping[str, int]) -> dict[str, int]:
    """Allotment of a month: pro rata by declared demand, never more than the metered use.

    What is cut off that way is offered again to the others until nothing moves [A] (document 3 does not say).
    """
    allotted = dict.fromkeys(declared, 0)
    while True:
        room = {name: min(declared[name], used[name]) - allotted[name] for name in declared}
        open_to = {name: declared[name] for name in declared if room[name] > 0}
        left = available - sum(allotted.values())
        if left <= 0 or not open_to:
            return allotted
        offered = pro_rata(left, open_to)
        moved = {name: min(offer, room[name]) for name, offer in offered.items()}
        if not any(moved.values()):
            return allotted
        for name, number in moved.items():
            allotted[name] += number


def conserved(ledger: Ledger, issued: Iterable[int]) -> bool:
    """Whether the ledger holds exactly what was issued."""
    return ledger.count() == sum(issued)
