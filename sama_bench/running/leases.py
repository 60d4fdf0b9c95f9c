"""Which job works on which video, when several share one run folder.

A claim is a file that can be created once, which shared file systems guarantee. It is a hard link
to a file that holds its owner's name, so that it is never seen without; where there are no links
it is created empty (``O_EXCL``), and its owner may die before it has written its name.
Whether its owner still lives is judged without comparing clocks: each job rewrites a counter, and
a job whose counter has not moved for ``LEASE`` seconds of the *observer's* clock is dead. On the
owner's own machine its process is looked up instead, so that nothing has to be waited for.
A dead owner's claim is taken over by creating the next generation of the claim, again once only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from sama_bench.errors import UserError
from sama_bench.storage.append import write_atomically
from sama_bench.storage.untrusted_files import read_regular

FOLDER = "claims"
NAME = ".name"
"""Ends the name of the file that a job's claims are links to."""

BEAT = 10.0
LEASE = 90.0

LARGEST = 1 << 16
"""Bytes of a claim or of what a job says of itself; no job writes as many."""


def new_job(name: str) -> str:
    """Return a name for a job that no other has."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


class Leases:
    """The claims of one job on one run folder."""

    def __init__(self, run: Path, job: str, lease: float = LEASE) -> None:
        self._folder = run / FOLDER
        self._job = job
        self._lease = lease
        self._mine: dict[str, Path] = {}
        self._count = 0
        self._over = threading.Event()
        self._beating: threading.Thread | None = None
        self._watched: dict[str, tuple[object, float]] = {}

    def begin(self) -> None:
        """Announce this job; a thread shows from then on that it lives, whatever else it does.

        Raises:
            UserError: the run folder cannot be written.
        """
        try:
            self.beat()
            write_atomically(self._name_file(self._job), self._job.encode())
        except BaseException:
            self.release()
            raise
        self._beating = threading.Thread(target=self._go_on_beating, name="beat", daemon=True)
        self._beating.start()

    def beat(self) -> None:
        """Show that this job lives.

        Raises:
            UserError: the run folder cannot be written.
        """
        self._count += 1
        facts = {**_me(), "beat": self._count}
        write_atomically(self._beat_file(self._job), json.dumps(facts).encode())

    def holds(self, video: str) -> bool:
        """Tell whether this job has claimed a video."""
        return video in self._mine

    def take(self, video: str) -> bool:
        """Claim a video; False when a living job has it."""
        if video in self._mine:
            return True
        generation = 0
        while True:
            path = self._path(video, generation)
            if self._create(path) or self._owner(path) == self._job:
                self._mine[video] = path
                return True
            if self._alive(path):
                return False
            generation += 1

    def can_take(self, video: str) -> bool:
        """Tell whether this job has a video or nobody alive has, without claiming it.

        What a job holds itself it may ask again, where the line of an answer was lost.
        """
        if video in self._mine:
            return True
        generation = 0
        while (path := self._path(video, generation)).exists():
            if self._alive(path):
                return False
            generation += 1
        return True

    def others(self) -> list[str]:
        """Return the other jobs on this run that seem to live.

        Of another machine's job, boot or container a look is enough: its counter was written
        within the length of a lease, by the clock of the file system.
        """
        jobs = [path.stem for path in self._folder.glob("*.job")]
        return [job for job in sorted(jobs) if job != self._job and self._beats(job)]

    def _beats(self, job: str) -> bool:
        if not self._job_alive(job):
            return False
        if self._facts(job).get("machine") == _me()["machine"]:
            return True
        try:
            return self._clock() - self._beat_file(job).stat().st_mtime <= self._lease
        except OSError:
            return False

    def _clock(self) -> float:
        """Return the time of the file system that holds the claims; ours where it is read only."""
        probe = self._folder / f".{uuid.uuid4().hex}"
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
        except OSError:
            return time.time()
        return now

    def release(self) -> None:
        """Give up all claims; the last job to leave removes what dead ones left."""
        self._over.set()
        if self._beating is not None:
            self._beating.join()  # else it might announce this job once more
        for path in self._mine.values():
            with contextlib.suppress(OSError):
                path.unlink()
        self._mine = {}
        for path in (self._beat_file(self._job), self._name_file(self._job)):
            with contextlib.suppress(OSError):
                path.unlink()
        if not self.others():
            for path in list(self._folder.glob("*")):
                with contextlib.suppress(OSError):
                    if path.suffix == ".job" or not self._alive(path):
                        path.unlink()
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def _go_on_beating(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(UserError):  # a full disk ends the run elsewhere
                self.beat()

    def _create(self, claim: Path) -> bool:
        """Create a claim in this job's name; False when it exists."""
        try:
            self._link(claim)
        except FileExistsError:
            return False
        except OSError as error:
            raise UserError(f"{claim} cannot be written: {error.strerror}") from None
        return True

    def _link(self, claim: Path) -> None:
        try:
            os.link(self._name_file(self._job), claim)
        except FileExistsError:
            raise
        except OSError:  # a file system without links, or with few
            with claim.open("x") as stream:
                stream.write(self._job)

    def _owner(self, claim: Path) -> str | None:
        """Return the job in whose name a claim stands: empty when unknown, None without claim."""
        try:
            return read_regular(claim, LARGEST).decode(errors="replace")
        except FileNotFoundError:
            return None

    def _alive(self, claim: Path) -> bool:
        job = self._owner(claim)
        if job == "":  # created a moment ago by another job, or its owner died in that moment
            return bool(self.others()) and not self._unmoved(str(claim), "")
        return job is not None and self._job_alive(job)

    def _job_alive(self, job: str) -> bool:
        if not self._beat_file(job).exists():
            return False
        facts = self._facts(job)
        pid = facts.get("pid")
        if facts.get("machine") == _me()["machine"] and isinstance(pid, int):
            return process_started(pid) == facts.get("started")
        return not self._unmoved(job, facts.get("beat"))

    def _facts(self, job: str) -> dict[str, Any]:
        """Return what a job says of itself; nothing where its file is gone, empty or wrong."""
        try:
            facts = json.loads(read_regular(self._beat_file(job), LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def _unmoved(self, what: str, value: object) -> bool:
        """Tell whether a value has stayed the same for the length of a lease, on our clock."""
        now = time.monotonic()
        before, since = self._watched.get(what, (None, now))
        if what not in self._watched or before != value:
            self._watched[what] = (value, now)
            return False
        return now - since > self._lease

    def _path(self, video: str, generation: int) -> Path:
        return self._folder / f"{hashlib.sha256(video.encode()).hexdigest()[:20]}.{generation}"

    def _name_file(self, job: str) -> Path:
        return self._folder / f"{job}{NAME}"

    def _beat_file(self, job: str) -> Path:
        return self._folder / f"{job}.job"


def _me() -> dict[str, Any]:
    """Describe this process so that others on the same machine can look it up."""
    pid = os.getpid()
    return {"machine": _machine(), "pid": pid, "started": process_started(pid)}


def _machine() -> str:
    """Name this boot of this machine and the namespace in which its process ids hold."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)


def process_started(pid: int) -> str | None:
    """Return when a process was started, in the system's own unit; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            return "unknown"
        return "unknown"
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
