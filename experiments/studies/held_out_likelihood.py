"""Log-likelihoods that trained flows give to events they were trained on and to others.

    python experiments/studies/held_out_likelihood.py runs/flow runs/spline_flow

For every run of experiments/four_lepton.py with --model=flow or spline_flow it prints means over the
events of the training and of the test split with their standard errors, by seed. They are in nats, in the
representation of the run: only runs of one representation may be compared. Training events far above test
events were learned by heart. The last columns are errors of the inverse, from events to normal numbers and
back, in the units of the representation: median and largest of the test split.
"""

import sys
from pathlib import Path

import experiment_files
import jax
import jax.numpy as jnp
import numpy as np
from absl import flags

from jaxgen.cli import lepton_models
from jaxgen.learners import likelihood
from jaxgen.run import trained_run
from jaxgen.run.run_folder import RunFolder
from jaxgen.transforms.exponential_average import average_of


def inverse_error(model, state, batch) -> tuple[float, float]:
    """Median and largest difference between test events and what their normal numbers lead back to."""
    scaled = model.scaler.forward(jnp.asarray(batch.data))
    columns = model.size - model.labels
    context = jnp.concatenate([model.features(jnp.asarray(batch.condition)), scaled[:, columns:]], axis=1)
    params = average_of(state.average)["density"]
    latent, _ = model.density.normalize(params, scaled[:, :columns], context)
    back = model.density.transform(params, latent, context)
    worst = np.abs(np.asarray(back - scaled[:, :columns])).max(axis=1)
    return float(np.median(worst)), float(worst.max())


def report(experiment, folder: RunFolder) -> None:
    """Prints the lines of one run."""
    run = trained_run.load(experiment, folder)
    model = lepton_models.likelihood_model(run.settings, run.dataset)
    judge = jax.jit(lambda state, batch: likelihood.held_out_log_likelihood(model, state, *batch))
    for seed, state in enumerate(run.members):
        text = f"{folder.path.name:<20} {run.step:>8} {seed:>5}"
        for batch in (run.dataset.train, run.dataset.test):
            values = np.asarray(judge(state, batch), np.float64)
            text += f" {values.mean():>10.3f} ± {values.std() / np.sqrt(len(values)):.3f}"
        median, largest = inverse_error(model, state, run.dataset.test)
        print(f"{text} {median:>12.1e} {largest:>10.1e}")


def main() -> None:
    experiment = experiment_files.load("four_lepton")
    flags.FLAGS(sys.argv[:1])
    heads = f"{'train':>18} {'test':>18} {'inverse: median':>14} {'largest':>8}"
    print(f"{'run':<20} {'updates':>8} {'seed':>5} {heads}")
    for name in sys.argv[1:]:
        report(experiment, RunFolder(Path(name).absolute()))


if __name__ == "__main__":
    main()
