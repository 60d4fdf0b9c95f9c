"""An adapter that runs a real, tiny language model and says which packages it ran in."""

from __future__ import annotations

from sama_bench.adapter import Adapter, Setup
from sama_bench.nouns import Answer, Sample


class Versions(Adapter):
    """Describes with random weights; what counts is where it ran."""

    def load(self, setup: Setup) -> None:
        import torch
        from transformers import GPT2Config, GPT2LMHeadModel

        print("this line of a chatty model must not reach the protocol", flush=True)
        torch.manual_seed(0)
        torch.set_num_threads(1)
        self.model = GPT2LMHeadModel(
            GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=16, n_positions=16)
        ).eval()

    def predict(self, sample: Sample) -> Answer:
        import numpy
        import torch
        import transformers

        with torch.inference_mode():
            token = int(self.model(torch.tensor([[1, 2, 3]])).logits[0, -1].argmax())
        return Answer(f"{transformers.__version__} {numpy.__version__} {torch.__version__} {token}")
