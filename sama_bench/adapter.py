"""The interface of a model: one required method, ``predict(sample) -> Answer``.

Whatever a model needs to be asked in its own way (tokens, templates, frame sampling, resizing)
belongs to its adapter and is reported in the adapter's protocol card, which is stored with every
run. An adapter gets a region on one frame only, and never the reference; see ``takes_tracks`` and
``Oracle`` for the two declared exceptions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from sama_bench.nouns import Answer, Reference, Sample, Task

Capability = Literal["segment", "ground", "describe", "image"]
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)


@dataclass(frozen=True)
class Setup:
    """What a model is loaded with.

    Attributes:
        model: the name under which the results are filed.
        checkpoint: local folder or hub id of the weights, or None for the adapter's own default.
        revision: of the hub repository, or None.
        device: ``cpu``, ``cuda:0``; a worker sees only its own devices.
        options: the adapter's own settings, from ``--option key=value``.
        seed: of the run; each sample carries one of its own.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        attention: attention implementation asked for, or None for the adapter's default.
        device_map: placement over several GPUs (``auto``), or None for one device.
        offline: never ask a hub.
        trust_remote_code: the user allows the checkpoint's own Python code to run.
        session: settings on which no answer depends (``ModelSpec.session_options``): they are no
            part of what the run is, so it may go on with others.
        workers: of this job on this machine, its other ranks' included; they share its memory.
    """

    model: str
    checkpoint: str | None = None
    revision: str | None = None
    device: str = "cpu"
    options: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    dtype: str = "auto"
    attention: str | None = None
    device_map: str | None = None
    offline: bool = False
    trust_remote_code: bool = False
    session: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1


class Adapter(ABC):
    """How to ask one family of models.

    Class attributes (an instance may change them in ``configure`` or ``load``, according to its
    options):

    Attributes:
        tasks: what the model can be asked (``sama_bench.nouns.Task``). A benchmark that asks for
            another is refused before the weights are loaded. None: what follows from ``can``.
        can: the same in broad words, read where ``tasks`` is None. ``segment``: masks for an
            expression; ``ground``: text with masks; ``describe``: text about a region; ``image``:
            single images. Tasks that want masks need ``segment`` or ``ground``, the others
            ``describe`` or ``ground``.
        takes_tracks: receives each region's whole masklet in ``Region.track``, because its
            published code does. Every table marks its results: a track contains the answer to
            many questions.
        takes_history: can be given earlier rounds in ``Sample.dialogue``. One that cannot is
            refused for every history mode but ``independent``.
        concurrency: how many samples may be asked at once, each from a thread of its own: for
            models behind an endpoint.
        checkpoint: name or folder of the weights that were loaded, where it is not the one of the
            setup; recorded with the run.
        revision: commit of the weights that were loaded, where the setup names none; recorded.
        packages: names of packages of its own that may change its answers; their versions are
            recorded, as those of torch, transformers and the like are for every model.
        recorded: beginnings of the names of the folders with recorded calls of this model, for
            ``sama-bench adapter check --recorded``.
        session_options: for a class behind ``path.py:Class``, written out as a tuple of texts: the
            options that are read from ``Setup.session``; see ``ModelSpec``.
        remarks: lines that the user reads once it is loaded.
    """

    tasks: frozenset[Task] | None = None
    can: frozenset[Capability] = frozenset(CAPABILITIES)
    takes_tracks: bool = False
    takes_history: bool = False
    concurrency: int = 1
    checkpoint: str | None = None
    revision: str | None = None
    packages: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    session_options: tuple[str, ...] = ()
    remarks: Sequence[str] = ()

    def configure(self, setup: Setup) -> None:  # noqa: B027 - optional by design
        """Read the options: all that ``tasks`` and ``arguments`` depend on, without weights.

        Called before ``load``, and possibly again.

        Raises:
            UserError: an unknown option or value.
        """

    def load(self, setup: Setup) -> None:  # noqa: B027 - optional by design
        """Load weights. Called once, before the first sample.

        Raises:
            AdapterError: in one line, what is missing and how to get it.
        """

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return the arguments of the model's call, by name, made without weights.

        Optional: it lets ``sama-bench adapter check --recorded`` compare them with recorded ones.

        Raises:
            NotImplementedError: the adapter does not make them apart from its call.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method arguments")

    @abstractmethod
    def predict(self, sample: Sample) -> Answer:
        """Answer one sample.

        Masks have the size and number of frames of ``sample.video``. No segments is a refusal;
        raise an exception when the model failed.
        """

    def close(self) -> None:  # noqa: B027 - optional by design
        """Release what ``load`` took."""

    def card(self) -> dict[str, Any]:
        """Return the protocol card: how the model is asked, as JSON values.

        Two runs whose cards differ are not merged.
        """
        return {}


class Oracle(Adapter):
    """An adapter that sees the reference: an upper bound, never a model."""

    def predict(self, sample: Sample) -> Answer:
        """Refuse to work without a reference."""
        raise TypeError("an oracle answers only when it is given the reference")

    @abstractmethod
    def predict_knowing(self, sample: Sample, reference: Reference) -> Answer:
        """Answer one sample from its reference."""


@dataclass(frozen=True)
class Checkout:
    """Code that a model imports from a clone of a repository.

    Attributes:
        repository: what to clone.
        option: the model's option that names the clone's folder.
        variable: environment variable that may name it instead.
        module: what is imported from it, e.g. ``projects.mine``; asked for where the code that
            comes with the weights mentions it, or is not at hand yet.
    """

    repository: str
    option: str
    variable: str
    module: str


@dataclass(frozen=True)
class HubFiles:
    """Single files of another model on the hub that a model reads.

    Asked for where the code that comes with the weights mentions ``id``, or is not at hand yet.

    Attributes:
        id: of that model.
        names: of the files, exactly those that are read.
        why: what reads them.
        aliases: other ids under which the same files may lie in the cache.
        option: of the model, that may name a folder with them instead.
        own_folder: the adapter fetches them when it loads, into a folder called ``id`` in the
            toolkit's cache, so that the hub's cache does not come to hold half of that model.
    """

    id: str
    names: tuple[str, ...]
    why: str
    aliases: tuple[str, ...] = ()
    option: str | None = None
    own_folder: bool = False


@dataclass(frozen=True)
class Needs:
    """What a model needs besides its own weights; checked before anything is spent on a run.

    Attributes:
        remote_code: it runs Python code that comes with its weights.
        cuda: that code calls ``.cuda()``, whatever device it is given.
        gpu_memory: GB of a GPU that its authors state, or None where nothing is published.
        packages: requirements on the current environment, for models that run in it.
        extra: of sama-bench that brings these packages.
        weights: what names weights, each a folder or a hub id: ``checkpoint`` for ``--checkpoint``,
            and options of the model.
        endpoint: option that puts a server in the place of the weights of ``--checkpoint``.
        checkouts: code from elsewhere.
        files: of other models.
        fits: checks that the folder of a checkpoint is of a kind that the model runs, reading its
            config and code alone; raises AdapterError.
    """

    remote_code: bool = False
    cuda: bool = False
    gpu_memory: float | None = None
    packages: tuple[str, ...] = ()
    extra: str = "models"
    weights: tuple[str, ...] = ()
    endpoint: str | None = None
    checkouts: tuple[Checkout, ...] = ()
    files: tuple[HubFiles, ...] = ()
    fits: Callable[[Setup, Path], None] | None = None


@dataclass(frozen=True)
class ModelSpec:
    """A model that can be named on the command line; adapter files list theirs in ``MODELS``.

    Attributes:
        name: as given to ``--model``.
        adapter: ``package.module:Class``.
        summary: one line for ``sama-bench list models``.
        task: what it is for, e.g. ``grounded chat``.
        checkpoint: hub id of the published weights, or None when it has none.
        size: of the weights, e.g. ``8B``.
        licence: of the weights.
        environment: name of the environment file beside the adapter, or None for the current one.
        options: defaults of the adapter's options for this name.
        uses_gpu: whether it computes on a GPU where it is given one.
        needs: what it needs besides, so that it can be checked before anything is spent.
        session_options: options on which no answer depends; the adapter finds them in
            ``Setup.session``. A class behind ``path.py:Class`` names its own in an attribute.
        costs: what is published of its memory and time, one line with its source; else empty.
    """

    name: str
    adapter: str
    summary: str
    task: str = ""
    checkpoint: str | None = None
    size: str = "-"
    licence: str = "-"
    environment: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    uses_gpu: bool = True
    needs: Needs = field(default_factory=Needs)
    session_options: tuple[str, ...] = ()
    costs: str = ""
