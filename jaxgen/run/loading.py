"""Reads a trained generator from a ZIP file, its folder, or its run folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax

from jaxgen import checks, hardware
from jaxgen.data.dataset import Spec
from jaxgen.recipe import Recipe
from jaxgen.run import artifact
from jaxgen.run.artifact import Artifact
from jaxgen.run.generator import Generator
from jaxgen.settings import make


def load(path: str | Path, *, system: Any = None, **parts: Any) -> Generator:
    """Reads a generator from a ZIP file, its folder, or its run folder.

    Args:
      path: path of the file or folder.
      system: the detector, its package or its name; needed if it is not registered.
      **parts: the user-defined objects that it was made with, such as `generator=`, a Flax module.

    Raises:
      FileNotFoundError: if there is no such file or folder.
      ValueError: if it is damaged, of another format or system, or needs other objects, or if JAX finds no
        device.

    >>> import jaxgen, tempfile
    >>> from jaxgen.systems import tpc_pads
    >>> data = tpc_pads.simulate(0, 64)
    >>> run = jaxgen.fit(tpc_pads.learner("gan", data), data, steps=2, batch_size=8, quiet=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     generator = jaxgen.load(run.generator.save(f"{folder}/tpc.zip"))
    >>> generator.sample(0, num=5).shape
    (5, 8, 16)
    """
    from jaxgen import systems

    hardware.devices()
    path = Path(path)
    found = artifact.read(path / "generator" if (path / "config.json").is_file() else path)
    told = found.description
    detector = systems.get(told["system"] if system is None else system)
    if detector.name != told["system"]:
        raise ValueError(f"Expected the system {told['system']} for {path}; got {detector.name}.")
    model = detector.model(told["model"])
    settings = make(model.settings, told["model"], told["settings"])
    try:
        spec = Spec.from_json(told["spec"])
        ranges = tuple((float(low), float(high)) for low, high in told["ranges"])
        _check_consistent(found, spec, ranges)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"Expected a description in {path} that fits its arrays. {error}") from None
    recipe = Recipe(detector, told["model"], settings, found.statistics, spec, parts)
    check_parts(recipe, told["parts"], path)
    return Generator(
        sampler=recipe.sampler(),
        params=found.params,
        spec=spec,
        ranges=ranges,
        conditions=found.conditions,
        recipe=recipe,
        step=told["step"],
        died=tuple(told["died"]),
        card=told["card"],
        default=told["default"],
    )


def _check_consistent(found: Artifact, spec: Spec, ranges: tuple[tuple[float, float], ...]) -> None:
    died, default = found.description["died"], found.description["default"]
    checks.whole(**{f"died of member {m}": when for m, when in enumerate(died)})
    checks.one_of("the member that samples come from", default, range(len(died)))
    checks.shape("conditions", found.conditions, (None, len(spec.condition)))
    checks.count(conditions=len(found.conditions))
    checks.whole(**{f"length of axis {axis}": length for axis, length in enumerate(spec.shape)})
    if len(ranges) != len(spec.condition):
        raise ValueError(f"Expected a range for each of {len(spec.condition)} conditions; got {len(ranges)}.")
    for leaf in (*jax.tree.leaves(found.params), *found.statistics.values(), found.conditions):
        if leaf.dtype.kind not in "fiub":
            raise ValueError(f"Expected arrays of real numbers; got {leaf.dtype}.")
    for leaf in jax.tree.leaves(found.params):
        checks.shape("parameters of all members", leaf, (len(died), *(None for _ in leaf.shape[1:])))


def check_parts(recipe: Recipe, wanted: Mapping[str, str], path: Path) -> None:
    """Raises unless the user-defined objects are those named in a folder.

    Raises:
      ValueError: with the first object that is missing, superfluous or different.
    """
    given = recipe.named_parts()
    for name in sorted(wanted.keys() | given.keys()):
        if given.get(name) != wanted.get(name):
            raise ValueError(
                f"Expected {name}={wanted.get(name, 'nothing')} for {path}, as it was made with; "
                f"got {given.get(name, 'nothing')}."
            )
