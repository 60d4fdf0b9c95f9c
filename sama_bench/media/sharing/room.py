"""Where kept tensors lie: beside the model, above a limit in (pinned) memory of the host."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.media.sharing.values import CannotKeepError, bytes_of, is_tensor, torch_module

GIB = 1 << 30
CGROUP = Path("/sys/fs/cgroup/memory.max")


def machine_memory() -> int:
    """Return the bytes of memory that this machine, or its container, has."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 8 * GIB
    try:
        return min(found, int(CGROUP.read_text("ascii")))
    except (OSError, ValueError):  # no container, or one without a limit
        return found


def free_gpu_memory(device: str) -> int | None:
    """Return the free bytes of a GPU, or None on another device."""
    torch = torch_module()
    if torch is None or not device.startswith("cuda") or not torch.cuda.is_available():
        return None
    return int(torch.cuda.mem_get_info(device)[0])


@dataclass
class Held:
    """One kept leaf: a tensor, or an array, a picture or its bytes, which lie where they are.

    Attributes:
        what: it, or for a tensor that was moved its copy on the host.
        version: of a tensor that stays where it was; it counts changes in place.
        device: to which a moved tensor is brought back.
    """

    what: Any
    version: int | None = None
    device: Any = None

    def intact(self) -> bool:
        """Tell whether nobody has changed it since."""
        return self.version is None or self.what._version == self.version

    def get(self) -> Any:
        """Return it where it was computed, with the strides that it had; arrays as copies."""
        if self.device is not None:
            return _copied(self.what, self.device, pinned=False)
        return self.what.copy() if hasattr(self.what, "flags") else self.what


class Room:
    """Counts bytes, and decides for each call's tensors where they are kept.

    Args:
        device: of the model.
        near: bytes beside the model.
        total: bytes of the host's memory; on a CPU of both together.

    Attributes:
        resident: addresses of storages that stay where they are whoever keeps them as well.
    """

    def __init__(self, device: str, near: int, total: int) -> None:
        self.near, self.total = near, total
        self.resident: set[int] = set()
        self._gpu = not device.startswith("cpu")
        self.empty()

    def empty(self) -> None:
        """Count anew, from nothing."""
        self.near_used = self.host_used = self.moved = 0
        self._counted: set[int] = set()

    def hold(self, leaves: Sequence[Any]) -> list[Held]:
        """Keep the leaves of one call: inputs and result.

        Raises:
            CannotKeepError: there is no room for them, or a tensor cannot be kept as it is.
        """
        try:
            return self._hold(leaves)
        except (RuntimeError, MemoryError) as error:  # out of memory, of the GPU or to be pinned
            raise CannotKeepError(str(error)) from error

    def _hold(self, leaves: Sequence[Any]) -> list[Held]:
        tensors = {id(leaf): _own(leaf) for leaf in leaves if is_tensor(leaf)}
        near = host = 0
        storages: set[int] = set()
        known = self._counted | self.resident
        for tensor in tensors.values():
            address, size = _address(tensor), tensor.untyped_storage().nbytes()
            if address in known or address in storages:
                continue
            storages.add(address)
            if self._gpu and tensor.device.type == "cpu":
                host += size
            else:
                near += size
        host += bytes_of(leaves)
        away = near > 0 and self.near_used + near > self.near
        if self.host_used + host + (near if away or not self._gpu else 0) > self.total:
            raise CannotKeepError("no room")
        going = {key for key, tensor in tensors.items() if away and _address(tensor) not in known}
        if not all(_dense(tensors[key]) for key in going):
            raise CannotKeepError("a tensor that cannot be moved as it is")
        held = {key: self._placed(tensor, key in going) for key, tensor in tensors.items()}
        self.host_used += host + (near if away or not self._gpu else 0)
        self.near_used += 0 if away else near
        self.moved += near if away else 0
        self._counted |= set() if away else storages
        return [held[id(leaf)] if is_tensor(leaf) else Held(leaf) for leaf in leaves]

    def _placed(self, tensor: Any, away: bool) -> Held:
        if away and not (self._gpu and tensor.device.type == "cpu"):
            pinned = tensor.device.type == "cuda"
            return Held(_copied(tensor, "cpu", pinned), None, tensor.device)
        return Held(tensor, tensor._version)


def _address(tensor: Any) -> int:
    return int(tensor.untyped_storage().data_ptr())


def _own(tensor: Any) -> Any:
    """Return a tensor of the same bits and strides whose changes in place are counted.

    A copy where changes are not counted (inference mode), or where it would keep alive a storage
    of more than twice its size.
    """
    torch = torch_module()
    with torch.inference_mode(False), torch.no_grad():
        part = 2 * tensor.numel() * tensor.element_size() < tensor.untyped_storage().nbytes()
        if not (tensor.is_inference() or (part and _dense(tensor))):
            return tensor.detach()
        if not _dense(tensor):
            raise CannotKeepError("a tensor that cannot be copied as it is")
        return _copied(tensor, tensor.device, pinned=False)


def _copied(tensor: Any, device: Any, pinned: bool) -> Any:
    torch = torch_module()
    with torch.inference_mode(False), torch.no_grad():
        made = torch.empty_strided(
            tuple(tensor.shape),
            tensor.stride(),
            dtype=tensor.dtype,
            device=device,
            pin_memory=pinned,
        )
        return made.copy_(tensor)


def _dense(tensor: Any) -> bool:
    """Tell whether a tensor fills its part of the memory without gaps and overlaps."""
    expected = 1
    steps = zip(tensor.stride(), tensor.shape, strict=True)
    for stride, size in sorted((stride, size) for stride, size in steps if size != 1):
        if stride != expected:
            return False
        expected *= size
    return True
