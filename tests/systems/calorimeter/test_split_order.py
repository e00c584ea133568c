"""The order in which the square of cells is split."""

import itertools

import numpy as np
import pytest

from jaxgen.systems.calorimeter.models import split_order

STAGES = split_order.stages()


def test_every_cell_is_reached_once():
    reached = np.zeros(split_order.SIDE**2, int)
    for stage in STAGES:
        if split_order.shape_after(stage) == (split_order.SIDE, split_order.SIDE):
            np.add.at(reached, stage.halves.ravel(), 1)
    by_the_last = np.pad(np.ones((30, 28), int), [(1, 1), (2, 2)])  # the others are alone in their block
    np.testing.assert_array_equal(reached.reshape(by_the_last.shape), by_the_last)
    assert sum(len(stage.blocks) for stage in STAGES) == 30 * 30 - 1


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: f"{stage.shape}-{bool(len(stage.known))}")
def test_halves_lie_where_their_block_does(stage):
    x, y = split_order.shape_after(stage)
    along = np.array([half // y if stage.axis == 0 else half % y for half in stage.halves])
    block = np.array([stage.blocks // stage.shape[1], stage.blocks % stage.shape[1]])
    np.testing.assert_array_equal(along[0], 2 * block[stage.axis])
    np.testing.assert_array_equal(along[1], along[0] + 1)
    np.testing.assert_array_equal(stage.window[len(stage.window) // 2], stage.blocks)
    assert stage.window.max() <= stage.shape[0] * stage.shape[1]
    assert not len(stage.known) or stage.known.max() <= x * y


def test_the_second_stage_knows_halves_of_the_first_only():
    for first, second in itertools.pairwise(STAGES):
        if not len(second.known):
            continue
        x, y = split_order.shape_after(second)
        assert first.shape == second.shape
        ours = set(second.halves.ravel())
        assert not ours & (set(second.known.ravel()) | set(first.halves.ravel()))
        real = split_order.inside((x, y)).ravel()
        cut = set(first.halves.ravel())
        for known in second.known.ravel():
            # of blocks with one half outside the calorimeter the other half has all
            partner = known ^ 1 if second.axis == 1 else (known // y ^ 1) * y + known % y
            assert known == x * y or known in cut or not (real[known] and real[partner])
