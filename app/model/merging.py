"""What a register holds when several machines have set it: a multi-value register with owners.

The result depends on the set of operations alone, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.model.operation import Operation, OperationId


@dataclass(frozen=True, slots=True)
class Merged:
    """`value` is None while it is empty, and while `rivals` wait for their owner's choice."""

    value: str | None = None
    rivals: tuple[Operation, ...] = ()
    """Two or more that nobody replaced, with different values, none of them closer to the cell."""
    passed_over: tuple[Operation, ...] = ()
    """Nobody replaced them, and yet they do not count: not the owner's, or not entitled."""

    @property
    def is_conflict(self) -> bool:
        """Whether several values stand side by side until the owner chooses."""
        return bool(self.rivals)


def latest(operations: Iterable[Operation]) -> tuple[OperationId, ...]:
    """What the next edit replaces: everything that no other operation has replaced, sorted."""
    every = tuple(operations)
    replaced = {each for operation in every for each in operation.replaces}
    return tuple(sorted(o.id for o in every if o.id not in replaced))


def merge(
    operations: Iterable[Operation],
    counts: Callable[[Operation], bool],
    owners: Callable[[int], frozenset[str]],
) -> Merged:
    """`operations`: all of one register, in any order.

    `counts`: whether an operation takes effect. `owners`: to whom the register belongs by the
    membership list of that number.
    """
    every = {operation.id: operation for operation in operations}
    valid = {name for name, operation in every.items() if counts(operation)}
    replaced = _replaced(every, valid)
    standing = [every[name] for name in sorted(valid - replaced)]
    ignored = tuple(every[name] for name in latest(every.values()) if name not in valid)
    if len({operation.after for operation in standing}) <= 1:
        return Merged(standing[0].after if standing else None, (), ignored)
    belongs_to = owners(max(operation.membership for operation in standing))
    own = [operation for operation in standing if operation.person in belongs_to]
    if len({operation.after for operation in own}) == 1:
        others = tuple(o for o in standing if o.after != own[0].after)
        return Merged(own[0].after, (), (*others, *ignored))
    return Merged(None, tuple(standing), ignored)


def _replaced(
    every: Mapping[OperationId, Operation], valid: Iterable[OperationId]
) -> set[OperationId]:
    """Everything that lies in the past of an operation that counts."""
    found: set[OperationId] = set()
    ahead = [before for name in valid for before in every[name].replaces]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            if name in every:
                ahead.extend(every[name].replaces)
    return found
