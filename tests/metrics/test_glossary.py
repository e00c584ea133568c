"""Plain words of metrics: the longest known beginning of a name, own words first."""

import pytest

from jaxgen.metrics import glossary
from jaxgen.metrics.glossary import GENERAL, Meaning
from jaxgen.metrics.table import Label

OWN = {
    "trend_chi2": Meaning("Trend χ²", better=-1),
    "trend_chi2_as_published": Meaning("Trend χ² as published", better=-1),
    "auc": Meaning("AUC of showers", better=-1, unit="1"),
}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("trend_chi2", "Trend χ²"),
        ("trend_chi2_as_published", "Trend χ² as published"),
        ("trend_chi2_zero_suppressed", "Trend χ²: zero suppressed"),
        ("auc_pixels", "AUC of showers: pixels"),
        ("wasserstein_Sigma0^2", "Wasserstein distance: Sigma0²"),
        ("manifold_recall", "Recall"),
        ("frechetish", "frechetish"),
        ("separation_power/energy", "Separation power: energy"),
        ("own_metric", "own metric"),
    ],
)
def test_titles(name, title):
    assert glossary.meaning(name, OWN).title == title


def test_observables_give_their_words_and_units():
    labels = {"charge": Label("total charge", "fC"), "share": Label("share of charge")}
    found = glossary.meaning("wasserstein_charge", labels=labels)
    assert (found.title, found.unit) == ("Wasserstein distance of total charge", "fC")
    assert glossary.meaning("wasserstein_share", labels=labels).unit == "1"
    assert glossary.meaning("separation_power_charge", labels=labels).unit == "1"
    assert glossary.meaning("wasserstein_charge").unit == ""
    assert found.says == GENERAL["wasserstein"].says
    assert glossary.meaning("auc_x", OWN).unit == "1"
    assert glossary.meaning("unheard_of") == Meaning("unheard of")


def test_own_words_come_before_the_general_ones_and_leave_them_alone():
    assert glossary.meaning("auc", OWN).title == "AUC of showers"
    assert glossary.meaning("auc").title == "Classifier AUC"


def test_general_words_say_what_and_when_to_worry():
    for name, one in GENERAL.items():
        assert one.title, name
        assert one.says.endswith("."), name
        assert one.bad.endswith("."), name
        assert one.better in (-1, 1), name
        assert one.unit, name


def test_no_detector_is_among_the_general_words():
    assert not [name for name in GENERAL if name.startswith(("trend", "geometry", "mass", "shower", "ring"))]
