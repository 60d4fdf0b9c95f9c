"""One job: this process's part in a run, which it may share with other jobs."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Sequence

from sama_bench.errors import AdapterError, UserError
from sama_bench.runfolder.manifest import Manifest, check_same, from_request, now
from sama_bench.running.accounts import Accounts
from sama_bench.running.cluster import Rank
from sama_bench.running.fetching import FetchView
from sama_bench.running.gpu_room import MOST
from sama_bench.running.leases import Leases, new_job
from sama_bench.running.progress import Progress
from sama_bench.running.questions import QuestionBuilder
from sama_bench.running.request import Request
from sama_bench.running.run_writer import RunWriter
from sama_bench.running.schedule import Ask, Target, Unit, open_entries, units
from sama_bench.running.supervisor import Supervisor
from sama_bench.running.tasks import tasks_asked
from sama_bench.storage.append import alone
from sama_bench.storage.locks import why_not_shared
from sama_bench.worker.hello import Hello

GATHERING = "gathering of the parts"
"""Claimed like a video, so that one job does it."""


class Job:
    """This process's part in a run: it claims videos, asks them, and takes over from dead jobs."""

    def __init__(self, request: Request, targets: Sequence[Target], rank: Rank | None) -> None:
        self._request = request
        self._targets = targets
        self._rank = rank
        self.id = new_job(rank.name if rank else socket.gethostname())
        self._leases: list[Leases] = []
        try:
            self._begin()
        except BaseException:
            self._release()
            raise
        self._seen = [dict(target.folder.versions()) for target in targets]
        total = sum(len(target.dataset.entries[: request.limit]) for target in targets)
        self._total = total
        label = f"{request.setup.model} on {targets[0].dataset.split}"
        self._progress = Progress(label, total, total - len(self._open()))
        part = rank.name if rank else self._own_part()
        self.writer = RunWriter(targets, self.id, part, self._on_sample, self._check_run)
        self._elsewhere = 0
        self._accounts = Accounts(time.monotonic)
        self._remarks: set[str] = set()

    def _own_part(self) -> str | None:
        """Name a part of this job's own unless all may append to one file; say what was chosen."""
        reasons = (why_not_shared(target.folder.path) for target in self._targets)
        reason = next((found for found in reasons if found is not None), None)
        if reason is None:
            return None
        self._progress.say(f"answers go to a file of this job alone: {reason}")
        return self.id

    def work(self) -> None:
        """Ask until nothing is left that is missing or failed and not tried by another job."""
        self.writer.event("started", devices=[str(device) for device in self._request.devices])
        if self._request.fetch is not None and self._open():
            self._request.fetch(FetchView(self._progress, self.writer.event))
        while todo := self._open():
            self._elsewhere = 0
            self._supervisor().work(units(todo), self._claim, self._greet)
            if not self._elsewhere:
                break
            self._wait_for_others()
        self._progress.settle(self._recorded())
        self.writer.event("finished", counts=dict(self.writer.counts))

    def __enter__(self) -> Job:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Release what this job held; the run goes on with the next one."""
        self._progress.close()
        refused = kind is not None and issubclass(kind, AdapterError)
        try:
            self._sign_off()
        finally:
            self.writer.close()
            self._release()
            if refused:
                self._clear_away()

    def _clear_away(self) -> None:
        """Take back the folders that a refused job began: they must not pass for runs.

        What the model printed stays in ``logs``, which the error names.
        """
        for target in self._targets:
            with alone(target.folder.path):
                facts = target.folder.manifest() or Manifest()
                mine = [session.job for session in facts.sessions] == [self.id]
                target.folder.refresh()
                if mine and not len(target.folder):
                    target.folder.forget()

    def _sign_off(self) -> None:
        for target in self._targets:
            with alone(target.folder.path):
                facts = target.folder.manifest() or Manifest()
                if any(session.job == self.id for session in facts.sessions):
                    ended = facts.ended(self.id, **self._accounts.facts())
                    target.folder.write_manifest(ended)

    def _release(self) -> None:
        """Give up all claims; the last job to leave makes the main file complete."""
        begun = self._targets[: len(self._leases)]  # fewer than all when a folder was refused
        with contextlib.ExitStack() as all_of_them:  # also where one cannot be written
            for target, leases in zip(begun, self._leases, strict=True):
                all_of_them.callback(_leave, target, leases)

    def _begin(self) -> None:
        request = self._request
        for target in self._targets:
            leases = Leases(target.folder.path, self.id)
            with alone(target.folder.path):  # at once: none may begin while all is put aside
                leases.begin()
                self._leases.append(leases)
                if request.fresh:
                    if others := leases.others():
                        raise UserError(f"--fresh: {', '.join(others)} still works on this run")
                    target.folder.put_aside()
                target.folder.refresh()  # another may have begun afresh since it was looked at
                self._sign_on(target, leases)

    def _sign_on(self, target: Target, leases: Leases) -> None:
        """Write the manifest, or check that this request is the one that it describes."""
        request = self._request
        asked = self._asked(target)
        in_use = len(target.folder) > 0 or leases.others()
        before = target.folder.manifest() if in_use else None
        if before is not None:
            check_same(before, asked, target.folder.path)
        elif len(target.folder):
            raise UserError(
                f"{target.folder.path} holds answers but no manifest.json, which says what they "
                "answer; put it back, or begin again with --fresh"
            )
        root = None if request.data_root is None else str(request.data_root)
        first = Manifest.of(started=now()) if before is None else before
        devices = [str(device) for device in request.devices]
        facts = first | asked | Manifest.of(data_root=root)
        facts = facts.begun(self.id, devices, request.setup.session)
        target.folder.write_manifest(facts)
        target.folder.write_expected(entry.id for entry in target.dataset.entries)

    def _asked(self, target: Target) -> Manifest:
        """Return what this job's request adds to a manifest."""
        request = self._request
        return from_request(
            request.setup,
            request.model.adapter,
            target.dataset,
            request.benchmark_options,
            request.history,
        )

    def _check_run(self) -> None:
        """Refuse to go on where the files were exchanged for those of another run, or removed."""
        for target in self._targets:
            path = target.folder.path
            facts = target.folder.manifest()
            if facts is None:
                raise UserError(
                    f"{path} was removed or put aside while this job worked on it; what it had "
                    "answered went with it; give the same command to ask again"
                )
            check_same(facts, self._asked(target), path)

    def _recorded(self) -> int:
        """Return how many samples have a line now, by whomever."""
        found = 0
        for target in self._targets:
            target.folder.refresh()
            entries = target.dataset.entries[: self._request.limit]
            found += sum(entry.id in target.folder for entry in entries)
        return found

    def _open(self) -> list[Ask]:
        """Return what is still to be asked: not what another job tried since this one began."""
        found = []
        for number, target in enumerate(self._targets):
            target.folder.refresh()
            for entry in open_entries(target, self._request.limit, self._request.history):
                if self._untried(number, entry.id):
                    found.append(Ask(number, entry))
        return found

    def _untried(self, number: int, id: str) -> bool:
        """Tell whether nobody has answered a sample since this job began, or the line is gone."""
        now = self._targets[number].folder.versions().get(id)
        return now is None or now == self._seen[number].get(id)

    def _claim(self, unit: Unit) -> Unit | None:
        """Return those questions of a unit that are this job's and still open."""
        mine = []
        for number, leases in enumerate(self._leases):
            asks = [ask for ask in unit.asks if ask.target == number]
            if not asks:
                continue
            first_time = not leases.holds(unit.video)
            if not leases.take(unit.video):
                self._elsewhere += 1
                continue
            if first_time:
                self._targets[number].folder.refresh()
                asks = [ask for ask in asks if self._untried(number, ask.entry.id)]
            mine.extend(asks)
        return Unit(unit.video, tuple(mine)) if mine else None

    def _greet(self, hello: Hello) -> None:
        """Check what a worker loaded of its model against the request and the manifest."""
        model = self._request.setup.model
        if self._request.history != "independent" and not hello.takes_history:
            raise AdapterError(
                f"{model} cannot be given earlier rounds: --history {self._request.history} is "
                "for models that take a history; leave it out"
            )
        self._check_run()
        for remark in hello.remarks:
            if remark not in self._remarks:  # each worker has the same to say
                self._remarks.add(remark)
                self._progress.say(f"{model}: {remark}")
        loaded = Manifest.of(**hello.recorded())
        for target in self._targets:
            with alone(target.folder.path):
                before = target.folder.manifest() or Manifest()
                check_same(before, loaded, target.folder.path)
                if before != before | loaded:
                    target.folder.write_manifest(before | loaded)

    def _supervisor(self) -> Supervisor:
        request = self._request
        beside = 1 if self._rank is None else self._rank.local_size
        most = MOST if request.fill_gpus else 1
        return Supervisor(
            setup={
                "adapter": request.model.adapter,
                "setup": {**vars(request.setup), "workers": beside * most * len(request.devices)},
                "asked": tasks_asked(target.dataset for target in self._targets),
            },
            devices=request.devices,
            launch=request.launch,
            questions=QuestionBuilder(
                self._targets, request.history, request.setup.seed, request.limit
            ),
            writer=self.writer,
            logs=self._targets[0].folder.path / "logs",
            name=f"{self._rank.name}-worker" if self._rank else "worker",
            limits=request.limits,
            on_loading=self._progress.loading,
            accounts=self._accounts,
            fill_gpus=request.fill_gpus,
            say=self._progress.say,
            one_by_one=request.history == "free-running",
        )

    def _wait_for_others(self) -> None:
        """Wait until what other jobs hold is done, or they are dead and it can be taken over."""
        self._progress.say("waiting for another job that works on this run")
        self.writer.event("waiting")
        while True:
            todo = self._open()
            self._progress.others(self._total - len(todo))
            videos = {(ask.target, ask.entry.video) for ask in todo}
            if not todo or any(self._leases[n].can_take(video) for n, video in videos):
                return
            time.sleep(0.5)

    def _on_sample(self, failed: bool) -> None:
        self._progress.add(failed)


def _leave(target: Target, leases: Leases) -> None:
    """Release the claims on one folder, even if its main file cannot be made complete."""
    try:
        if not leases.others() and leases.take(GATHERING):
            target.folder.gather()
    finally:
        with alone(target.folder.path):  # none may begin while the last one tidies up
            leases.release()
