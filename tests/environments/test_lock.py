"""``env lock`` completes an environment file, and keeps torch and its CUDA packages out of it."""

from __future__ import annotations

import sys

import pytest

from sama_bench.environments import lock as locking
from sama_bench.environments import uv as finding
from sama_bench.environments.definition import read_environment
from sama_bench.environments.lock import lock
from sama_bench.errors import UserError

RESOLVED = """numpy==1.26.4
nvidia-cublas-cu12==12.4.5.8 ; platform_machine == 'x86_64' and sys_platform == 'linux'
cuda-bindings==13.0 ; sys_platform == 'linux'
tomli==2.5.0 ; python_full_version < '3.11'
timm==1.0.9
torch==2.6.0
torchvision==0.21.0
triton==3.2.0 ; sys_platform == 'linux'
"""
FILE = """# my model
summary = "mine [one]"
python = ">=3.10,<3.13"
requirements = [
  "timm==1.0.9",  # ] as published
  "numpy<2",
]

[torch]
accepts = ">=2.3"
install = ["torch==2.6.0"]
"""


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """Put a stand-in in the place of uv: it notes how it is called and prints a resolution."""
    program = tmp_path / "uv"
    called = tmp_path / "called"

    def make(out: str = RESOLVED, err: str = "", status: int = 0):
        program.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\n"
            f"names = sys.argv[1:]\n"
            f"given = [pathlib.Path(n).read_text() for n in names if n.endswith('.txt')]\n"
            f"pathlib.Path({str(called)!r}).write_text(repr((names, given)))\n"
            f"sys.stdout.write({out!r}); sys.stderr.write({err!r}); sys.exit({status})\n"
        )
        program.chmod(0o755)
        return lambda: eval(called.read_text())

    monkeypatch.setattr(locking, "find_uv", lambda: str(program))
    return make


def test_a_file_is_completed(tmp_path, uv):
    told = uv()
    file = tmp_path / "mine.toml"
    file.write_text(FILE)
    environment = lock(file)
    assert environment.wants == ("timm==1.0.9", "numpy<2")
    assert environment.requirements == (
        "numpy==1.26.4",
        "tomli==2.5.0 ; python_full_version < '3.11'",
        "timm==1.0.9",
    )
    assert environment == read_environment(file)
    assert environment.install == ("torch==2.6.0",)
    assert file.read_text().startswith("# my model\n")
    names, (limits, wants) = told()
    assert names[:3] == ["pip", "compile", "--universal"]
    assert names[names.index("--python-version") + 1] == "3.10"
    assert limits == "torch==2.6.0\n"
    assert wants == "timm==1.0.9\nnumpy<2\n"
    first = file.read_text()
    lock(file)
    assert file.read_text() == first  # again: the same
    assert told()[1][1] == "timm==1.0.9\nnumpy<2\n"


def test_wants_without_requirements(tmp_path, uv):
    uv()
    file = tmp_path / "mine.toml"
    file.write_text('python = ">=3.11"\nwants = ["timm"]\n')
    assert len(lock(file).requirements) == 3
    assert read_environment(file).wants == ("timm",)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"err": "error: no solution\n", "status": 1}, "do not fit together: error: no solution"),
        ({"err": 'warning: `a==1` is yanked (reason: "no")\n'}, "yanked.*want another version"),
    ],
)
def test_what_cannot_be_locked_is_one_line(tmp_path, uv, answer, said):
    uv(**answer)
    file = tmp_path / "mine.toml"
    file.write_text(FILE)
    with pytest.raises(UserError, match=said):
        lock(file)
    assert file.read_text() == FILE


def test_uv_and_wishes_are_asked_for(tmp_path, monkeypatch, uv):
    file = tmp_path / "mine.toml"
    file.write_text('python = ">=3.9"\n')
    with pytest.raises(UserError, match="name what it needs"):
        lock(file)
    file.write_text('python = ">=3.9"\nwants = ["timm"]\n')
    monkeypatch.setattr(locking, "find_uv", finding.find_uv)
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(UserError, match="pip install uv"):
        lock(file)
