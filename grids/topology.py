"""What is connected to what: pure functions of the index and the state of one member's wires."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Mapping

import numpy as np

from grids.arrays import BoolArray
from grids.powerflow.contract import BranchKind, FeederIndex

Neighbours = list[list[tuple[int, int]]]  # bus -> (branch, bus at its other end)


def link_mask(index: FeederIndex) -> BoolArray:
    """(branch,) which branches are bus-bus switches."""
    return np.array([kind is BranchKind.LINK for kind in index.branch_kind], dtype=bool)


def fusing_mask(index: FeederIndex) -> BoolArray:
    """(branch,) which branches make one bus of two when closed: bus-bus switches without impedance."""
    mask = link_mask(index)
    mask[list(index.impedance_link)] = False
    return mask


def connected_ends(index: FeederIndex, closed: BoolArray, in_service: BoolArray) -> BoolArray:
    """(branch, 2) whether each branch end is joined to its bus.

    Args:
        index: the network.
        closed: (switch,) one member's switches.
        in_service: (branch,) one member's branches.
    """
    connected = np.repeat(in_service[:, np.newaxis], 2, axis=1)
    np.logical_and.at(connected, (index.switch_branch, index.switch_end), closed)
    links = link_mask(index)
    connected[links, 1] = connected[links, 0]  # one switch opens a link at both ends
    return connected


def neighbours(index: FeederIndex, connected: BoolArray, without: Container[int] = ()) -> Neighbours:
    """Adjacency over branches joined at both ends, less the branches `without`."""
    result: Neighbours = [[] for _ in index.bus]
    for branch in np.flatnonzero(connected.all(axis=1)).tolist():
        if branch not in without:
            one, other = int(index.branch_from[branch]), int(index.branch_to[branch])
            result[one].append((branch, other))
            result[other].append((branch, one))
    return result


def reach(adjacent: Neighbours, start: Iterable[int]) -> dict[int, tuple[int, int] | None]:
    """Every bus reached from `start`, each with the (branch, bus) it was first reached by; None for a start."""
    found: dict[int, tuple[int, int] | None] = dict.fromkeys(start)
    queue = deque(found)
    while queue:
        bus = queue.popleft()
        for branch, other in adjacent[bus]:
            if other not in found:
                found[other] = (branch, bus)
                queue.append(other)
    return found


def path(found: Mapping[int, tuple[int, int] | None], bus: int) -> list[int]:
    """Branches from `bus` back to the start it was reached from."""
    branches = []
    while (step := found[bus]) is not None:
        branches.append(step[0])
        bus = step[1]
    return branches


def zero_impedance_ring(index: FeederIndex, connected: BoolArray) -> list[str]:
    """Names of closed bus-bus switches without impedance that form a ring; empty if there is none.

    Parallel switches are a ring of two. In a ring the flow through each switch is undefined.
    """
    links = np.flatnonzero(fusing_mask(index) & connected.all(axis=1)).tolist()
    adjacent: Neighbours = [[] for _ in index.bus]
    for branch in links:
        one, other = int(index.branch_from[branch]), int(index.branch_to[branch])
        if one in (found := reach(adjacent, [other])):
            return [index.branch[branch], *(index.branch[member] for member in path(found, one))]
        adjacent[one].append((branch, other))
        adjacent[other].append((branch, one))
    return []
