"""Processes that check side by side. Each worker has a pool of its own: if it dies, it is known what it was doing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
TICK_S = 0.5
_GRACE_S = 5.0  # to end by itself when told to


class Crashed:
    """Stands for the result of an item whose process ended without a word."""


class Workers:
    """Up to `jobs` processes, started when needed and used again; one job runs in this process.

    Args:
        jobs: how many, at least 1.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pools: set[ProcessPoolExecutor] = set()
        self._free: list[ProcessPoolExecutor] = []
        self._others = frozenset(multiprocessing.active_children())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self.stop()
        for pool in self._pools:
            pool.shutdown(wait=True)

    def stop(self) -> None:
        """End every process at once, whatever it is doing."""
        own = set(multiprocessing.active_children()) - self._others
        for child in own:
            child.terminate()
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for child in own:
            child.join(_GRACE_S)
            if child.is_alive():
                child.kill()
                child.join()

    def results(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        tick: Callable[[int], None] = lambda _: None,
    ) -> Iterator[Result | Crashed]:
        """`function` of every item, in the order of the items, each as soon as it and all before it are there.

        Args:
            function: of a module, so that another process finds it.
            items: what it is called with.
            tick: told about twice a second which item has come to an end, or -1.
        """
        if self._jobs == 1:
            for at, item in enumerate(items):
                yield function(item)
                tick(at)
            return
        waiting = deque(enumerate(items))
        busy: dict[Future[Result], tuple[int, ProcessPoolExecutor]] = {}
        done: dict[int, Result | Crashed] = {}
        told = 0
        while told < len(items):
            while waiting and len(busy) < self._jobs:
                at, item = waiting.popleft()
                future, pool = self._submit(function, item)
                busy[future] = (at, pool)
            ended, _ = wait(busy, timeout=TICK_S, return_when=FIRST_COMPLETED)
            for future in ended:
                at, pool = busy.pop(future)
                try:
                    done[at] = future.result()
                    self._free.append(pool)
                except BrokenProcessPool:
                    done[at] = Crashed()
                    self._pools.discard(pool)
                    pool.shutdown(wait=False)
                tick(at)
            tick(-1)
            while told in done:
                yield done.pop(told)
                told += 1

    def _submit(self, function: Callable[[Item], Result], item: Item) -> tuple[Future[Result], ProcessPoolExecutor]:
        while True:
            pool = self._free.pop() if self._free else self._new()
            try:
                return pool.submit(function, item), pool
            except BrokenProcessPool:  # it died while it had nothing to do
                self._pools.discard(pool)

    def _new(self) -> ProcessPoolExecutor:
        # spawned, not forked: the parent's threads and locks stay where they are, and every system behaves the same
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
        self._pools.add(pool)
        return pool


def _begin() -> None:
    """A worker leaves Ctrl-C to its parent, ends with it, and takes one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _leave(*_: object) -> None:
    sys.exit(1)  # and not the default, which would leave locks of the libraries behind


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
