import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.transforms import leaves, spectral_norm
from jaxgen.transforms.linear_maps import ConvolutionGeometry


def matrix(kernel: jax.Array) -> np.ndarray:
    return np.reshape(kernel, (-1, kernel.shape[-1]))


def top(kernel: jax.Array) -> float:
    return np.linalg.svd(matrix(kernel), compute_uv=False)[0]


def toeplitz(kernel: jax.Array, geometry: ConvolutionGeometry) -> np.ndarray:
    """The convolution as a dense matrix, by applying it to every basis image."""
    shape = (*geometry.input_shape, kernel.shape[-2])
    basis = np.eye(int(np.prod(shape)), dtype=np.float32).reshape(-1, *shape)
    axes = "HW"[: len(geometry.input_shape)]
    numbers = (f"N{axes}C", f"{axes}IO", f"N{axes}C")
    strides = geometry.strides or (1,) * len(axes)
    out = lax.conv_general_dilated(basis, kernel, strides, geometry.padding, dimension_numbers=numbers)
    return np.asarray(out.reshape(len(basis), -1))


@pytest.fixture
def params() -> dict:
    rng = np.random.default_rng(0)
    shapes = {"Conv_0": (3, 3, 4, 6), "Conv_1": (2, 2, 6, 8), "Dense_0": (8, 5), "Dense_1": (5, 1)}
    return {
        name: {
            "kernel": jnp.asarray(rng.normal(size=shape), jnp.float32),
            "bias": jnp.full(shape[-1], 7.0),
        }
        for i, (name, shape) in enumerate(shapes.items())
    }


