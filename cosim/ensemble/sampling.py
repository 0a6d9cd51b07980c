"""Drawing the members of an ensemble, all of it before the run.

With random sampling each value comes from a stream of its own, keyed by (seed, path, member): a member or a path added
leaves the others alone. Rows of a Latin hypercube depend on the number of members and on the paths; those of a Sobol
sequence on the paths. Every ensemble is drawn whole, and then the members taken that run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.ensemble.distributions import Choice, List, Range
from cosim.ensemble.draws import Drawn, Draws
from cosim.ensemble.paths import Target, find_targets
from cosim.ensemble.refusals import refused
from cosim.errors import InputError, UsageError
from cosim.scenario.keys.ensemble import MOST_MEMBERS, EnsembleSpec, Sampling
from grids.arrays import FloatArray
from simulators.sources.noise import stream_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cosim.scenario.loaded import LoadedScenario

_TO_UNIT = 2.0**-53
_INSIDE = (2.0**-54, 1.0 - 2.0**-53)  # a probability of 0 or 1 would be an infinite value


def draw(loaded: LoadedScenario, *, members: int | None, member: int | None) -> Draws:
    """What the members of a run draw.

    Args:
        loaded: the scenario.
        members: size of the ensemble (`--members`).
        member: run only this one of it (`--member`); the size is then `members`, else `ensemble.members`.

    Returns:
        Neither given: one member with the file's own values, or all where `ensemble.by_default` says so. Else members
        0 .. `members` - 1, or `member` alone with the values it has among them.

    Raises:
        UsageError: no such member, or no size known.
        InputError: a path that may not vary, or a drawn value that the scenario cannot take: all of them.
    """
    spec = loaded.scenario.ensemble
    if members is None and member is None and not spec.by_default:
        return Draws.single(spec.seed)
    size = _size(spec, members)
    if member is not None and not 0 <= member < size:
        raise UsageError(f"--member must be 0 to {size - 1}, for the ensemble has {size} members (given {member})")
    targets, problems = find_targets(loaded.tree, spec.vary)
    if problems:
        raise InputError(problems)
    rows = np.arange(size, dtype=np.int64) if member is None else np.array([member], dtype=np.int64)
    draws = Draws(size, rows, spec.seed, drawn(targets, spec, size, rows.tolist()))
    if problems := list(refused(draws, targets, loaded.tree, lambda key: getattr(loaded.scenario, key))):
        raise InputError(problems)
    return draws


def drawn_again(loaded: LoadedScenario, draws: Draws) -> Draws:
    """The same members with the same values in another scenario, as far as its `ensemble.vary` names them.

    Raises:
        InputError: a drawn value that this scenario cannot take: all of them.
    """
    vary = loaded.scenario.ensemble.vary
    kept = replace(draws, drawn=tuple(one for one in draws.drawn if one.path in vary))
    targets, problems = find_targets(loaded.tree, vary)
    if problems := problems or list(refused(kept, targets, loaded.tree, lambda key: getattr(loaded.scenario, key))):
        raise InputError(problems)
    return kept


def notes(loaded: LoadedScenario, draws: Draws) -> tuple[str, ...]:
    """What is worth saying about the members of a run."""
    return (*_sameness(loaded, draws), *_dates(loaded, draws))


def _sameness(loaded: LoadedScenario, draws: Draws) -> Iterator[str]:
    if draws.size == 1 or loaded.scenario.ensemble.vary:
        return
    noisy = any(route[-1:] == ("noise",) for route in loaded.tree.routes())
    differ = "the members differ by their noise only" if noisy else f"all {draws.size} members are the same"
    yield f"ensemble.vary is empty: {differ}"


def _dates(loaded: LoadedScenario, draws: Draws) -> Iterator[str]:
    days = draws.column(("time", "offset_days")) or (loaded.scenario.time.offset_days,)
    if most := max(days):
        later = f"up to {most} days" if len(days) > 1 else f"{most} days"
        yield f"time.offset_days: inputs are read {later} later; dates and months in the results are those of the file"


def _size(spec: EnsembleSpec, members: int | None) -> int:
    size = members if members is not None else spec.members
    if size is None:
        raise UsageError("--member needs the size of the ensemble: give --members or the key ensemble.members")
    if not 1 <= size <= MOST_MEMBERS:
        raise UsageError(f"--members must be 1 to {MOST_MEMBERS} (given {size})")
    return size


def drawn(targets: Sequence[Target], spec: EnsembleSpec, size: int, rows: Sequence[int]) -> tuple[Drawn, ...]:
    """What an ensemble of `size` members draws for each target, of which the members `rows` are kept."""
    sampled = [target for target in targets if not isinstance(target.distribution, List | Range)]
    uniform = _probabilities(sorted(target.key for target in sampled), spec, size)
    found = []
    for target in targets:
        values = _values(target, uniform.get(target.key), size)
        found.append(Drawn(target.path, target.route, target.unit, tuple(values[row] for row in rows)))
    return tuple(found)


def _values(target: Target, u: FloatArray | None, size: int) -> list[Any]:
    """Plain Python values, one a member of the whole ensemble: bool, int where only whole numbers fit, else float."""
    distribution = target.distribution
    found: list[Any]
    if isinstance(distribution, List | Range):
        listed = distribution.listed
        found = [listed[member % len(listed)] for member in range(size)]
    elif u is None:
        raise ValueError(f"{target.path} has no probabilities")
    elif isinstance(distribution, Choice):
        found = [distribution.values[position] for position in distribution.positions(u)]
    else:
        found = (distribution.whole_at(u) if target.whole else distribution.at(u)).tolist()
    if isinstance(found[0], bool):
        return found
    return [int(value) if target.whole else float(value) + 0.0 for value in found]  # + 0.0: there is only one zero


def _probabilities(keys: Sequence[str], spec: EnsembleSpec, size: int) -> dict[str, FloatArray]:
    """(size,) probabilities in (0, 1) for each path; `keys` are sorted, so the order of the file does not matter."""
    if not keys:
        return {}
    table = _SAMPLERS[spec.sampling](keys, spec.seed, size)
    return dict(zip(keys, np.clip(table, *_INSIDE).T, strict=True))


def _random(keys: Sequence[str], seed: int, size: int) -> FloatArray:
    streams = ((stream_key(seed, f"ensemble.vary.{key}", member) for key in keys) for member in range(size))
    raw = np.array([[np.random.Philox(key=key).random_raw() for key in row] for row in streams], dtype=np.uint64)
    return np.asarray(((raw >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT)


def _latin_hypercube(keys: Sequence[str], seed: int, size: int) -> FloatArray:
    from scipy.stats import qmc  # noqa: PLC0415 - slow to import

    return np.asarray(qmc.LatinHypercube(len(keys), rng=np.random.default_rng(seed)).random(size))


def _sobol(keys: Sequence[str], seed: int, size: int) -> FloatArray:
    from scipy.stats import qmc  # noqa: PLC0415 - slow to import

    sequence = qmc.Sobol(len(keys), rng=np.random.default_rng(seed))
    return np.asarray(sequence.random_base2(max(size - 1, 1).bit_length())[:size])


_SAMPLERS: dict[Sampling, Callable[[Sequence[str], int, int], FloatArray]] = {
    Sampling.RANDOM: _random,
    Sampling.LATIN_HYPERCUBE: _latin_hypercube,
    Sampling.SOBOL: _sobol,
}
