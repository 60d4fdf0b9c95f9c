"""Whether a model's weights can be had: whole in a folder, in the hub's cache, or from the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sama_bench.adapter import HubFiles
from sama_bench.errors import UserError
from sama_bench.launch.readiness import Check, Start, asks_no_hub, gigabytes
from sama_bench.storage import hub
from sama_bench.storage.cache_folder import cache_dir
from sama_bench.storage.weight_files import check_weights


@dataclass
class Weights:
    """What became known of a model's weights.

    Attributes:
        checks: one for each repository or folder.
        to_fetch: files that the hub has and this machine has not.
        code: the Python code that comes with the weights, or None where it is not at hand yet.
    """

    checks: list[Check] = field(default_factory=list)
    to_fetch: list[tuple[hub.Repository, tuple[hub.HubFile, ...]]] = field(default_factory=list)
    code: str | None = None

    @property
    def bytes(self) -> int:
        """Bytes to fetch."""
        return sum(file.size for _, files in self.to_fetch for file in files)


def look_for_weights(start: Start) -> Weights:
    """Find out where the weights are, and what has to be fetched; nothing is."""
    needs, setup = start.spec.needs, start.setup
    found = Weights()
    for option in needs.weights:
        own = option == "checkpoint"
        if own and needs.endpoint is not None and needs.endpoint in setup.options:
            continue
        given = "--checkpoint" if own else f"--option {option}"
        named = setup.checkpoint if own else setup.options.get(option)
        if named is None:
            words = f"{start.spec.name} has no weights of its own"
            found.checks.append(
                Check("weights", "missing", words, f"give {given} with a folder or a hub id")
            )
            continue
        try:
            folder = _local(named, given)
            if folder is None:
                folder = _from_hub(start, named, setup.revision if own else None, found)
            else:
                if own and needs.fits is not None:
                    needs.fits(setup, folder)
                check_weights(folder)
                found.checks.append(Check("weights", "ok", str(folder)))
        except UserError as error:
            found.checks.append(Check("weights", "missing", str(error)))
            folder = None
        if own and folder is not None:
            found.code = "\n".join(
                file.read_text("utf-8", "replace") for file in sorted(folder.rglob("*.py"))
            )
    _look_for_files(start, found)
    return found


def _local(named: str, given: str) -> Path | None:
    """Return the user's folder, or None for a hub id.

    Raises:
        UserError: it is neither.
    """
    folder = Path(named).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UserError(f"{given} {folder} has no config.json; give the folder that holds it")
        return folder
    if folder.is_absolute() or named.startswith((".", "~")) or named.count("/") != 1:
        raise UserError(f"{given} {named}: no such folder, and not a hub id like a/b")
    return None


def _from_hub(start: Start, id: str, revision: str | None, found: Weights) -> Path | None:
    """Note what the hub and its cache have of a model; return its folder where it is whole.

    Raises:
        UserError: it cannot be had.
    """
    snapshot = hub.cached_snapshot(id, revision)
    whole = snapshot is not None and _is_whole(snapshot)
    if forbidden := asks_no_hub(start.setup):
        if whole:
            found.checks.append(Check("weights", "ok", f"{id}, in the hub's cache"))
            return snapshot
        again = "drop --offline" if forbidden == "--offline" else f"unset {forbidden}"
        raise UserError(
            f"{id} is not in the hub's cache, and {forbidden} forbids to ask the hub; {again}, or "
            f"fetch it with `hf download {id}` where there is a network"
        )
    try:
        repository = hub.ask_hub(id, revision)
        missing = tuple(hub.missing_files(repository))
        if missing:
            hub.check_access(repository)
    except hub.HubError as error:
        if whole and error.status is None:
            found.checks.append(
                Check("weights", "note", f"{id} is taken from the hub's cache: {error}")
            )
            return snapshot
        remedy = "; check the network, or give a local folder" if error.status is None else ""
        raise UserError(f"{error}{remedy}") from None
    if "config.json" not in {file.path for file in repository.files}:
        raise UserError(f"{hub.page(id)} holds no config.json: it is not a model's repository")
    if not missing:
        found.checks.append(Check("weights", "ok", f"{id}, in the hub's cache"))
        return hub.cache_of(id) / "snapshots" / repository.commit
    found.to_fetch.append((repository, missing))
    size = sum(file.size for file in missing)
    total = sum(file.size for file in repository.files)
    words = f"{id}: {gigabytes(size)} of {gigabytes(total)} are fetched when the run starts"
    found.checks.append(Check("weights", "ok", words))
    return None


def _is_whole(snapshot: Path) -> bool:
    try:
        check_weights(snapshot)
    except UserError:
        return False
    return (snapshot / "config.json").is_file()


def _look_for_files(start: Start, found: Weights) -> None:
    for wanted in start.spec.needs.files:
        if found.code is not None and wanted.id not in found.code:
            continue
        ids = (wanted.id, *wanted.aliases)
        if _in_folder(start, wanted) or any(_has(id, wanted.names) for id in ids):
            found.checks.append(Check(wanted.id, "ok", f"{', '.join(wanted.names)} are here"))
            continue
        get = f"`hf download {wanted.id} {' '.join(wanted.names)}`"
        missing = f"{wanted.why} reads {', '.join(wanted.names)} of {wanted.id}"
        if forbidden := asks_no_hub(start.setup):
            words = f"{missing}, which are not in the hub's cache, and {forbidden} is given"
            mend = f"{get} where there is a network"
            found.checks.append(Check(wanted.id, "missing", words, mend))
            continue
        try:
            repository = hub.ask_hub(wanted.id)
        except hub.HubError as error:
            found.checks.append(Check(wanted.id, "missing", f"{missing}, and {error}", get))
            continue
        files = tuple(f for f in hub.missing_files(repository) if f.path in wanted.names)
        when = "when the model is loaded" if wanted.own_folder else "when the run starts"
        if not wanted.own_folder:
            found.to_fetch.append((repository, files))
        words = f"{', '.join(file.path for file in files)} are fetched {when}"
        found.checks.append(Check(wanted.id, "ok", words))


def _in_folder(start: Start, wanted: HubFiles) -> bool:
    """Tell whether a folder has the files: the user's, one of that name, or the toolkit's own."""
    named = start.setup.options.get(wanted.option or "")
    places = [Path(named).expanduser()] if named else [Path(wanted.id)]
    if not named and wanted.own_folder:
        places.append(cache_dir() / wanted.id)
    return any(all((place / name).is_file() for name in wanted.names) for place in places)


def _has(id: str, names: tuple[str, ...]) -> bool:
    snapshot = hub.cached_snapshot(id)
    return snapshot is not None and all((snapshot / name).is_file() for name in names)


def fetched_into(found: Weights) -> Iterator[tuple[str, Path, int | None]]:
    """Say what goes where on disk: name, folder, bytes."""
    for repository, files in found.to_fetch:
        yield repository.id, hub.cache_of(repository.id), sum(file.size for file in files)
