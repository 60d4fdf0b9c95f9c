"""The contract suite inside a model's own environment; started by ``check_model``.

Its one argument is a file descriptor: what to check comes as JSON on standard input,
each finding goes as a line of JSON to that descriptor. What the model prints is left alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from sama_bench.adapter import Setup
from sama_bench.authoring.contract_check import Fault, check_adapter
from sama_bench.errors import SamaBenchError
from sama_bench.worker.adapter_import import new_adapter


def main() -> int:
    """Check the adapter that standard input names."""
    asked = json.load(sys.stdin)
    with (
        os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as out,
        tempfile.TemporaryDirectory() as clips,
    ):

        def tell(finding: Fault) -> None:
            print(json.dumps(asdict(finding)), file=out, flush=True)

        try:
            adapter = new_adapter(asked["adapter"])
        except SamaBenchError as error:
            tell(Fault("import", str(error)))
            return 0
        for finding in check_adapter(adapter, Setup(**asked["setup"]), Path(clips)):
            tell(finding)
    return 0
