"""Mains for tests, from short notation."""

import numpy as np

from grids.threewire.forest import equal_wires, forest, rated_ohm, transformer

MAIN_OHM_PER_KM = 0.497 + 0.28j  # 38 mm2 main, one wire: planner.md 5


def trees(mains):
    """A forest from mains, each `(R + jX of the transformer from 210 V, [(parent, ohm of one wire), ...])`.

    Parents count from 0 = the transformer's terminals inside each main.
    """
    parent, ohm, roots = [], [], []
    for unit, stretches in mains:
        roots.append(len(parent))
        parent += [-1, *(len(parent) + up for up, _ in stretches)]
        ohm += [unit, *(one for _, one in stretches)]
    ohm = np.array(ohm, dtype=complex)
    loops = equal_wires(ohm)
    loops[roots] = transformer(ohm[roots])
    return forest(np.array(parent), loops)


def unit(kva, r=1.7, x=1.7):
    """R + jX seen from 210 V; percent of the rating as for 30 kVA in facts.md 1.3."""
    return complex(rated_ohm(np.array([kva]), np.array([r]), np.array([x]))[0])


def random_mains(seed, mains=3, nodes=7, members=1, kw=3.0):
    """A forest of random trees with random demand and PV: (trees, emf, demand)."""
    rng = np.random.default_rng(seed)
    shapes = [
        (
            unit(rng.choice([20.0, 30.0, 50.0])),
            [(int(rng.integers(0, k + 1)), rng.uniform(0.01, 0.05) * MAIN_OHM_PER_KM) for k in range(nodes - 1)],
        )
        for _ in range(mains)
    ]
    made = trees(shapes)
    demand = 1e3 * kw * rng.random((members, len(made.parent), 3)) * (1.0 + 0.3j)
    demand[..., 2] -= 1e3 * kw * rng.random(demand.shape[:2])
    return made, rng.uniform(97.0, 109.0, (members, mains)), demand
