import pytest

from sama_bench.report import write_report
from tests.report.made import make_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    good, _ = make_run(folder, "oracle", spoil=False)
    weak, ids = make_run(folder, "static")
    return good, weak, ids


@pytest.fixture(scope="session")
def two(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "two"
    return write_report(runs[:2], out, frame_side=160, max_frames=12)
