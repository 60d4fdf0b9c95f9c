"""A model, and a metric, that live in another package: installed, named, run and scored."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

MODEL = '''
from sama_bench.adapter import Adapter
from sama_bench.marks import grounded_answer, marked
from sama_bench.nouns import Masklet
import numpy as np


class Everything(Adapter):
    """Says that everything is the object."""

    def predict(self, sample):
        shape = (len(sample.video), sample.video.height, sample.video.width)
        return grounded_answer(marked("everything"), [Masklet.from_arrays(np.ones(shape))])
'''

METRIC = '''
"""A metric of single samples."""
from sama_bench.metric import Metric


def words(prediction, reference):
    return float(len(prediction["text"].split()))


METRICS = (Metric("words", "Words", "words of the answer", unit="count", per_sample=words),)
'''

POINTS = """[sama_bench.models]
everything = outside_model:Everything

[sama_bench.metrics]
words = outside_metric
"""


def build_wheel(folder: Path) -> Path:
    info = "outside-1.0.dist-info"
    files = {
        "outside_model.py": MODEL,
        "outside_metric.py": METRIC,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": POINTS,
    }
    record = ""
    for name, text in files.items():
        digest = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text.encode())}\n"
    wheel = folder / "outside-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    site = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(build_wheel(folder))], check=True)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def sama_bench(*arguments, env, cwd):
    return subprocess.run(
        [sys.executable, "-m", "sama_bench", *arguments],
        env=env, cwd=cwd, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_model_and_a_metric_from_another_package(installed, tmp_path):
    done = sama_bench(
        "run", "--model", "everything", "--split", "mevis", "--task", "g", "--limit", "3",
        "--data", str(mini()), "--no-captions", "--json", "out.json",
        env=installed, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "out.json").read_text())["scores"]
    found = {(row["protocol"], row["metric"]): row["value"] for row in rows}
    assert 0 < found["strict", "miou"] < 0.5
    assert found["strict", "words"] == 4.0


def mini():
    from sama_bench.splits._mini import ensure_mini

    return ensure_mini()


def test_an_unknown_model_suggests_it(installed, tmp_path):
    done = sama_bench("run", "--model", "everythin", "--split", "mini", env=installed, cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean everything" in done.stderr
    assert "Traceback" not in done.stderr
