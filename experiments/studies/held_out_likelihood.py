"""Log-likelihoods that trained flows give to events they were trained on and to others.

    python experiments/studies/held_out_likelihood.py runs/flow runs/spline_flow

For every run of experiments/four_lepton.py with --model=flow or spline_flow it prints means over the
events of the training and of the test split with their standard errors, by seed. They are in nats, in the
representation of the run: only runs of one representation may be compared. Training events far above test
events were learned by heart. The last columns are errors of the inverse, from events to normal numbers and
back, in the units of the representation: median and largest of the test split.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

import jaxgen
from jaxgen import checks
from jaxgen.base import Batch, PyTree
from jaxgen.learners.likelihood import LikelihoodModel, held_out_log_likelihood
from jaxgen.systems.four_leptons.models import flow, spline_flow
from jaxgen.systems.four_leptons.models.likelihood import likelihood_model

DENSITIES = {"flow": flow.density, "spline_flow": spline_flow.density}


def inverse_error(model: LikelihoodModel, params: PyTree, batch: Batch) -> tuple[float, float]:
    """Median and largest difference between test events and what their normal numbers lead back to."""
    scaled = model.scaler.forward(jnp.asarray(batch.data))
    columns = model.size - model.labels
    context = jnp.concatenate([model.features(jnp.asarray(batch.condition)), scaled[:, columns:]], axis=1)
    latent, _ = model.density.normalize(params["density"], scaled[:, :columns], context)
    back = model.density.transform(params["density"], latent, context)
    worst = np.abs(np.asarray(back - scaled[:, :columns])).max(axis=1)
    return float(np.median(worst)), float(worst.max())


def report(name: str) -> None:
    """Prints the lines of one run, one for each member that lives."""
    run = jaxgen.Run.open(name)
    recipe, generator = run.plan.recipe, run.generator
    checks.one_of(f"the model of {name}", recipe.name, DENSITIES)
    data = run.system.again(run.config["data"]["source"])
    density = DENSITIES[recipe.name](recipe.settings)
    model = likelihood_model(density, recipe.settings, recipe.statistics, recipe.spec)
    judge = jax.jit(lambda params, batch: held_out_log_likelihood(model, params, *batch))
    for member in generator.members:
        params = jax.tree.map(lambda x, m=member: jnp.asarray(x[m]), generator.params)
        text = f"{run.folder.path.name:<20} {generator.step:>8} {member:>5}"
        for batch in (data.train, data.test):
            values = np.asarray(judge(params, batch), np.float64)
            text += f" {values.mean():>10.3f} ± {values.std() / np.sqrt(len(values)):.3f}"
        median, largest = inverse_error(model, params, data.test)
        print(f"{text} {median:>12.1e} {largest:>10.1e}")


def main() -> None:
    heads = f"{'train':>18} {'test':>18} {'inverse: median':>14} {'largest':>8}"
    print(f"{'run':<20} {'updates':>8} {'seed':>5} {heads}")
    for name in sys.argv[1:]:
        report(name)


if __name__ == "__main__":
    main()
