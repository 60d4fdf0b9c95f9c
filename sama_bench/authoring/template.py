"""The file that ``sama-bench adapter new`` writes, and its test: both work as they are."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from sama_bench.errors import UserError

ADAPTER = '''"""How to ask {name}. Every place to change is marked `Change`."""

import numpy as np

from sama_bench.adapter import Adapter, Setup
from sama_bench.nouns import TASKS, Answer, Masklet, Sample, Segment


class {cls}(Adapter):
    """{name}."""

    # Change: take out what the model cannot be asked; sample.task says which of them is.
    tasks = frozenset(TASKS)

    def load(self, setup: Setup) -> None:
        """Load the weights: setup.checkpoint, setup.device, setup.options."""
        # Change: self.model = MyModel.from_pretrained(setup.checkpoint).to(setup.device)
        self.threshold = int(setup.options.get("threshold", "128"))

    def predict(self, sample: Sample) -> Answer:
        """Answer one question about a video."""
        frames = [sample.video.frame(i) for i in range(len(sample.video))]  # uint8 RGB (H, W, 3)
        # sample.text is the question; sample.regions[i].mask is the COCO RLE of the i-th <mask>
        # on frame sample.regions[i].frame.
        # Change: text, masks = self.model.chat(frames, sample.text); this stand-in takes what is
        # bright in red.
        masks = np.stack([frame[:, :, 0] > self.threshold for frame in frames])  # (T, H, W)
        if "masks" not in sample.wants:
            return Answer("Something red.")
        if not masks.any():
            return Answer("Nothing is there.")  # no segments: a refusal, which is scored
        segment = Segment("the red thing", Masklet.from_arrays(masks))
        return Answer("It is <p> the red thing </p> [SEG].", (segment,))

    def card(self) -> dict[str, object]:
        """Say how the model is asked; it is stored with every run."""
        return {{"frames": "all", "region_prompt": "ignored", "threshold": self.threshold}}
'''

TEST = '''"""{name} honours the contract of an adapter; no weights needed beyond its own."""

from pathlib import Path

from sama_bench.authoring.check_model import check_model

ADAPTER = Path(__file__).with_name("{module}.py")


def test_contract() -> None:
    # In the environment of {module}.toml, if that lies beside the adapter, as `run` does.
    findings = list(check_model(f"{{ADAPTER}}:{cls}"))
    assert [found for found in findings if found.problem] == []
'''


def write_adapter(name: str, folder: Path) -> tuple[Path, Path, str]:
    """Write a new adapter and its test.

    Args:
        name: of the model, e.g. ``my-model``.
        folder: where; made if needed.

    Returns:
        the adapter's file, its test, and the name of its class.

    Raises:
        UserError: the name cannot be a file's, or a file of it exists.
    """
    module = re.sub(r"\W+", "_", name.strip().lower()).strip("_")
    if not module.isidentifier() or keyword.iskeyword(module):
        raise UserError(f"'{name}' makes no Python name; use letters, digits and dashes")
    cls = "".join(part.capitalize() for part in module.split("_"))
    adapter, test = folder / f"{module}.py", folder / f"test_{module}.py"
    for path in (adapter, test):
        if path.exists():
            raise UserError(f"{path} exists already; choose another name or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    words = {"name": name, "cls": cls, "module": module}
    adapter.write_text(ADAPTER.format(**words), encoding="utf-8")
    test.write_text(TEST.format(**words), encoding="utf-8")
    return adapter, test, cls
