import jax.numpy as jnp
import numpy as np

from jaxgen.base import Batch
from jaxgen.metrics import trends
from jaxgen.systems.tpc_pads import data as tpc_pads
from jaxgen.systems.tpc_pads import observables as pads
from jaxgen.systems.tpc_pads.suites import shapes
from jaxgen.systems.tpc_pads.symmetries import reflect


def _batch() -> Batch:
    data = np.arange(4 * 8 * 16, dtype=np.float32).reshape(4, 8, 16)
    condition = np.tile(np.float32([10.0, -20.0, 100.25, 30.75, 23, 0.479]), (4, 1))
    return Batch(jnp.asarray(data), jnp.asarray(condition))


def test_the_two_lowest_bits_choose() -> None:
    batch = _batch()
    found = reflect(jnp.arange(4, dtype=jnp.uint32), batch)
    np.testing.assert_array_equal(found.data[0], batch.data[0])
    np.testing.assert_array_equal(found.data[1], batch.data[1, ::-1])
    np.testing.assert_array_equal(found.data[2], batch.data[2, :, ::-1])
    np.testing.assert_array_equal(found.data[3], batch.data[3, ::-1, ::-1])
    np.testing.assert_allclose(found.condition[3, :4], [-10, 20, 100.75, 30.25])


def test_twice_is_once() -> None:
    batch = _batch()
    seeds = jnp.arange(4, dtype=jnp.uint32)
    twice = reflect(seeds, reflect(seeds, batch))
    np.testing.assert_array_equal(twice.data, batch.data)
    np.testing.assert_allclose(twice.condition, batch.condition, atol=1e-5)


def test_whole_parts_and_whole_numbers_stay() -> None:
    whole = np.float32([5.0, 5.0, 7.0, 7.000001])
    condition = np.zeros((4, 6), np.float32)
    condition[:, 2] = condition[:, 3] = whole
    found = reflect(jnp.full(4, 3, jnp.uint32), Batch(jnp.zeros((4, 8, 16)), jnp.asarray(condition)))
    np.testing.assert_array_equal(np.floor(found.condition[:, 2:4]), np.floor(condition[:, 2:4]))


def test_barycentres_move_with_the_track() -> None:
    rng = np.random.RandomState(0)
    batch = Batch(jnp.asarray(rng.rand(4, 8, 16).astype("f")), _batch().condition)
    found = reflect(jnp.full(4, 3, jnp.uint32), batch)
    before, after = (np.asarray(pads.moments(b.data)) for b in (batch, found))
    np.testing.assert_allclose(after[:, 0], 7 - before[:, 0], rtol=1e-5)
    np.testing.assert_allclose(after[:, 1], 15 - before[:, 1], rtol=1e-5)
    np.testing.assert_allclose(after[:, 4], before[:, 4], rtol=1e-3, atol=1e-5)


def test_real_responses_are_as_symmetric_as_real_ones_are_alike(real_data, key) -> None:
    data = tpc_pads.read(real_data / "tpc_digits.dat")
    test = shapes(pads.observe(data.test, data.spec))

    def chi2(batch: Batch) -> float:
        other = shapes(pads.observe(batch, data.spec))
        return trends.trend_chi2(key, test, other, replicates=0).estimate.value

    floor = chi2(data.train)
    train = Batch(*(jnp.asarray(x) for x in data.train))
    for bits in (1, 2, 3):
        seeds = jnp.full(len(data.train.data), bits, jnp.uint32)
        assert chi2(reflect(seeds, train)) < 1.1 * floor
