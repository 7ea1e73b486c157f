"""One contract over all executors: same results, same order, losses made good, failures told with their part."""

import os
import time

import pytest

import works
from clusters import STORE, needs_ray, two_nodes
from tastemaker.compute.choose import executor
from tastemaker.compute.local import LocalExecutor
from tastemaker.compute.ray import RayExecutor
from tastemaker.core import BadSetting, PartFailed

KINDS = ["here", "one process", "two processes", pytest.param("ray", marks=needs_ray)]
APART = KINDS[1:]
LOCAL = {"here": 0, "one process": 1, "two processes": 2}


@pytest.fixture(scope="module")
def cluster():
    with two_nodes() as made:
        yield made


@pytest.fixture
def made(request):
    if request.param == "ray":
        request.getfixturevalue("cluster")
        return RayExecutor()
    return LocalExecutor(LOCAL[request.param])


everywhere = pytest.mark.parametrize("made", KINDS, indirect=True)
apart = pytest.mark.parametrize("made", APART, indirect=True)


@everywhere
def test_results_come_in_the_order_of_the_parts(made):
    assert list(made.map(works.double, range(30))) == list(range(0, 60, 2))
    assert list(made.map(works.late_first, range(5))) == list(range(5))
    assert list(made.map(works.double, [])) == []


@everywhere
def test_what_is_finished_is_told_at_once(made):
    told = {}
    assert list(made.map(works.double, range(7), lambda number, found: told.update({number: found}))) == [
        *range(0, 14, 2)
    ]
    assert told == {number: 2 * number for number in range(7)}


@everywhere
def test_a_failing_part_is_named_with_its_error(made):
    with pytest.raises(PartFailed, match=r"Part 3 failed 3 times; the last time: ValueError: three is not liked"):
        list(made.map(works.refuse_three, range(6)))
    assert list(made.map(works.double, [1])) == [2], "it can be used again"


@everywhere
def test_parts_are_taken_a_little_ahead_only(made):
    taken = []
    parts = (taken.append(n) or n for n in range(1000))
    results = made.map(works.double, parts)
    assert next(results) == 0
    results.close()
    assert len(taken) < 20


@apart
def test_a_worker_holds_one_work_as_long_as_it_lives(made):
    found = list(made.map(works.Loading(), range(12)))
    pids = {pid for pid, _ in found}
    assert os.getpid() not in pids
    assert {loads for _, loads in found} == {1}


@apart
def test_a_part_whose_worker_dies_is_done_by_another(made, tmp_path):
    assert list(made.map(works.Deadly(tmp_path, times=2), range(6))) == list(range(6))
    assert len(list(tmp_path.iterdir())) == 2


@apart
def test_a_part_that_kills_three_workers_is_given_up(made, tmp_path):
    with pytest.raises(PartFailed, match="Part 2 failed 3 times; the last time: its worker was lost"):
        list(made.map(works.Deadly(tmp_path, times=9), range(6)))


@apart
def test_no_process_is_left(made, tmp_path):
    assert list(made.map(works.Marked(works.double, tmp_path), range(4))) == [0, 2, 4, 6]
    pids = [int(path.name) for path in tmp_path.iterdir()]
    deadline = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


@pytest.mark.parametrize("made", ["here", "two processes"], indirect=True)
def test_what_done_raises_ends_the_work(made):
    def full(number, found):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        list(made.map(works.double, range(5), full))


@needs_ray
def test_more_actors_than_cores_are_wanted(cluster):
    assert list(RayExecutor(workers=4).map(works.double, range(20))) == list(range(0, 40, 2))


@needs_ray
def test_a_lost_node_is_made_good(cluster):
    third = cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def lose(number, found):
        if number == 3:
            cluster.remove_node(third, allow_graceful=False)

    cluster.wait_for_nodes()
    made = RayExecutor(workers=3).map(works.Slow(0.2), range(24), lose)
    assert list(made) == list(range(24))


def test_executors_by_name():
    assert executor("local", 3) == LocalExecutor(3)
    assert executor("local").workers >= 1
    assert executor("ray") == RayExecutor()
    assert executor("ray://head:10001", 5) == RayExecutor("ray://head:10001", 5)


@pytest.mark.parametrize("name", ["rey", "ray:", "ray://", "ray://head", "ray://head:x", "http://head:1", ""])
def test_another_name_is_refused(name):
    with pytest.raises(BadSetting, match=r"no executor called .* Known: local, ray, ray://HOST:PORT"):
        executor(name)


@pytest.mark.parametrize("workers", [-1, 5000])
def test_a_number_of_workers_out_of_range_is_refused(workers):
    with pytest.raises(BadSetting, match=f"{workers} workers"):
        executor("local", workers)
