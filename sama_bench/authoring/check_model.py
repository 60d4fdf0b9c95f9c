"""Checking a model where ``run`` would ask it: in its own environment, or in the current one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.authoring.contract_check import Fault, check_adapter
from sama_bench.environments.manage import python_for
from sama_bench.launch.devices import Device
from sama_bench.launch.local_process import OUTSIDE, worker_environment
from sama_bench.registry import model
from sama_bench.worker.adapter_import import new_adapter

START = f"{OUTSIDE}from {__package__}.check_in_child import main; sys.exit(main())"
"""Starts the suite in the model's Python."""


def check_model(
    name: str | ModelSpec,
    setup: Setup | None = None,
    env_python: Path | None = None,
    no_env: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Fault]:
    """Try a model's adapter on generated clips, and yield what came of each check.

    Args:
        name: a registered name, ``path/to/file.py:Class``, or a model.
        setup: what it is loaded with; by default its own weights on the CPU.
        env_python: an interpreter to take instead of the model's environment.
        no_env: take the current environment.
        say: receives lines of progress while an environment is made.

    Raises:
        UserError: no such model, or its environment cannot be made.
    """
    spec = model(name) if isinstance(name, str) else name
    chosen = setup or Setup(spec.name, spec.checkpoint, options=spec.options)
    python = python_for(spec, env_python, no_env, say)
    if python is None:
        with tempfile.TemporaryDirectory() as folder:
            yield from check_adapter(new_adapter(spec.adapter), chosen, Path(folder))
    else:
        yield from _elsewhere(python, spec, chosen)


def _elsewhere(python: Path, spec: ModelSpec, setup: Setup) -> Iterator[Fault]:
    read, write = os.pipe()
    environ = worker_environment(str(python), Device())
    environ.pop("CUDA_VISIBLE_DEVICES")  # the user's, as in the current environment
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        environ["CUDA_VISIBLE_DEVICES"] = os.environ["CUDA_VISIBLE_DEVICES"]
    asked = {"adapter": spec.adapter, "setup": {**vars(setup), "options": dict(setup.options)}}
    with os.fdopen(read, encoding="utf-8") as heard:
        try:
            process = subprocess.Popen(
                [str(python), "-c", START, str(write)],
                stdin=subprocess.PIPE,
                stdout=sys.stderr.fileno() if _has_file(sys.stderr) else None,
                pass_fds=(write,),
                env=environ,
                text=True,
            )
        finally:
            os.close(write)
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(asked))
            process.stdin.close()
            for line in heard:
                yield Fault(**json.loads(line))
            status = process.wait()
        finally:
            process.kill()
            process.wait()
    if status != 0:
        yield Fault("process", f"it ended with exit status {status}; what it printed stands above")


def _has_file(stream: object) -> bool:
    try:
        stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return False
    return True
