"""Building a model from a checked folder; complains about weights that would stay random."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.loading import dtype_argument, one_line, precision
from sama_bench.adapters._checkpoints.remote_files import mentions
from sama_bench.adapters._settings.options import whole
from sama_bench.errors import AdapterError


def ask_for_trust(setup: Setup) -> None:
    """Check that the user allows the checkpoint's own Python code to run.

    Raises:
        AdapterError: they have not.
    """
    if not setup.trust_remote_code:
        raise AdapterError(
            f"{setup.model} runs Python code that comes with its weights "
            f"({setup.checkpoint}); if you trust it, allow it with --trust-remote-code"
        )


def pretrained(
    kind: Any, folder: Path, setup: Setup, default_dtype: str, **more: Any
) -> tuple[Any, Any]:
    """Load a model of class ``kind`` in evaluation mode, on its device.

    Args:
        kind: a class with ``from_pretrained``.
        folder: a checked local folder.
        setup: dtype, attention implementation and device map are taken from it.
        default_dtype: for ``--dtype auto``.
        more: further arguments of ``from_pretrained``.

    Returns:
        the model, and the dtype that it was asked to load in.

    Raises:
        AdapterError: it cannot be loaded, or weights would be left at random values.
    """
    _fix_threads(setup)
    dtype = precision(setup, default_dtype)
    arguments: dict[str, Any] = {dtype_argument(): dtype, "local_files_only": True, **more}
    if kind.__name__.startswith("Auto"):  # unsaid, transformers asks at the terminal
        arguments.setdefault("trust_remote_code", False)
    if setup.attention is not None and "use_flash_attn" not in more:
        arguments["attn_implementation"] = setup.attention
    if setup.device_map is not None:
        arguments["device_map"] = setup.device_map
    if dtype_argument() == "torch_dtype" and importlib.util.find_spec("accelerate") is not None:
        arguments.setdefault("low_cpu_mem_usage", True)
    try:
        model, report = kind.from_pretrained(str(folder), output_loading_info=True, **arguments)
    except (ImportError, OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise AdapterError(f"{setup.model} cannot be loaded: {one_line(error)}") from error
    except AttributeError as error:
        raise AdapterError(
            f"{setup.model}: the checkpoint's code does not run with this transformers "
            f"({one_line(error)})"
        ) from error
    _check_report(setup, model, report)
    model.eval()
    return (model if setup.device_map is not None else model.to(setup.device)), dtype


def remote_model(folder: Path, setup: Setup, internvl: bool) -> tuple[Any, Any]:
    """Load a checkpoint of code of its own, in bfloat16 unless another type is asked for.

    Args:
        folder: a checked local folder.
        setup: of the run.
        internvl: whether its class has InternVL's switch for flash attention.

    Returns:
        the model, and the dtype that it was asked to load in.

    Raises:
        AdapterError: it cannot be loaded, or has no ``predict_forward``.
    """
    from transformers import AutoModel

    more: dict[str, Any] = flash_attention(setup) if internvl else {}
    model, dtype = pretrained(AutoModel, folder, setup, "bfloat16", trust_remote_code=True, **more)
    if not callable(getattr(model, "predict_forward", None)):
        raise AdapterError(
            f"the checkpoint {folder} cannot be asked as {setup.model} is: its class "
            f"{type(model).__name__} has no predict_forward"
        )
    return model, dtype


def settle_precision(model: Any, tokenizer: Any, dtype: Any, fixed: bool = False) -> Any:
    """Prepare a class for its questions, and let it keep the type asked for.

    Unprepared, a class on InternVL would do so at its first question, and cast itself to bfloat16
    whatever it was loaded in; one on Qwen or LLaVA casts the frames.

    Args:
        model: a loaded model; one without ``preparing_for_generation`` stays as it is.
        tokenizer: of the checkpoint.
        dtype: that was asked for.
        fixed: its code computes in bfloat16 in places, so that it cannot be kept from that.

    Returns:
        the type that the model computes in.
    """
    prepare = getattr(model, "preparing_for_generation", None)
    wanted = {} if dtype == "auto" or fixed else {"torch_dtype": dtype}
    if wanted and isinstance(getattr(model, "torch_dtype", None), type(dtype)):
        model.torch_dtype = dtype  # of the frames; classes on Qwen and LLaVA fix it when built
    if prepare is not None:
        accepts = "torch_dtype" in inspect.signature(prepare).parameters
        prepare(tokenizer=tokenizer, **(wanted if accepts else {}))
    parameter = next(iter(model.parameters()), None)
    return dtype if parameter is None else parameter.dtype


def check_cuda(setup: Setup, files: tuple[Path, ...]) -> None:
    """Check that there is a CUDA GPU where a checkpoint's code calls ``.cuda()`` by name.

    It is tried rather than guessed: ``.cuda()`` must lead to the device of the run.

    Raises:
        AdapterError: there is none, or the run is on another device.
    """
    if not mentions(files, ".cuda()"):
        return
    import torch

    try:
        place = torch.empty(1).cuda().device.type
    except (RuntimeError, AssertionError):  # by build of torch
        place = ""
    if place != torch.device(setup.device).type:
        raise AdapterError(
            f"{setup.model} needs a CUDA GPU: its published code calls .cuda(), and this run is "
            f"on {setup.device}" + ("" if place else "; torch sees no CUDA GPU here")
        )


def _fix_threads(setup: Setup) -> None:
    """Use one thread on a CPU: sums then do not depend on the machine, so neither do answers."""
    import torch

    if setup.device == "cpu":
        torch.set_num_threads(whole(setup.options, "threads", 1))


def flash_attention(setup: Setup) -> dict[str, bool]:
    """Return the argument of InternVL's model class; as published, flash attention where it is."""
    return {"use_flash_attn": setup.attention in (None, "flash_attention_2")}


def _check_report(setup: Setup, model: Any, report: Any) -> None:
    missing = set(report.get("missing_keys") or ())
    shapes = report.get("mismatched_keys") or ()
    if shapes:
        raise AdapterError(
            f"{setup.model}: weights of another shape: {sorted(map(str, shapes))[0]}"
        )
    if not missing or setup.options.get("missing_weights") == "allow":
        return
    parameters = dict(model.named_parameters(remove_duplicate=False))
    loaded = {tensor.data_ptr() for name, tensor in parameters.items() if name not in missing}
    random = [
        name
        for name in sorted(missing)
        if name in parameters and parameters[name].data_ptr() not in loaded
    ]
    if random:
        raise AdapterError(
            f"{setup.model}: the checkpoint has no values for {len(random)} weights, first "
            f"{random[0]}; they would be random. Fetch it again, or accept that with "
            "--option missing_weights=allow"
        )


def tokenizer(folder: Path, setup: Setup) -> Any:
    """Load the checkpoint's tokenizer.

    Raises:
        AdapterError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            str(folder), trust_remote_code=setup.trust_remote_code, local_files_only=True
        )
    except Exception as error:
        # Tokenizer backends raise errors of their own, of no common class.
        raise AdapterError(f"{setup.model}: no tokenizer: {one_line(error)}") from error


def processor(folder: Path, setup: Setup) -> Any:
    """Load the checkpoint's processor.

    Raises:
        AdapterError: it cannot be loaded.
    """
    from transformers import AutoProcessor

    try:
        return AutoProcessor.from_pretrained(
            str(folder), trust_remote_code=setup.trust_remote_code, local_files_only=True
        )
    except Exception as error:
        # As for tokenizers; a missing torchvision is among them.
        raise AdapterError(f"{setup.model}: no processor: {one_line(error)}") from error
