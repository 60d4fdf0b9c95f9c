"""What a worker's process takes of the memory of its GPUs, as torch tells it."""

from __future__ import annotations

import sys
from typing import Any


def gpu_memory() -> list[dict[str, Any]]:
    """Return one dict a GPU that this process computes on; none where torch is not on a GPU.

    ``name`` of the GPU; in bytes its ``total`` and ``free`` memory, all processes counted, and what
    this process's allocator holds (``held``) and held at most (``peak``).
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return []
    try:
        found = []
        for gpu in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(gpu)
            found.append(
                {
                    "name": str(torch.cuda.get_device_name(gpu)),
                    "total": int(total),
                    "free": int(free),
                    "held": int(torch.cuda.memory_reserved(gpu)),
                    "peak": int(torch.cuda.max_memory_reserved(gpu)),
                }
            )
        return [one for one in found if one["peak"]]
    except RuntimeError:  # the GPU is lost, which the model will meet
        return []
