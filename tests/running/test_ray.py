"""Workers in a Ray cluster of this machine; they and their actors are killed at random."""

import dataclasses
import os
import random
import sys
import threading

import pytest

from sama_bench.errors import UserError
from sama_bench.launch.devices import Device
from sama_bench.running.ray_workers import RayLauncher, connect, ray_devices
from tests.processes import kill
from tests.running.fakes import QUICK, answers, ask
from tests.running.job import dataset, work
from tests.shared import needs

pytestmark = needs("ray")
KILLS = max(2, int(os.environ.get("SAMA_BENCH_KILLS", "12")) // 10)


@pytest.fixture(scope="module")
def cluster():
    import ray

    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="error")
    connect()
    yield ray
    ray.shutdown()


class Noting(RayLauncher):
    """Remembers the workers that it started."""

    def __call__(self, *args):
        link = super().__call__(*args)
        STARTED.append(link)
        return link


STARTED = []


def fire(ray, chance, over, kills):
    """Kill workers and whole actors until the run is over or enough were killed."""
    while not over.wait(chance.uniform(0.2, 1.0)) and len(kills) < KILLS:
        for link in STARTED[-1:]:
            try:
                pid = ray.get(link._actor.pid.remote(), timeout=120)
                if len(kills) % 2:
                    ray.kill(link._actor)
                else:
                    kill(pid)
                kills.append(pid)
            except ray.exceptions.RayError:
                continue


def test_ray_runs_under_fire_equal_a_local_one(tmp_path, cluster):
    chance, kills = random.Random(1), []
    undisturbed = answers(work(tmp_path / "local", 2))
    limits = dataclasses.replace(QUICK, starts=100, kills=100, longest_back_off=0.2)
    for number in range(2 * KILLS):
        if len(kills) >= KILLS:
            break
        over = threading.Event()
        thread = threading.Thread(target=fire, args=(cluster, chance, over, kills))
        thread.start()
        result = ask(
            tmp_path / str(number),
            datasets=[dataset()],
            devices=[Device()] * 2,
            launch=Noting(sys.executable),
            options={"sleep": "0.05"},
            limits=limits,
        )
        over.set()
        thread.join()
        assert result.complete
        found = answers(result)
        assert found == undisturbed
    assert len(kills) >= KILLS


def test_ray_devices_are_numbers_of_workers(cluster):
    assert ray_devices("cpu:4", 1) == ([Device()] * 4, 0)
    assert ray_devices("gpu:2", 4) == ([Device()] * 2, 4)
    assert ray_devices(None, 1) == ([Device()], 0)
    with pytest.raises(UserError, match="with --executor ray write"):
        ray_devices("0,1", 1)
