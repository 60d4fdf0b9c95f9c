"""What a fetch would download: the files of a hub data set, compared with those on disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from sama_bench.benchmark import HubSource
from sama_bench.data.sources import source_named
from sama_bench.errors import DataError, UserError
from sama_bench.storage.append import write_atomically

State = Literal["missing", "kept", "unchecked", "outdated"]

_LEDGER = ".fetched.json"
_OF_THE_HUB = frozenset({"README.md", ".gitattributes"})


@dataclass(frozen=True)
class PlannedFile:
    """One file of a data set.

    Attributes:
        path: in the data set.
        target: on disk.
        size: in bytes.
        checksum: ``sha256:...`` or ``git:...`` as the hub states it.
        state: ``missing``; ``kept``, fetched and checked before and untouched since;
            ``outdated``, the same, but the data set has changed since; ``unchecked``, some other
            file is there.
    """

    path: str
    target: Path
    size: int
    checksum: str
    state: State


@dataclass(frozen=True)
class FetchPlan:
    """What fetching a data set means.

    Attributes:
        revision: commit of the data set.
        root: the data root.
        files: all that is wanted, sorted by path.
        left_out: number and bytes of files that the benchmark does not need.
        free: bytes free on the disk of the data root.
        endpoint: address of the hub, or None for its own.
    """

    source: HubSource
    revision: str
    root: Path
    files: tuple[PlannedFile, ...]
    left_out: tuple[int, int]
    free: int
    endpoint: str | None

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self.root / self.source.folder

    @property
    def to_download(self) -> int:
        """Bytes of the files that are not there yet."""
        return sum(file.size for file in self.files if file.state in ("missing", "outdated"))

    @property
    def total(self) -> int:
        """Bytes of all wanted files."""
        return sum(file.size for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {
            "source": self.source.name,
            "repository": self.source.repo,
            "revision": self.revision,
            "folder": str(self.folder),
            "bytes": self.total,
            "bytes_to_download": self.to_download,
            "bytes_free": self.free,
            "left_out": {"files": self.left_out[0], "bytes": self.left_out[1]},
            "files": [
                {"path": f.path, "bytes": f.size, "checksum": f.checksum, "state": f.state}
                for f in self.files
            ],
        }


def plan_fetch(
    name: str, root: Path, *, revision: str | None = None, everything: bool = False
) -> FetchPlan:
    """Ask the hub for a data set's files and compare them with those on disk; download nothing.

    The address of the hub is ``HF_ENDPOINT`` if that is set.

    Args:
        name: of a hub source.
        root: the data root, which need not exist.
        revision: branch, tag or commit; the newest by default.
        everything: plan also files that the benchmark does not need.

    Raises:
        UserError: no such source, huggingface_hub is not installed, or the hub refuses.
        DataError: the data set names files that would lie outside its folder.
    """
    source = source_named(name)
    if not isinstance(source, HubSource):
        raise UserError(
            f"{source.name} cannot be downloaded by a program: 'sama-bench data fetch "
            f"{source.name}' says what to do"
        )
    endpoint = os.environ.get("HF_ENDPOINT") or None
    info = _ask_hub(source, revision, endpoint)
    listed = list(_listed(source, info))
    names = {PurePosixPath(path).name for path, _, _ in listed}
    chosen = [item for item in listed if everything or _needed(source, item[0])]
    if not chosen:
        raise UserError(
            f"{source.repo} holds none of the files that {source.name} is known to need "
            f"(it holds {', '.join(sorted(names)[:5])} ...): look at its page, and fetch all of "
            "it with --everything"
        )
    ledger = read_ledger(Path(root) / source.folder)
    files = tuple(_planned(Path(root) / source.folder, ledger, *item) for item in sorted(chosen))
    rest = sum(size for _, size, _ in listed) - sum(size for _, size, _ in chosen)
    return FetchPlan(
        source, str(info.sha), Path(root), files, (len(listed) - len(chosen), rest),
        _free_bytes(Path(root)), endpoint,
    )  # fmt: skip


def read_ledger(folder: Path) -> dict[str, Any]:
    """Return what was fetched and checked in a folder: path -> size, mtime_ns, checksum."""
    try:
        content = json.loads((folder / _LEDGER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def write_ledger(folder: Path, ledger: Mapping[str, Any]) -> None:
    """Keep what was fetched and checked in a folder."""
    content = (json.dumps(ledger, indent=1) + "\n").encode()
    write_atomically(folder / _LEDGER, content, "choose another folder with --data")


def ledger_entry(target: Path, checksum: str) -> dict[str, Any]:
    """Return what the ledger says about a file that was just checked."""
    stat = target.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "checksum": checksum}


def _ask_hub(source: HubSource, revision: str | None, endpoint: str | None) -> Any:
    try:
        from huggingface_hub import HfApi
        from huggingface_hub import utils as hub
    except ImportError:
        raise UserError("fetching needs huggingface_hub: pip install 'sama-bench[hub]'") from None
    page = f"{endpoint or 'https://huggingface.co'}/datasets/{source.repo}"
    try:
        return HfApi(endpoint=endpoint).dataset_info(
            source.repo, revision=revision, files_metadata=True
        )
    except hub.GatedRepoError:
        raise UserError(
            f"{page} is gated: accept its terms there and log in with 'hf auth login', or set "
            "HF_TOKEN"
        ) from None
    except hub.RevisionNotFoundError:
        raise UserError(f"{page} has no revision '{revision}'") from None
    except hub.RepositoryNotFoundError:
        raise UserError(
            f"{page} does not exist or is private; if you may see it, log in with 'hf auth login'"
        ) from None
    except (OSError, *hub.HfHubHTTPError.__bases__) as error:  # the bases cover lost connections
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{page} cannot be reached: {reason}") from None


def _listed(source: HubSource, info: Any) -> Iterator[tuple[str, int, str]]:
    """Yield path, size and checksum of every file of a data set."""
    for item in info.siblings or ():
        path = PurePosixPath(item.rfilename)
        unsafe = any(mark in item.rfilename for mark in ("\\", "\0", ":"))
        if path.is_absolute() or ".." in path.parts or not path.parts or unsafe:
            raise DataError(f"{source.repo} lists '{item.rfilename[:80]}', which leads elsewhere")
        if item.lfs is not None:
            yield item.rfilename, int(item.lfs.size), f"sha256:{item.lfs.sha256}"
        elif item.size is not None and item.blob_id:
            yield item.rfilename, int(item.size), f"git:{item.blob_id}"
        else:
            raise DataError(f"{source.repo} states no size and checksum of '{item.rfilename}'")


def _needed(source: HubSource, path: str) -> bool:
    """Whether a benchmark needs a file; pages and settings of the hub it never does."""
    name = PurePosixPath(path).name
    return name in source.wanted if source.wanted else path not in _OF_THE_HUB


def _planned(
    folder: Path, ledger: Mapping[str, Any], path: str, size: int, checksum: str
) -> PlannedFile:
    target = folder.joinpath(*PurePosixPath(path).parts)
    state: State = "missing"
    if target.is_file():
        known = ledger.get(path)
        untouched = isinstance(known, dict) and known == ledger_entry(
            target, str(known.get("checksum"))
        )
        if untouched and known is not None:
            state = "kept" if known["checksum"] == checksum else "outdated"
        else:
            state = "unchecked"
    return PlannedFile(path, target, size, checksum, state)


def _free_bytes(root: Path) -> int:
    place = root.resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
