"""Where keys lead, as in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable

Place = tuple[int, int]
IsFilled = Callable[[int, int], bool]


def edge(start: Place, step: Place, size: Place, filled: IsFilled) -> Place:
    """Ctrl+arrow: to the end of the filled block, else to the next filled cell or the rim."""
    rows, columns = size

    def inside(place: Place) -> bool:
        return 0 <= place[0] < rows and 0 <= place[1] < columns

    def following(place: Place) -> Place:
        return place[0] + step[0], place[1] + step[1]

    here = start
    if not inside(following(here)):
        return here
    in_block = filled(*here) and filled(*following(here))
    here = following(here)
    while inside(following(here)):
        if in_block and not filled(*following(here)):
            return here
        if not in_block and filled(*here):
            return here
        here = following(here)
    return here


def within(places: list[Place], current: Place, step: int, *, by_rows: bool) -> Place:
    """The next selected cell: down the columns (Enter) or along the rows (Tab), round and round."""
    ordered = sorted(places, key=lambda place: place if by_rows else (place[1], place[0]))
    if current not in ordered:
        return ordered[0]
    return ordered[(ordered.index(current) + step) % len(ordered)]
