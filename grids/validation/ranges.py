"""What is usual at a voltage: ranges outside of which a number is probably a slip. All of them are *assumed*.

Low and medium voltage: the conductor tables of facts.md 1.5 (R/X 0.4-16.6 and 0.34-8.1, 115-855 A), widened by up to
three; above: the line types of pandapower (R/X 0.12-1.3, 210-1150 A) and what SimBench holds (extra-high voltage: R/X
0.1-0.25, up to 7.8 kA and 204 km), widened alike; lengths and low-voltage ratings are guesses. Largest power of one
load or generator: a customer substation of 2 MVA at low voltage (facts.md 1.3), a bank of 30 MVA at medium (1.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Usual:
    """Usual values at one class of voltage, bounds included."""

    words: str
    above_kv: float  # the class begins above this nominal voltage
    ratio: tuple[float, float]  # R/X of a line
    rating_ka: tuple[float, float]  # of one system of a line
    longest_km: float  # one line
    largest_mva: float  # one load or generator


CLASSES = (
    Usual("low voltage (to 1 kV)", 0.0, (0.3, 30.0), (0.01, 2.0), 2.0, 2.0),
    Usual("medium voltage (1 to 36 kV)", 1.0, (0.25, 12.0), (0.04, 2.0), 50.0, 30.0),
    Usual("high voltage (36 to 170 kV)", 36.0, (0.05, 2.0), (0.1, 5.0), 200.0, np.inf),
    Usual("extra-high voltage (above 170 kV)", 170.0, (0.01, 0.5), (0.2, 9.0), 1000.0, np.inf),
)
NO_RATING_KA = 10.0  # no line carries this: a number that only fills a field (assumed; MATPOWER's 9900 MVA, 99999 kA)
NO_RATING_MVA = 2000.0  # the same for transformers
NO_IMPEDANCE_OHM = 1e-5  # a hand's breadth of conductor (assumed)

WINDING_ERROR = 0.3  # share a winding may differ from its bus before it must be another transformer
WINDING_WARNING = 0.1  # the taps of a pole transformer differ by up to 0.07 (facts.md 1.3)
VK_PERCENT = (0.3, 30.0)  # below, the reference power flow diverges (prototypes.md 5); banks reach 22.5 (facts.md 1.4)
TAP_RANGE_PERCENT = 30.0  # LRTs reach 10, SVRs 5-10 (facts.md 1.4), 380 kV transformers 16 (SimBench)
OVERFULL = 1.3  # pole transformers are run at 130 % of their rating for hours (planner.md 1.18)
SOURCE_SHARE = 0.1  # how far a source may be from nominal voltage
REFERENCE_SHARE = 0.2  # how far a regulator's reference may be from nominal voltage: further than taps reach


def voltage_class(vn_kv: FloatArray) -> IntArray:
    """Position in `CLASSES` of nominal voltages."""
    bounds = [usual.above_kv for usual in CLASSES[1:]]
    return np.searchsorted(bounds, vn_kv, side="left").astype(np.int64)
