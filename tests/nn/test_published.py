import re
from pathlib import Path

from course_lib.nn import published
from course_lib.nn.published import ANNOTATOR, MOBILENETS, WINNERS

BIBLIOGRAPHY = Path(__file__).parents[2] / "book" / "references.bib"


def test_every_year_of_the_contest_has_a_known_source():
    keys = set(re.findall(r"@\w+\{(\w+),", BIBLIOGRAPHY.read_text(encoding="utf-8")))
    assert [one.year for one in WINNERS] == list(range(2010, 2018))
    assert {one.source for one in WINNERS} <= keys
    for name in re.findall(r"\{(\w+)\}", Path(published.__file__).read_text(encoding="utf-8")):
        assert name in keys


def test_the_figures_are_those_of_the_sources():
    """The contest's report (2010 to 2014), He et al., Hu et al.; TensorFlow's MobileNets."""
    errors = [28.2, 25.8, 16.4, 11.7, 6.7, 3.57, 2.99, 2.25]
    layers = [None, None, 8, None, 22, 152, None, None]
    assert [(one.error, one.layers) for one in WINNERS] == list(zip(errors, layers, strict=True))
    figures = {  # millions of parameters; of multiply-adds at 224, 192, 160, 128 pixels; accuracy
        1.0: (4.24, [569, 418, 291, 186], [70.7, 69.3, 67.2, 64.1]),
        0.75: (2.59, [317, 233, 162, 104], [68.4, 67.4, 65.2, 61.8]),
        0.5: (1.34, [150, 110, 77, 49], [64.0, 62.1, 59.9, 56.2]),
        0.25: (0.47, [41, 34, 21, 14], [50.6, 49.0, 46.0, 41.3]),
    }
    for width, (parameters, operations, accuracies) in figures.items():
        rows = {one.size: one for one in MOBILENETS if one.width == width}
        ordered = [rows[size] for size in (224, 192, 160, 128)]
        assert {one.parameters for one in ordered} == {parameters}
        assert [one.multiply_adds for one in ordered] == operations
        assert [one.accuracy for one in ordered] == accuracies


def test_the_annotator_stands_between_the_winners_of_2014_and_2015():
    errors = {one.year: one.error for one in WINNERS}
    assert errors[2015] < ANNOTATOR < errors[2014]
