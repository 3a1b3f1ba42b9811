import itertools
import re
from pathlib import Path

from course_lib.nn import published
from course_lib.nn.published import ANNOTATOR, MOBILENETS, WINNERS

BIBLIOGRAPHY = Path(__file__).parents[2] / "book" / "references.bib"


def test_every_year_of_the_contest_has_a_smaller_error_and_a_known_source():
    keys = set(re.findall(r"@\w+\{(\w+),", BIBLIOGRAPHY.read_text(encoding="utf-8")))
    assert [one.year for one in WINNERS] == list(range(2010, 2018))
    assert all(a.error > b.error for a, b in itertools.pairwise(WINNERS))
    assert {one.source for one in WINNERS} <= keys
    for name in re.findall(r"\{(\w+)\}", Path(published.__file__).read_text(encoding="utf-8")):
        assert name in keys


def test_the_annotator_stands_between_the_winners_of_2014_and_2015():
    errors = {one.year: one.error for one in WINNERS}
    assert errors[2015] < ANNOTATOR < errors[2014]


def test_narrower_and_smaller_mobilenets_cost_less_and_know_less():
    by_setting = {(one.width, one.size): one for one in MOBILENETS}
    assert len(by_setting) == 16
    for one in MOBILENETS:
        narrower = by_setting.get((one.width - 0.25, one.size))
        if narrower:
            assert narrower.multiply_adds < one.multiply_adds
            assert narrower.parameters < one.parameters
            assert narrower.accuracy < one.accuracy
        smaller = by_setting.get((one.width, one.size - 32))
        if smaller:
            assert smaller.multiply_adds < one.multiply_adds
            assert smaller.accuracy < one.accuracy
            assert smaller.parameters == one.parameters
