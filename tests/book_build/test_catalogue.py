"""The catalogue holds every text that code may show, and a translation of it can be used."""

import json

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from book_build.catalogue import texts_of_code
from book_build.translation import TEMPLATE_NOTE, compile_po


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("plt.xlabel('learning rate')", [("learning rate", False)]),
        ("plt.xlabel(r'rate $\\eta_{max}$')", [(r"rate $\eta_{max}$", False)]),
        ("plt.xlabel(r'$\\eta_{max}$')", []),
        ("f'{x:.2f} ± {y}'", []),
        ("f'loss {loss[0]:.2f} and {max(a)}'", [("loss {loss} and {max_a}", True)]),
        ("f'{n} of {n} or {n + 1}'", [("{n} of {n_2} or {n_3}", True)]),
        ("f'set {{{x}}}'", [("set {{{x}}}", True)]),
        ("s = 'From ' + a + f' to {b}.'", [("From {a} to {b}.", True)]),
        (
            'f\'It {"grows" if x else "falls"} now\'',
            [("grows", False), ("falls", False), ("It {x} now", True)],
        ),
        ("'first ' 'second'", []),  # a string that stands alone is a docstring
        ("say('first ' 'second')", [("first second", False)]),
        ("def f():\n    '''Doc.'''\n    raise ValueError('no')", []),
        ("def f(x: 'Array') -> 'Array': return x", []),
        ("plt.plot(x, color='blue', marker='o', label='blue one')", [("blue one", False)]),
        ("if kind == 'mean': table['mean'].plot()", []),
        ("__all__ = ['Model']", []),
        ("fit(n_jobs='max_iter')", []),
    ],
)
def test_texts_of_code(code, texts):
    assert texts_of_code(code) == texts


def written(path, text, translation):
    catalog = Catalog(locale="zh_CN", fuzzy=False)
    catalog.add(text, translation, auto_comments=[TEMPLATE_NOTE])
    catalog.add("x_{i} as it is", "照旧x_{j}")
    catalog.add("not yet", "")
    with path.open("wb") as file:
        write_po(file, catalog)
    return path


def test_compiled_translation_knows_templates_from_texts(tmp_path):
    po = written(tmp_path / "words.po", "{n} of {k}", "{k}中{n}")
    compile_po(po, tmp_path / "made" / "words.json")
    words = json.loads((tmp_path / "made" / "words.json").read_text(encoding="utf-8"))
    assert words == {
        "exact": {"x_{i} as it is": "照旧x_{j}"},
        "templates": {"{n} of {k}": "{k}中{n}"},
    }


def test_translation_with_a_value_that_its_template_lacks_is_refused(tmp_path):
    po = written(tmp_path / "words.po", "{n} of {k}", "{k}中{m}")
    with pytest.raises(ValueError, match=r"{k}中{m}"):
        compile_po(po, tmp_path / "words.json")
