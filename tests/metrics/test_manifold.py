import json

import numpy as np
import pytest
from prdc import compute_prdc

from jaxgen.metrics import manifold


def values(result):
    return {name: estimate.value for name, estimate in result._asdict().items()}


def test_golden_shares(golden):
    reference = json.loads((golden / "physics_distances.json").read_text())["prdc"]
    real = np.random.RandomState(0).normal(size=(1000, 10))
    fake = np.random.RandomState(1).normal(size=(1000, 10)) + 0.3
    result = manifold.precision_recall_density_coverage(real, fake, nearest=5)
    for name, value in values(result).items():
        assert value == pytest.approx(reference[name], abs=1e-3), name


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("nearest", [1, 3])
def test_shares_are_those_of_prdc(nearest, monkeypatch, capsys):
    monkeypatch.setattr(manifold, "CHUNK", 37)
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(120, 4)), rng.normal(0.5, 0.7, size=(90, 4))
    expected = compute_prdc(real, fake, nearest_k=nearest)
    result = values(manifold.precision_recall_density_coverage(real, fake, nearest=nearest))
    assert result == pytest.approx({name: float(value) for name, value in expected.items()})


def test_collapse_has_precision_but_no_coverage():
    rng = np.random.default_rng(1)
    real = rng.normal(size=(400, 3))
    fake = 0.05 * rng.normal(size=(400, 3))
    result = values(manifold.precision_recall_density_coverage(real, fake))
    assert result["precision"] > 0.95
    assert result["coverage"] < 0.2
    assert result["recall"] < 0.1


def test_error_is_the_deviation_between_generated_samples():
    rng = np.random.default_rng(2)
    real = rng.normal(size=(300, 2))
    found = [
        manifold.precision_recall_density_coverage(real, rng.normal(1, 1, size=(200, 2))).precision
        for _ in range(30)
    ]
    deviation, errors = np.std([e.value for e in found]), [e.error for e in found]
    assert np.mean(errors) == pytest.approx(deviation, rel=0.4)


def test_too_few_events_are_refused():
    with pytest.raises(ValueError, match="more than 5 fake events"):
        manifold.precision_recall_density_coverage(np.zeros((9, 2)), np.zeros((5, 2)))
