"""``sama-bench data fetch``: carrying out a plan, one checked file after the other."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sama_bench.data.download import DownloadError, download, matches
from sama_bench.data.fetch_plan import (
    FetchPlan,
    PlannedFile,
    ledger_entry,
    read_ledger,
    write_ledger,
)  # fmt: skip
from sama_bench.errors import UserError

FileStatus = Literal["fetched", "kept", "foreign", "failed"]


@dataclass(frozen=True)
class FetchedFile:
    """What became of one file.

    Attributes:
        status: ``fetched`` and checked now; ``kept``, the right file was there; ``foreign``, a
            different file that was not fetched lies in its place; ``failed``.
        detail: why, where there is something to say.
    """

    path: str
    status: FileStatus
    detail: str | None = None


@dataclass(frozen=True)
class FetchReport:
    """What became of a plan."""

    plan: FetchPlan
    files: Sequence[FetchedFile]

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of files by status."""
        return Counter(file.status for file in self.files)

    @property
    def complete(self) -> bool:
        """Whether every wanted file is there and right."""
        return all(file.status in ("fetched", "kept") for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return the plan and what became of it as JSON values."""
        status = [{"path": f.path, "status": f.status, "detail": f.detail} for f in self.files]
        return {**self.plan.to_json(), "result": status, "counts": dict(self.counts)}


def fetch(
    plan: FetchPlan,
    *,
    overwrite: bool = False,
    progress: Callable[[int, str], None] | None = None,
) -> FetchReport:
    """Download the files of a plan that are not there, and check every one that is new.

    A file appears under its name only when size and checksum are right. What was interrupted is
    resumed; what was fetched before and not touched since is not read again.

    Args:
        plan: from ``plan_fetch``.
        overwrite: replace files that are in the way and were not fetched.
        progress: called with bytes gained (negative: dropped) and the file's path.

    Raises:
        UserError: the disk is too small or full; what was fetched before stays.
    """
    if plan.to_download > plan.free:
        raise UserError(
            f"{plan.to_download / 1e9:.1f} GB are to be downloaded, but the disk of {plan.root} "
            f"has {plan.free / 1e9:.1f} GB free"
        )
    ledger = read_ledger(plan.folder)
    done: list[FetchedFile] = []
    for file in plan.files:
        try:
            result = _one(plan, file, overwrite, progress or (lambda count, path: None))
        except DownloadError as error:
            result = FetchedFile(file.path, "failed", str(error))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise UserError(
                    f"the disk of {plan.root} is full; make room, and the same command goes on"
                ) from None
            result = FetchedFile(file.path, "failed", f"cannot be written: {error}")
        if result.status in ("fetched", "kept") and file.state != "kept":
            ledger[file.path] = ledger_entry(file.target, file.checksum)
            write_ledger(plan.folder, ledger)
        done.append(result)
    return FetchReport(plan, tuple(done))


def _one(
    plan: FetchPlan, file: PlannedFile, overwrite: bool, progress: Callable[[int, str], None]
) -> FetchedFile:
    if file.state == "kept":
        return FetchedFile(file.path, "kept")
    if file.state == "unchecked":
        if file.target.stat().st_size == file.size and matches(file.target, file.checksum):
            return FetchedFile(file.path, "kept", "was there already")
        if not overwrite:
            detail = f"{file.target} is a different file; --overwrite replaces it"
            return FetchedFile(file.path, "foreign", detail)
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(
        plan.source.repo, file.path, repo_type="dataset", revision=plan.revision,
        endpoint=plan.endpoint,
    )  # fmt: skip
    download(
        url,
        build_hf_headers(library_name="sama-bench"),
        file.target,
        file.size,
        file.checksum,
        progress=lambda count: progress(count, file.path),
    )
    return FetchedFile(file.path, "fetched")
