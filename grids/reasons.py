"""Why a kilowatt was curtailed or not served. Every curtailed or unserved kWh has exactly one reason."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Reason codes as they travel in integer arrays (`reason` ports); 0 = nothing was cut."""

    NONE = 0
    RATING = 1
    VOLTAGE = 2
    EXPORT = 3
    ORDER = 4
    ISLAND = 5
    RELAY = 6
    SHED = 7
    NO_SUPPLY = 8
    FAILURE = 9

    @property
    def label(self) -> str:
        """The word used in results: `rating`, `no_supply`, ..."""
        return self.name.lower()


CURTAILED = (Reason.RATING, Reason.VOLTAGE, Reason.EXPORT, Reason.ORDER, Reason.ISLAND, Reason.RELAY)
UNSERVED = (Reason.SHED, Reason.NO_SUPPLY, Reason.FAILURE)
