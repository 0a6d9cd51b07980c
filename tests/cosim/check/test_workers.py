"""Processes side by side: results in order, a crash costs one item, stopping leaves nobody behind."""

import multiprocessing
import os
import time

import pytest

from cosim.check.workers import Crashed, Workers
from tests.cosim.check import jobs


def test_one_job_runs_in_this_process():
    with Workers(1) as workers:
        assert list(workers.results(jobs.where, [1, 2])) == [os.getpid()] * 2


def test_results_come_in_order_though_the_second_is_done_first(tmp_path):
    ended = []
    with Workers(2) as workers:
        items = [str(tmp_path / "0"), str(tmp_path / "1")]
        assert list(workers.results(jobs.later_if_first, items, ended.append)) == ["0", "1"]
        assert [at for at in ended if at >= 0] == [1, 0]
        # the processes are used again, and no others are started
        pids = set(workers.results(jobs.where, range(6)))
    assert len(pids) <= 2
    assert os.getpid() not in pids
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_costs_its_own_item_only():
    with Workers(2) as workers:
        results = list(workers.results(jobs.die_at_two, [1, 2, 3, 4]))
        assert isinstance(results[1], Crashed)
        assert [results[0], *results[2:]] == [1, 3, 4]
        assert list(workers.results(jobs.double, [5, 6])) == [10, 12]


def test_an_interrupted_run_ends_at_once_and_leaves_no_process():
    def stop_after_the_first(at):
        if at == 0:
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Workers(2) as workers:
        list(workers.results(jobs.sleep_but_for_zero, [0, 1, 2], stop_after_the_first))
    assert time.monotonic() - started < 60
    assert multiprocessing.active_children() == []
