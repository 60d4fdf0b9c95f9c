"""Workers in a Ray cluster of this machine; they and their actors are killed at random."""

import os
import random
import threading

import pytest

from sama_bench.devices import Device
from sama_bench.errors import UserError
from tests.engine.fakes import answers, ask
from tests.engine.job import dataset, work

ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")

from sama_bench.ray_workers import RayLauncher, connect, ray_devices  # noqa: E402
from tests.engine.processes import kill  # noqa: E402

KILLS = max(2, int(os.environ.get("SAMA_BENCH_KILLS", "12")) // 10)


@pytest.fixture(scope="module")
def cluster():
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="error")
    connect()
    yield
    ray.shutdown()


def test_a_ray_run_under_fire_equals_a_local_one(tmp_path, cluster):
    import sys

    from tests.engine.fakes import QUICK

    started, done = [], threading.Event()

    class Noting(RayLauncher):
        def __call__(self, *args):
            link = super().__call__(*args)
            started.append(link)
            return link

    def fire():
        chance = random.Random(1)
        for number in range(KILLS):
            if done.wait(chance.uniform(1.0, 2.0)):
                return
            link = chance.choice(started[-2:])
            try:
                if number % 2:
                    ray.kill(link._actor)
                else:
                    kill(ray.get(link._actor.pid.remote(), timeout=5))
            except ray.exceptions.RayError:
                continue

    thread = threading.Thread(target=fire)
    thread.start()
    policy = QUICK.__class__(**{**vars(QUICK), "starts": 100, "kills": 100})
    result = ask(
        tmp_path / "ray",
        datasets=[dataset()],
        devices=[Device()] * 2,
        launch=Noting(sys.executable),
        options={"sleep": "0.02"},
        policy=policy,
    )
    done.set()
    thread.join()
    assert result.complete
    assert answers(result) == answers(work(tmp_path / "local", 2))


def test_ray_devices_are_numbers_of_workers(cluster):
    assert ray_devices("cpu:4", 1) == ([Device()] * 4, 0)
    assert ray_devices("gpu:2", 4) == ([Device()] * 2, 4)
    assert ray_devices(None, 1) == ([Device()], 0)
    with pytest.raises(UserError, match="with --executor ray write"):
        ray_devices("0,1", 1)
