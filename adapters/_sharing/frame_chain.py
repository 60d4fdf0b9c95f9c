"""Reading of ``predict_forward``: what it does with a frame between resizing and normalising it.

A frame is resized to an array, made a tensor and normalised. All three can be put off if nothing
else looks at the array and the tensor in between; this module reads whether that is so.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from sama_bench.adapters._sharing.hooks import UnknownCodeError

Stages = dict[str, str]
"""Variables that hold a resized frame: ``array``, ``tensor``, or a ``list`` of tensors."""


class _UsedError(Exception):
    """A statement reads a resized frame otherwise than to normalise it."""


def check_chain(function: Callable[..., Any]) -> None:
    """Check that a function passes resized frames to ``preprocess_image`` and nowhere else.

    Raises:
        UnknownCodeError: it does something else with them, or its source cannot be read.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        raise UnknownCodeError("the source of predict_forward cannot be read") from None
    (definition,) = tree.body
    if not isinstance(definition, ast.FunctionDef):
        raise UnknownCodeError("predict_forward is no function")
    calls = [node for node in ast.walk(definition) if _calls(node, "apply_image")]
    if not calls:
        raise UnknownCodeError("predict_forward does not call apply_image")
    _block(definition.body, {})


def _block(body: list[ast.stmt], stages: Stages) -> Stages:
    for statement in body:
        try:
            stages = _statement(statement, dict(stages))
        except _UsedError:
            line = ast.unparse(statement).splitlines()[0]
            raise UnknownCodeError(f"predict_forward uses resized frames in '{line}'") from None
    return stages


def _statement(node: ast.stmt, stages: Stages) -> Stages:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return _assigned(node, node.targets[0], stages)
    if isinstance(node, ast.Expr) and _appended(node.value, stages):
        return stages
    if isinstance(node, ast.If):
        _refuse(node.test, stages)
        return {**_block(node.body, stages), **_block(node.orelse, stages)}
    if isinstance(node, ast.For):
        _refuse(node.iter, stages)
        for _ in range(2):  # a second time around with what the first one left
            stages = {**stages, **_block(node.body, stages)}
        return {**stages, **_block(node.orelse, stages)}
    _refuse(node, stages)
    return stages


def _assigned(node: ast.Assign, target: ast.expr, stages: Stages) -> Stages:
    stage = _stage(node.value, stages)
    if not isinstance(target, ast.Name):
        _refuse(node, stages)
        if stage:
            raise _UsedError
        return stages
    if stage is None:
        _refuse(node.value, stages)
        stages.pop(target.id, None)
    else:
        stages[target.id] = stage
    return stages


def _stage(value: ast.expr, stages: Stages) -> str | None:
    """Return what an expression makes of a resized frame, or None."""
    if _calls(value, "apply_image"):
        for part in value.args:  # type: ignore[attr-defined]
            _refuse(part, stages)
        return "array"
    if _name(value) in stages:
        return stages[str(_name(value))]
    source = _converted(value)
    if source is not None and stages.get(source) == "array":
        return "tensor"
    if isinstance(value, ast.List) and len(value.elts) == 1:
        return "list" if stages.get(str(_name(value.elts[0]))) == "tensor" else None
    return None


def _converted(value: ast.expr) -> str | None:
    """Return x of ``torch.from_numpy(x).permute(2, 0, 1).contiguous()``, perhaps ``.to(type)``."""
    steps: list[tuple[str, list[ast.expr]]] = []
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.keywords:
            return None
        steps.insert(0, (value.func.attr, value.args))
        value = value.func.value
    names = [name for name, _ in steps]
    if names not in (
        ["from_numpy", "permute", "contiguous"],
        ["from_numpy", "permute", "contiguous", "to"],
    ):
        return None
    axes = [getattr(part, "value", None) for part in steps[1][1]]
    if axes != [2, 0, 1] or len(steps[0][1]) != 1:
        return None
    return _name(steps[0][1][0])


def _appended(value: ast.expr, stages: Stages) -> bool:
    """Note ``rows.append(tensor)``."""
    if not (_calls(value, "append") and isinstance(value, ast.Call) and len(value.args) == 1):
        return False
    assert isinstance(value.func, ast.Attribute)
    rows = _name(value.func.value)
    if rows is None or stages.get(str(_name(value.args[0]))) != "tensor":
        return False
    stages[rows] = "list"
    return True


def _refuse(node: ast.AST, stages: Stages) -> None:
    """Check that a piece of code reads resized frames only to normalise each of them."""
    if _normalises(node, stages) or _counts(node, stages):
        return
    if isinstance(node, ast.Name) and node.id in stages and isinstance(node.ctx, ast.Load):
        raise _UsedError
    for child in ast.iter_child_nodes(node):
        _refuse(child, stages)


def _normalises(node: ast.AST, stages: Stages) -> bool:
    """Tell whether code is ``[....preprocess_image(x) for x in rows]``."""
    if not isinstance(node, ast.ListComp) or len(node.generators) != 1:
        return False
    (each,) = node.generators
    call = node.elt
    return (
        stages.get(str(_name(each.iter))) == "list"
        and not each.ifs
        and _calls(call, "preprocess_image")
        and isinstance(call, ast.Call)
        and [_name(part) for part in call.args] == [_name(each.target)]
        and not call.keywords
    )


def _counts(node: ast.AST, stages: Stages) -> bool:
    """Tell whether code is ``len(rows)``."""
    return (
        isinstance(node, ast.Call)
        and _name(node.func) == "len"
        and [stages.get(str(_name(part))) for part in node.args] == ["list"]
    )


def _calls(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    )


def _name(node: ast.AST) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
