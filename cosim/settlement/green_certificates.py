"""The ledger of a green tariff (녹색전력 구매계약제도, document 3): every certificate is in one state at any time.

A certificate (녹색전력 인증서) stands for 1 kWh of one plant in one month, unweighted. Certificates are alike within a
plant and month, so the ledger holds lots; a lot is split, never copied. It moves only forward:
issued -> notified (to a participant) -> transferred (paid) -> retired (used). There is no way back and none to a third
party. What nobody is allotted stays issued, what nobody pays stays notified [A]: document 3 knows no expiry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from cosim.settlement.meter import Month
from cosim.settlement.money import ZERO


class State(StrEnum):
    """Where a certificate is."""

    ISSUED = "issued"  # by the third party, held for the utility
    NOTIFIED = "notified"  # allotted to a participant and billed
    TRANSFERRED = "transferred"  # paid: the title is the participant's
    RETIRED = "retired"  # the participant's use is proved with it


NEXT = {State.ISSUED: State.NOTIFIED, State.NOTIFIED: State.TRANSFERRED, State.TRANSFERRED: State.RETIRED}


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Certificates of one plant and month in one state; `holder` is the participant, "" while nobody has them."""

    month: Month
    plant: str
    state: State
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail: who did what, when, with how many certificates of which plant and month.

    Steps 1 and 2 (purchase, application) move no certificate; step 3 creates them, so it has no state before.
    """

    number: int
    booked: Month  # billing month in which it happened
    step: int  # of the six steps of document 3
    actor: str
    action: str
    month: Month  # in which the energy was generated
    plant: str
    energy_kwh: Decimal  # bought (step 1); 0 elsewhere
    certificates: int
    before: State | None
    after: State | None
    holder: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What a movement is called in the trail."""

    booked: Month
    step: int
    actor: str
    action: str


@dataclass
class Ledger:
    """All certificates. The only mutable thing of the settlement; every change is a line of `trail`."""

    lots: dict[Lot, int] = field(default_factory=dict)
    trail: list[Entry] = field(default_factory=list)
    _issued: set[tuple[Month, str]] = field(default_factory=set)

    def buy(self, month: Month, plant: str, energy_kwh: Decimal) -> None:
        """Step 1: the utility buys a plant's metered energy of a month."""
        self._write(_Said(month, 1, "utility", "buy"), Lot(month, plant, State.ISSUED), 0, energy_kwh=energy_kwh)

    def issue(self, month: Month, plant: str, certificates: int) -> None:
        """Steps 2 and 3: the utility applies, the certifier issues, once for each plant and month.

        Raises:
            ValueError: a second issue for a plant and month, or a negative number.
        """
        if (month, plant) in self._issued:
            raise ValueError(f"certificates of {plant} for {month} were issued already")
        if certificates < 0:
            raise ValueError(f"{plant}, {month}: {certificates} certificates cannot be issued")
        self._issued.add((month, plant))
        lot = Lot(month, plant, State.ISSUED)
        self._write(_Said(month, 2, "utility", "apply"), lot, certificates)
        self._book(lot, certificates)
        self._write(_Said(month, 3, "certifier", "issue"), lot, certificates, after=State.ISSUED)

    def notify(self, month: Month, participant: str, certificates: int) -> None:
        """Step 4: the utility allots certificates of a month to a participant and bills them."""
        said = _Said(month, 4, "utility", "notify and bill")
        self._advance(month, State.ISSUED, "", participant, certificates, said)

    def pay(self, month: Month, participant: str, certificates: int, booked: Month | None = None) -> None:
        """Step 5: on payment (in month `booked`) the title passes to the participant, who cannot pass it on."""
        said = _Said(booked or month, 5, participant, "pay")
        self._advance(month, State.NOTIFIED, participant, participant, certificates, said)

    def retire(self, month: Month, participant: str, certificates: int, booked: Month | None = None) -> None:
        """Step 6: the participant proves the use (in month `booked`) and the certificates are retired."""
        said = _Said(booked or month, 6, participant, "prove and retire")
        self._advance(month, State.TRANSFERRED, participant, participant, certificates, said)

    def count(self, state: State | None = None, month: Month | None = None, holder: str | None = None) -> int:
        """How many certificates are in a state, of a month, with a holder; None = any."""
        return sum(
            number
            for lot, number in self.lots.items()
            if state in {None, lot.state} and month in {None, lot.month} and holder in {None, lot.holder}
        )

    def by_month(self, state: State, holder: str) -> Mapping[Month, int]:
        """Month of generation -> certificates a holder has in a state, oldest first."""
        found: dict[Month, int] = defaultdict(int)
        for lot in sorted(self.lots):
            if (lot.state, lot.holder) == (state, holder):
                found[lot.month] += self.lots[lot]
        return dict(found)

    def _advance(self, month: Month, state: State, holder: str, to: str, certificates: int, said: _Said) -> None:
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
                target = Lot(month, lot.plant, NEXT[state], to)
                self._book(lot, -moved)
                self._book(target, moved)
                self._write(said, target, moved, before=state, after=target.state)
            left -= moved

    def _write(
        self,
        said: _Said,
        lot: Lot,
        certificates: int,
        *,
        before: State | None = None,
        after: State | None = None,
        energy_kwh: Decimal = ZERO,
    ) -> None:
        self.trail.append(
            Entry(
                number=len(self.trail) + 1,
                booked=said.booked,
                step=said.step,
                actor=said.actor,
                action=said.action,
                month=lot.month,
                plant=lot.plant,
                energy_kwh=energy_kwh,
                certificates=certificates,
                before=before,
                after=after,
                holder=lot.holder,
            )
        )

    def _book(self, lot: Lot, change: int) -> None:
        self.lots[lot] = self.lots.get(lot, 0) + change
        if not self.lots[lot]:
            del self.lots[lot]


def pro_rata(available: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Share out certificates by demand: `a_i = min(d_i, G d_i / sum d)` (facts.md 7.3), in whole certificates.

    What the division leaves over goes one each to the largest remainders (equal ones by name), so that nothing is lost
    and nobody gets more than wanted.
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

    What the use cuts off is offered again to the others until nothing is left or nobody wants more [A]: document 3
    says "in proportion to demand" and no more.
    """
    allotted = dict.fromkeys(declared, 0)
    while True:
        room = {name: min(declared[name], used[name]) - allotted[name] for name in declared}
        open_to = {name: declared[name] for name in declared if room[name] > 0}
        left = available - sum(allotted.values())
        if left <= 0 or not open_to:
            return allotted
        for name, offered in pro_rata(left, open_to).items():  # somebody takes at least one: the loop ends
            allotted[name] += min(offered, room[name])