@pytest.mark.parametrize("name", ["dense", "dense_out", "conv3", "conv2"])
def test_three_steps_equal_the_reference(name, golden, key):
    saved = np.load(golden / "spectral_norm_torch.npz")
    convolution = saved[f"{name}/w"].ndim == 4

    def ours(w):
        return jnp.asarray(w.transpose(2, 3, 1, 0) if convolution else w.T)

    def right(v):
        shape = saved[f"{name}/w"].shape[1:]
        return jnp.asarray(v.reshape(shape).transpose(1, 2, 0).ravel() if convolution else v)

    params = {"kernel": ours(saved[f"{name}/w"])}
    transform = spectral_norm.spectral_norm()
    carried = spectral_norm.Vectors(jnp.asarray(saved[f"{name}/u0"])[None], right(saved[f"{name}/v0"]))
    state = jax.jit(transform.init)(key, params)._replace(vectors={"kernel": carried})
    apply = jax.jit(transform.apply)
    for step in (1, 2, 3):
        scaled, state = apply(params, state)
        expected = ours(saved[f"{name}/w_sn_step{step}"])
        np.testing.assert_allclose(scaled["kernel"], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(state.vectors["kernel"].left[0], saved[f"{name}/u{step}"], atol=1e-5)
        np.testing.assert_allclose(state.vectors["kernel"].right, right(saved[f"{name}/v{step}"]), atol=1e-5)


def test_every_kernel_gets_the_wanted_norm(params, key):
    transform = spectral_norm.spectral_norm(bound=2.5)
    state = jax.jit(transform.init)(key, params)
    apply = jax.jit(transform.apply)
    for _ in range(20):
        scaled, state = apply(params, state)
    kernels = leaves.select(scaled)
    assert len(kernels) == 4
    for name, kernel in kernels.items():
        np.testing.assert_allclose(top(kernel), 2.5, rtol=1e-2)
        np.testing.assert_allclose(state.norms[name], top(leaves.select(params)[name]), rtol=1e-2)
    for layer in params:
        np.testing.assert_array_equal(scaled[layer]["bias"], params[layer]["bias"])
    assert jax.tree.structure(scaled) == jax.tree.structure(params)


GEOMETRIES = {
    "same": ((3, 3, 4, 6), ConvolutionGeometry((6, 5))),
    "valid": ((2, 3, 4, 6), ConvolutionGeometry((6, 5), "VALID")),
    "strided": ((3, 3, 4, 6), ConvolutionGeometry((6, 5), "SAME", (2, 1))),
    "explicit": ((3, 2, 4, 6), ConvolutionGeometry((6, 5), ((1, 0), (0, 2)), (1, 2))),
    "one axis": ((3, 4, 6), ConvolutionGeometry((12,), "SAME", (2,))),
}


@pytest.mark.parametrize("case", GEOMETRIES)
def test_operator_norm_is_that_of_the_dense_matrix(case, key):
    shape, geometry = GEOMETRIES[case]
    params = {"kernel": jax.random.normal(key, shape)}
    exact = np.linalg.svd(toeplitz(params["kernel"], geometry), compute_uv=False)[0]
    transform = spectral_norm.spectral_norm(norm="operator", geometry={"kernel": geometry}, initial_steps=300)
    state = jax.jit(transform.init)(key, params)
    np.testing.assert_allclose(state.norms["kernel"], exact, rtol=2e-3)
    scaled, _ = jax.jit(transform.apply)(params, state)
    top_now = np.linalg.svd(toeplitz(scaled["kernel"], geometry), compute_uv=False)[0]
    np.testing.assert_allclose(top_now, 1.0, rtol=1e-2)


def test_operator_norm_exceeds_the_reshaped_one(key):
    """A 3x3 kernel of 32 to 64 channels on 8x16, Glorot-uniform: about 1.97 against 1.20."""
    kernel = jax.nn.initializers.glorot_uniform()(key, (3, 3, 32, 64))
    geometry = {"kernel": ConvolutionGeometry((8, 16))}
    transform = spectral_norm.spectral_norm(norm="operator", geometry=geometry, initial_steps=100)
    operator = jax.jit(transform.init)(key, {"kernel": kernel}).norms["kernel"]
    np.testing.assert_allclose([operator, top(kernel)], [1.970, 1.198], atol=2e-3)


def test_gradient_passes_through_sigma_only(key):
    """Against the closed form g / sigma - <g, W> / sigma^2 v u^T with u and v held."""
    kernel, weights = jax.random.normal(key, (2, 7, 4))
    transform = spectral_norm.spectral_norm()
    state = jax.jit(transform.init)(key, {"kernel": kernel})

    def loss(w):
        scaled, new = transform.apply({"kernel": w}, state)
        return jnp.sum(scaled["kernel"] * weights), new

    gradient, new = jax.jit(jax.grad(loss, has_aux=True))(kernel)
    left, right = new.vectors["kernel"].left[0], new.vectors["kernel"].right
    sigma = right @ kernel @ left
    closed = weights / sigma - jnp.sum(weights * kernel) / sigma**2 * jnp.outer(right, left)
    np.testing.assert_allclose(gradient, closed, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(jnp.sum(gradient * kernel), 0.0, atol=1e-5)  # the scale of W is free


def test_operator_gradient_matches_finite_differences(key):
    with jax.enable_x64():
        kernel, weights = jax.random.normal(key, (2, 2, 2, 3, 2), dtype=jnp.float64)
        geometry = {"kernel": ConvolutionGeometry((4, 3))}
        transform = spectral_norm.spectral_norm(norm="operator", geometry=geometry, steps=0)
        state = jax.jit(transform.init)(key, {"kernel": kernel})

        @jax.jit
        def loss(scale):
            scaled, _ = transform.apply({"kernel": kernel + scale * weights}, state)
            return jnp.sum(scaled["kernel"] * weights)

        numeric = (loss(1e-6) - loss(-1e-6)) / 2e-6
        np.testing.assert_allclose(jax.grad(loss)(0.0), numeric, rtol=1e-6)


def test_more_steps_converge_faster(key):
    params = {"kernel": jax.random.normal(key, (30, 40))}
    errors = []
    for steps in (1, 4, 16):
        transform = spectral_norm.spectral_norm(steps=steps, initial_steps=1)
        _, state = jax.jit(lambda key, t=transform: t.apply(params, t.init(key, params)))(key)
        errors.append(top(params["kernel"]) - float(state.norms["kernel"]))
    assert errors[0] > 1.3 * errors[1] > 2 * errors[2] > 0


def test_without_steps_the_vectors_stay(params, key):
    transform = spectral_norm.spectral_norm(steps=0)
    state = jax.jit(transform.init)(key, params)
    _, new = jax.jit(transform.apply)(params, state)
    jax.tree.map(np.testing.assert_array_equal, new.vectors, state.vectors)


def test_predicate_chooses_the_kernels(params, key):
    transform = spectral_norm.spectral_norm(where=lambda name, leaf: name == "Dense_0/kernel")
    scaled, state = jax.jit(lambda p: transform.apply(p, transform.init(key, p)))(params)
    assert list(state.vectors) == ["Dense_0/kernel"]
    np.testing.assert_array_equal(scaled["Conv_0"]["kernel"], params["Conv_0"]["kernel"])
    assert not np.allclose(scaled["Dense_0"]["kernel"], params["Dense_0"]["kernel"])


def test_zero_kernel_stays_finite_and_recovers(key):
    transform = spectral_norm.spectral_norm(steps=5)
    params = {"kernel": jnp.zeros((3, 2))}
    state = jax.jit(transform.init)(key, params)

    def loss(p, state):
        scaled, state = transform.apply(p, state)
        return jnp.sum(scaled["kernel"]), (scaled, state)

    gradient, (scaled, state) = jax.jit(jax.grad(loss, has_aux=True))(params, state)
    np.testing.assert_array_equal(scaled["kernel"], np.zeros((3, 2)))
    np.testing.assert_array_equal(gradient["kernel"], np.ones((3, 2)))
    scaled, _ = jax.jit(transform.apply)({"kernel": jax.random.normal(key, (3, 2))}, state)
    np.testing.assert_allclose(top(scaled["kernel"]), 1.0, rtol=1e-2)


def test_members_under_vmap_equal_single_runs(key):
    transform = spectral_norm.spectral_norm()
    params = {"kernel": jax.random.normal(key, (3, 6, 4))}
    keys = jax.random.split(key, 3)

    @jax.jit
    def scale(key, params):
        return transform.apply(params, transform.init(key, params))[0]

    scaled = jax.vmap(scale)(keys, params)
    for member in range(3):
        alone = scale(keys[member], {"kernel": params["kernel"][member]})
        np.testing.assert_allclose(scaled["kernel"][member], alone["kernel"], rtol=1e-5)


def test_misuse_is_named(params, key):
    with pytest.raises(ValueError, match="Expected norm to be one of reshaped, operator"):
        spectral_norm.spectral_norm(norm="exact")
    with pytest.raises(ValueError, match="Expected steps of at least 0"):
        spectral_norm.spectral_norm(steps=-1)
    with pytest.raises(ValueError, match="Expected the geometry of convolution Conv_0/kernel"):
        spectral_norm.spectral_norm(norm="operator").init(key, params)
    with pytest.raises(ValueError, match="Expected parameters with kernels"):
        spectral_norm.spectral_norm().init(key, {"bias": jnp.ones(3)})
    wrong = {"kernel": ConvolutionGeometry((4,))}
    with pytest.raises(ValueError, match="Expected input_shape with 2 axes"):
        spectral_norm.spectral_norm(norm="operator", geometry=wrong).init(
            key, {"kernel": jnp.ones((2, 2, 1, 1))}
        )
