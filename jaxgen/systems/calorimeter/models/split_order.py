"""The order in which a square of cells is repeatedly split in two, down to single cells.

The 30 x 30 cells are in the middle of a square of 32 x 32. It is split into a left and a right half, each of
these into an upper and a lower one, and so on. All blocks of a size are split in two stages, like the black
and
the white fields of a chess board: the splits of the first stage are inputs of those of the second.
"""

import math
from typing import NamedTuple

import numpy as np

from jaxgen.systems.calorimeter.cells import CELLS

SIDE = 32
BORDER = (SIDE - CELLS) // 2
REACH = 2
"""Number of blocks on each side of a block that belong to its window."""


class Stage(NamedTuple):
    """Blocks that are split simultaneously; blocks are numbered row by row.

    Attributes:
      shape: number of blocks along x and y before the split.
      axis: axis of the split, 0 for x.
      blocks: numbers of the blocks, [n]; both halves of each have cells of the calorimeter.
      halves: numbers of their halves among the blocks after the split, [2, n].
      window: numbers of the blocks around each block, itself in the middle, [25, n]; `math.prod(shape)` for
        blocks outside.
      known: numbers, after the split, of the halves of the four adjacent blocks, [8, n]; no rows if these are
        not split yet. Twice the number of blocks for those outside.
    """

    shape: tuple[int, int]
    axis: int
    blocks: np.ndarray
    halves: np.ndarray
    window: np.ndarray
    known: np.ndarray


def shape_after(stage: Stage) -> tuple[int, int]:
    """Number of blocks along x and y after the split."""
    x, y = stage.shape
    return (2 * x, y) if stage.axis == 0 else (x, 2 * y)


def stages() -> list[Stage]:
    """All stages in order, from the whole square to single cells.

    >>> sum(len(stage.blocks) for stage in stages())
    899
    """
    found = []
    shape = (1, 1)
    while math.prod(shape) < SIDE * SIDE:
        axis = 0 if shape[0] == shape[1] else 1
        both = [_stage(shape, axis, second=second) for second in (False, True)]
        found += [stage for stage in both if len(stage.blocks)]
        shape = shape_after(both[0])
    return found


def inside(shape: tuple[int, int]) -> np.ndarray:
    """Whether each block has cells of the calorimeter, bool of the shape."""
    cells = np.zeros((SIDE, SIDE), bool)
    cells[BORDER:-BORDER, BORDER:-BORDER] = True
    blocks = cells.reshape(shape[0], SIDE // shape[0], shape[1], SIDE // shape[1])
    return np.asarray(blocks.any(axis=(1, 3)))


def _stage(shape: tuple[int, int], axis: int, *, second: bool) -> Stage:
    x, y = np.indices(shape).reshape(2, -1)
    split = (2 * shape[0], shape[1]) if axis == 0 else (shape[0], 2 * shape[1])
    halves = np.stack([_halves(x, y, axis, split, half) for half in (0, 1)])
    real = inside(split).ravel()[halves].all(axis=0)
    chosen = np.flatnonzero(real & ((x + y) % 2 == second))
    x, y = x[chosen], y[chosen]
    around = [(i, j) for i in range(-REACH, REACH + 1) for j in range(-REACH, REACH + 1)]
    window = np.stack([_numbers(x + i, y + j, shape) for i, j in around])
    next_to = [(-1, 0), (1, 0), (0, -1), (0, 1)] if second else []
    known = [_halves(x + i, y + j, axis, split, half) for i, j in next_to for half in (0, 1)]
    return Stage(
        shape, axis, chosen, halves[:, chosen], window, np.array(known, int).reshape(len(known), len(chosen))
    )


def _halves(x: np.ndarray, y: np.ndarray, axis: int, split: tuple[int, int], half: int) -> np.ndarray:
    """Numbers after the split of one half of the blocks at x and y."""
    return _numbers(2 * x + half, y, split) if axis == 0 else _numbers(x, 2 * y + half, split)


def _numbers(x: np.ndarray, y: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Numbers of the blocks at x and y, or the number of all blocks for those outside."""
    outside = (x < 0) | (x >= shape[0]) | (y < 0) | (y >= shape[1])
    return np.where(outside, math.prod(shape), x * shape[1] + y)
