"""The page: valid, self-contained, safe against hostile text, and honest about what is missing."""

import base64
import math
import re
from html.parser import HTMLParser

import pytest

from jaxgen.base import Estimate
from jaxgen.metrics.glossary import Meaning
from jaxgen.metrics.scores import Score
from jaxgen.metrics.table import Label
from jaxgen.plots import style
from jaxgen.plots.illustration import Illustration
from jaxgen.reports.data import Report, Section, Setting, Table
from jaxgen.reports.page import members, page, write

VOID = {"meta", "img", "br", "link", "hr", "input"}
HOSTILE = "</style><script>alert('x')</script> & \"quotes\" <img src=http://example.org/x>"


class Reader(HTMLParser):
    """Collects tags, attributes and text, and fails on tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def tags(reader: Reader) -> set[str]:
    return {tag for tag, _, _ in reader.attributes}


@pytest.fixture
def picture() -> Illustration:
    figure = style.figure(1.0, width=1.5)
    figure.add_subplot().plot([0, 1])
    return Illustration("line", "A line", "It rises.", figure)


TREND = Meaning(
    "Trend χ²", "Squared differences of the trends.", "Bad when several times its floor.", better=-1
)


def by_name(*scores: Score) -> dict[str, Score]:
    return {score.name: score for score in scores}


@pytest.fixture
def full(picture) -> Report:
    chi2 = Score(
        "trend_chi2",
        Estimate(1500.0, 60.0),
        Estimate(1100.0, 70.0),
        (1450.0, 1550.0),
        3000,
        1000,
        TREND,
    )
    return Report(
        title="Pads",
        subtitle="Model gan.",
        verdict=["A summary."],
        headline="trend_chi2",
        trained=["3,000 events."],
        settings=[
            Setting("rate", 5e-4, 1e-4, "GeV", "of learning"),
            Setting("widths", [1, 2], [1, 2], kind="default"),
            Setting("clip", 0.01, 0.01, words="largest parameter", kind="idle"),
        ],
        costs=[("generation", "12 events per second")],
        symbols=[Label("barycentre", "pad", "Mean0")],
        scores=by_name(
            chi2, Score("fpd", Estimate(math.nan, math.nan)), Score("own_metric", Estimate(math.inf, 1.0))
        ),
        shortfalls=["Sigma1² versus dip angle."],
        findings=["Divergence since step 7."],
        figures=[picture],
        curves=[picture._replace(name="training", title="Training")],
        sections=[Section("Remarks", ["One.", "Two."], Table(("name", "value"), [["first", "17"]]))],
        code="run = jaxgen.fit(recipe, data)",
        command="python experiments/tpc_sn.py --seed=0",
        versions={"jax": "0.10.2"},
    )


def test_the_page_is_well_formed_and_says_everything(full):
    text = read(page(full)).text
    for words in (
        "Model gan.",
        "A summary.",
        "1.36 ± 0.10",
        "Squared differences of the trends.",
        "Bad when several times its floor.",
        "1,500 ± 60",
        "1,100 ± 70",
        "3,000",
        "Sigma1² versus dip angle.",
        "Divergence since step 7.",
        "Figure 1: A line",
        "Remarks",
        "first",
        "17",
        "run = jaxgen.fit(recipe, data)",
        "python experiments/tpc_sn.py --seed=0",
        "0.10.2",
        "5 × 10⁻⁴GeV1 × 10⁻⁴of learning",
        "1 setting at default",
        "1, 2",
        "1 setting without a role here",
        "12 events per second",
        "Mean0: barycentre [pad]",
        "Figure 2: Training",
        "1,500 ± 71 (2)",
        "1,450, 1,550",
    ):
        assert words in text


def test_nothing_comes_from_elsewhere(full):
    html = page(full)
    assert not re.search(r"https?://|@import|url\(", html)
    found = read(html).attributes
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _, _ in found}
    assert all(value.startswith("data:image/png;base64,") for _, name, value in found if name == "src")
    assert all(value.startswith("#") for _, name, value in found if name == "href")
    assert not [name for _, name, _ in found if name.startswith("on")]


def test_links_lead_to_sections(full):
    found = read(page(full)).attributes
    ids = {value for _, name, value in found if name == "id"}
    links = {value[1:] for _, name, value in found if name == "href"}
    assert links == ids
    assert len(ids) == 11


def test_results_come_before_training_and_settings(full):
    ids = [value for _, name, value in read(page(full)).attributes if name == "id"]
    assert ids == [
        "verdict",
        "section-0",
        "quality",
        "symbols",
        "failures",
        "certainty",
        "figures",
        "training",
        "costs",
        "settings",
        "again",
    ]


def test_figures_are_whole(full):
    sources = [value for _, name, value in read(page(full)).attributes if name == "src"]
    assert all(base64.b64decode(source.split(",")[1]).startswith(b"\x89PNG") for source in sources)


def test_saved_figures_are_embedded_as_they_are(full, tmp_path):
    (tmp_path / "line.png").write_bytes(b"\x89PNG as saved")
    source, _ = [v for _, name, v in read(page(full, images=tmp_path)).attributes if name == "src"]
    assert base64.b64decode(source.split(",")[1]) == b"\x89PNG as saved"


def test_hostile_text_stays_text(picture):
    words = Meaning(HOSTILE, HOSTILE, HOSTILE)
    score = Score(HOSTILE, Estimate(1.0, 0.1), Estimate(1.0, 0.1), (1.0, 2.0), 3, 3, words)
    hostile = Report(
        title=HOSTILE,
        subtitle=HOSTILE,
        verdict=[HOSTILE],
        headline=HOSTILE,
        trained=[HOSTILE],
        settings=[Setting(HOSTILE, [HOSTILE], HOSTILE, HOSTILE, HOSTILE)],
        costs=[(HOSTILE, HOSTILE)],
        symbols=[Label(HOSTILE, HOSTILE, HOSTILE)],
        scores=by_name(score),
        certainty=[HOSTILE],
        shortfalls=[HOSTILE],
        findings=[HOSTILE],
        figures=[picture._replace(title=HOSTILE, caption=HOSTILE)],
        sections=[Section(HOSTILE, [HOSTILE], Table([HOSTILE], [[HOSTILE]]))],
        code=HOSTILE,
        command=HOSTILE,
        versions={HOSTILE: HOSTILE},
    )
    html = page(hostile)
    reader = read(html)
    assert "<script" not in html
    assert "script" not in tags(reader)
    assert len([1 for tag, name, _ in reader.attributes if (tag, name) == ("img", "src")]) == 1
    assert reader.text.count("alert('x')") >= 18


def test_missing_metrics_are_said_not_hidden():
    report = Report(title="T", scores=by_name(Score("fpd", Estimate(math.nan, math.nan))))
    reader = read(page(report))
    assert "not known" in reader.text
    assert "nan" not in reader.text.lower().replace("not finite", "")
    assert "A single training is shown" in reader.text


def test_an_empty_report_is_a_page():
    reader = read(page(Report(title="T")))
    assert "T" in reader.text
    assert "section" not in tags(reader)


def test_lines_on_the_bad_side_are_marked():
    smaller, larger = Meaning("Distance", better=-1), Meaning("Share", better=1)
    scores = by_name(
        Score("fpd", Estimate(2.0, 0.1), Estimate(1.0, 0.1), meaning=smaller),
        Score("kpd", Estimate(0.0, 0.1), Estimate(1.0, 0.1), meaning=smaller),
        Score("manifold_recall", Estimate(0.5, 0.01), Estimate(0.9, 0.01), meaning=larger),
        Score("manifold_precision", Estimate(0.9, 0.01), Estimate(0.5, 0.01), meaning=larger),
    )
    html = page(Report(title="T", scores=scores))
    marked = re.findall(r'<tr class="worse"><th title="(.*?)">', html)
    assert marked == ["fpd", "manifold_recall"]
    assert "+7.1 errors, worse" in html


def test_words_are_said_once_for_the_lines_that_share_them():
    words = Meaning("Distance: a", "How far.", "Bad when far.", unit="GeV")
    score = Score("a", Estimate(2.0, 0.1), meaning=words)
    other = Score("b", Estimate(2.0, 0.1), meaning=words._replace(title="Distance: b", unit=""))
    text = read(page(Report(title="T", scores=by_name(score, other)))).text
    assert text.count("How far.") == 1
    assert "Distance: aGeV2.00 ± 0.10" in text
    assert "Distance: b12.00 ± 0.10" in text  # a pure number has the unit 1


def test_the_headline_is_its_ratio_or_else_its_value_with_its_unit(full):
    text = read(page(full)).text
    assert "1.36 ± 0.10Trend χ², divided by what other real events give" in text
    plain = Score("fpd", Estimate(2.0, 0.1), meaning=Meaning("Distance", unit="GeV"))
    text = read(page(Report(title="T", headline="fpd", scores=by_name(plain)))).text
    assert "2.00 ± 0.10Distance, in GeV" in text
    told_apart = Score("auc", Estimate(0.99, 0.004), meaning=Meaning("Classifier AUC"))
    text = read(page(Report(title="T", headline="fpd", scores=by_name(plain, told_apart)))).text
    assert "99.0 ± 0.4 of 100pairs of a real and a generated event" in text


def test_seeds_without_a_value_are_said():
    assert members([1.0, 3.0, math.nan]) == "2.0 ± 1.4 (2, 1 without a value)"
    assert members([1.0, math.nan]) == "1 (1, 1 without a value)"


def test_the_same_content_gives_the_same_bytes_and_replaces_the_old_page(full, tmp_path):
    path = tmp_path / "run" / "report.html"
    first = write(path, full).read_bytes()
    path.write_text("old")
    assert write(path, full).read_bytes() == first
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
