"""Every check of the chapter contract can fail: a good chapter passes all, each fault fails one."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4
from notebook_checks import code as python
from notebook_checks.chapter import Book, Chapter, pieces_of
from notebook_checks.contract import CHECKS
from notebook_checks.sources import lines_of_code

from book_build.mathematics import KATEX
from book_build.notebook_format import CHECKED
from book_build.outputs import as_text, normalised

TERMS = {
    "gradient descent": "梯度下降",
    "loss": "损失",
    "learning rate": "学习率",
    "sample": "样本",
    "feature": "特征",
    "weight": "权重",
    "residual": "残差",
    "overfitting": "过拟合",
}
KEYS = ("gauss1809", "legendre1805", "hastie2009")
FILLER = "The path of the weights goes down and settles. " * 75  # 675 words

GLOSSARY = "# Glossary\n\n```{glossary}\n" + "".join(
    f"{entry}\n  {chinese}. What it means.\n\n" for entry, chinese in TERMS.items()
)
BIBLIOGRAPHY = "".join(
    f"@book{{{key},\n author={{A. Uthor}},\n title={{On {key}}},\n year=1805,\n publisher={{P}}}}\n"
    for key in KEYS
)

CONTENTS = """\
format: jb-book
root: book/welcome
chapters:
  - file: notebooks/03_first
  - file: notebooks/05_lines
"""
OPENING = """\
# Linear regression

Why does a bigger step make the path explode?

**You will be able to**

- derive the gradient ({ref}`ex-1`)
- choose a step ({ref}`the exercise <ex-2>`)
- read a path ({ref}`ex-6`)

**You need** [tensors](../book/glossary.md#glossary) and 40 minutes.
"""
ASKING = """\
{name}.ask(
    choose("Where does {name} turn?", "at once", "never", right="never", first=True, why="It can."),
    find("Which k is the steepest?", most="k", why="A line to 2 rises most."),
    number("How far does it rise?", right=lambda at: at(k=2)["rise"], why="It is the difference."),
)"""
RECALL = """\
recall(
    choose("What does a step do?", "go down", "go up", right="go down", why="It follows the slope.",
           place="03_first.ipynb#the-idea"),
)"""
BY_HAND = "def mean(x):\n    return sum(x) / len(x)"
BEYOND = (
    "Ridge regression shrinks the weights; Lasso drops some of them. " * 8 + "Chapter 6 has both."
)
NOTES = """\
:::{admonition} You may have read
:class: notes-wrong

"A bigger step is always faster."
:::
"""
EXERCISE = """\
```{{exercise-start}} Number {n}
:label: ex-{n}
```

{task} Write the gradient.

```{{hint}}
:class: dropdown

Differentiate each residual.
```

```{{exercise-end}}
```
"""
SOLUTION = """\
```{{solution-start}} ex-{n}
:class: dropdown
```
"""
SOLUTION_END = "```{solution-end}\n```"
PICTURE = "plt.plot([1, 2])"
ALT = "A line that rises from one to two"
SET_UP = """\
import matplotlib.pyplot as plt
import numpy as np
from course_lib.exercises.lines import check_gradient
from course_lib.explore import choose, explore, find, number, recall, seen, slider
rng = np.random.default_rng(0)"""
EXPLORER = """\
@explore(k=slider(1, 2, label="k"))
def {name}(k):
    plt.plot([0, k])
    return seen(f"A line to {{k}}, {name}.", rise=k)"""


def md(source: str) -> NotebookNode:
    return v4.new_markdown_cell(source)


def code(source: str, *tags: str, alt: str = "", stored: str = "") -> NotebookNode:
    cell = v4.new_code_cell(source)
    if tags:
        cell.metadata["tags"] = list(tags)
    if alt:
        cell.metadata["mystnb"] = {"image": {"alt": alt}}
    if stored:
        cell.outputs = [v4.new_output("stream", name="stdout", text=stored)]
        cell.execution_count = 1
    return cell


def asking(source: str) -> NotebookNode:
    cell = code(source, "remove-input")
    cell.metadata["jupyter"] = {"source_hidden": True}
    return cell


def story() -> list[NotebookNode]:
    terms = " ".join(f"A {{term}}`{entry}` ({zh}) is it." for entry, zh in TERMS.items())
    return [
        md(OPENING),
        code(SET_UP, "hide-input"),
        asking(RECALL),
        code("plt.plot([1, 2]);", alt=ALT),
        md(f"## The problem\n\n{terms} {{cite}}`{KEYS[0]}`\n\n{FILLER}"),
        code(EXPLORER.format(name="path")),
        asking(ASKING.format(name="path")),
        md(f"## The idea\n\n### A picture\n\n$$\n w^2\n$$ (eq:loss)\n\n{FILLER}"),
        code(EXPLORER.format(name="noise")),
        md("Guess first."),
        asking(ASKING.format(name="noise")),
        code(BY_HAND, "by-hand"),
        code("assert mean([1, 3]) == np.mean([1, 3])"),
        code("print(1)", CHECKED, stored="1\n"),
        code("half = 1 / 2"),
        code("quarter = half / 2"),
    ]


def closing() -> list[NotebookNode]:
    return [
        md(f"## Real data: diabetes\n\n{FILLER}"),
        code("print(2)", CHECKED, stored="2\n"),
        md("## Against the reference"),
        code("print(3)", CHECKED, stored="3\n"),
        md(f"## Where notes go wrong\n\n{NOTES}"),
        code("rng.normal(size=3).sum() < 9;"),
        md("## Summary\n\nThe loss is $w^2$, by {eq}`eq:loss` of [the idea](#the-idea)."),
        md(f"## What lies beyond\n\n{BEYOND}"),
        md("## Exercises"),
        *(cell for n in range(1, 7) for cell in exercise(n)),
        md("## Further reading\n\n" + " ".join(f"{{cite:t}}`{key}`" for key in KEYS)),
    ]


def exercise(n: int) -> list[NotebookNode]:
    last = "check_gradient(my_gradient)" if n <= 2 else f"assert my_gradient(0, {n}) == 0"
    solution = f"def my_gradient(w, x):\n    return {n} * w * x\n{last}"
    return [
        md(EXERCISE.format(n=n, task="**By hand.**" if n == 6 else "**Code it.**")),
        md(SOLUTION.format(n=n)),
        code(solution),
        md(SOLUTION_END),
    ]


Cells = list[NotebookNode]
Change = Callable[[Cells], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book/glossary.md").write_text(GLOSSARY + "```\n", encoding="utf-8")
    (tmp_path / "book/references.bib").write_text(BIBLIOGRAPHY, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    write(tmp_path, [md("# First\n\n## The idea")], "03_first")
    return tmp_path


def write(root: Path, cells: Cells, name: str = "05_lines") -> None:
    for at, cell in enumerate(cells):
        cell.id = f"c{at}"
    text = as_text(normalised(v4.new_notebook(cells=cells)))
    (root / f"notebooks/{name}.ipynb").write_text(text, encoding="utf-8")


def faults(root: Path) -> dict[str, list[str]]:
    """Return the faults of the last chapter by check, where there are any."""
    book = Book(root)
    found = {name: list(check(book.chapters[-1], book)) for name, check in CHECKS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def replace(old: str, new: str, count: int = -1) -> Change:
    """Return a change that replaces text in every cell; it must occur."""

    def change(cells: Cells) -> None:
        assert any(old in cell.source for cell in cells), f"{old!r} is not in the good chapter"
        for cell in cells:
            cell.source = cell.source.replace(old, new, count)

    return change


def find(cells: Cells, words: str) -> NotebookNode:
    return next(cell for cell in cells if words in cell.source)


def setting(words: str, **values: object) -> Change:
    """Return a change of the metadata of the first cell that holds the words."""
    return lambda cells: find(cells, words).metadata.update(values)


def adding(cell: NotebookNode, before: str = "## Real data") -> Change:
    return lambda cells: cells.insert(cells.index(find(cells, before)), cell)


def removing(words: str) -> Change:
    return lambda cells: cells.remove(find(cells, words))


def moving(words: str, before: str) -> Change:
    def change(cells: Cells) -> None:
        cell = find(cells, words)
        cells.remove(cell)
        cells.insert(cells.index(find(cells, before)), cell)

    return change


def shortening(words: str) -> Change:
    """Return a change that leaves a cell's first two lines and its last."""

    def change(cells: Cells) -> None:
        cell = find(cells, words)
        first, second, *_, last = cell.source.splitlines()
        cell.source = "\n".join([first, second, last])

    return change


def sklearn(module: str, call: str, between: str = "\n") -> str:
    return f"from sklearn.{module} import {call.split('(')[0]}{between}{call}"


NEEDS_KATEX = pytest.mark.skipif(not KATEX.exists(), reason="needs book/node_modules (npm ci)")

# check, what is changed in the good chapter, words of the sentence that must come.
PLANTED: list[tuple[str, Change, str]] = [
    (
        "names_of_explorers",
        replace("quarter = half / 2", "for plt in (1, 2):\n    pass"),
        "binds 'plt' again, which the explorer 'path' reads",
    ),
    (
        "names_of_explorers",  # through a function of another cell
        lambda cells: [
            replace("plt.plot([0, k])", "mean([0, k])")(cells),
            replace("return sum(x) /", "return half * sum(x) /")(cells),
        ],
        "binds 'half' again, which the explorer 'noise' reads",
    ),
    ("title", replace("# Linear regression\n", "Linear regression\n"), "begin the first cell with"),
    ("title", adding(md("# Again")), "one `#` heading, its title; found 2"),
    ("question", replace("explode?", "explode."), "ask the chapter's question"),
    ("first_picture", adding(md(FILLER), "import numpy"), "show a picture within the first 250"),
    ("promises", replace("You will be able to", "You can"), "You will be able to** with 3 to 5"),
    ("promises", replace("- choose a step ({ref}`the exercise <ex-2>`)\n", ""), "promise 3 to 5"),
    ("promises", replace("\n- ", "; "), "promise 3 to 5 things, each an item"),
    ("promises_are_trained", replace(" ({ref}`ex-1`)", ""), "'derive the gradient': end it with"),
    ("promises_are_trained", replace("<ex-2>", "<ex-9>"), "'ex-9' is the label of no exercise"),
    ("promises_are_trained", replace("{ref}`ex-6`", "{ref}`eq:loss`"), "'eq:loss' is the label of"),
    ("recall", removing("recall(\n"), "call `recall(...)` once, before the first `##`, with 1"),
    ("recall", moving("recall(\n", "## Real data"), "once, before the first `##`"),
    ("recall", adding(asking(RECALL), "plt.plot([1, 2]);"), "found 2 calls"),
    ("recall", replace("recall(\n", "recall(\n    number('?', 2, why='so'),\n"), "found 2"),
    (
        "recall",
        replace("recall(\n    choose", "recall(\n    find"),
        "is no question here: write one",
    ),
    ("recall", replace('why="It follows the slope."', "wrong={}"), "give it `why=`"),
    ("recall", replace(",\n           place=", ", at="), '`place="03_first.ipynb#heading"`'),
    ("recall", replace("ipynb#the-idea", "ipynb"), "say which section answers it"),
    ("recall", replace("03_first.ipynb#", "05_lines.ipynb#"), "is in no earlier chapter; those"),
    ("recall", replace("ipynb#the-idea", "ipynb#the-ideas"), "did you mean 'the-idea'?"),
    ("promises", replace("You need", "Read"), "write **You need**"),
    ("promises", replace("40 minutes", "time"), "how many minutes"),
    ("set_up_cell", setting(SET_UP, tags=[]), "fold the set-up cell"),
    (
        "set_up_cell",
        replace("rng = np", "for i in []: pass\nrng = np"),
        "imports and seeds, nothing",
    ),
    ("set_up_cell", adding(code("1"), "import numpy"), "the first code cell is the set-up"),
    ("sections_in_order", replace("## Summary", "## In short"), "write one section `## Summary`"),
    (
        "sections_in_order",
        lambda cells: cells.append(cells.pop(cells.index(find(cells, "## Real data")))),
        "put the sections in this order",
    ),
    ("sections_in_order", replace("## The idea", "### The idea"), "at least two `##` sections"),
    ("sections_hold_evidence", removing("print(2)"), "`## Real data` holds no code cell"),
    ("sections_hold_evidence", setting("print(3)", tags=[]), "or assert the agreement"),
    ("sections_hold_evidence", replace("$w^2$", "small"), "holds no formula"),
    ("heading_levels", replace("### A picture", "#### A picture"), "skips a level after `##`"),
    ("explorers", replace("@explore", "@other", 1), "at least 2 explorers"),
    ("explorers", removing("path.ask"), "call `path.ask(...)` once, in the cell after it"),
    ("explorers", moving("path.ask", "half = 1 / 2"), "call `path.ask(...)` once"),  # a heading
    ("explorers", moving("path.ask", "noise.ask"), "call `path.ask(...)` once"),
    ("explorers", replace("path.ask", "noise.ask"), "found 0 calls before the next heading"),
    (
        "explorers",
        adding(asking(ASKING.format(name="noise")), "def mean"),
        "found 2 calls before the next heading",
    ),
    (
        "explorers",
        replace("path.ask(\n", "path.ask(number('?', 2, why='so'),"),
        "3 questions; found 4",
    ),
    ("explorers", shortening("path.ask"), "ask 2 or 3 questions; found 1"),
    ("explorers", replace("path.ask(\n    choose", "path.ask(\n    guess"), "is no question here"),
    ("explorers", replace("path.ask(\n", "path.ask(*more,"), "`*more` is no question here"),
    ("explorers", replace(', why="It is the difference."', ""), "give it `why=`"),
    ("explorers", replace("first=True, ", ""), "exactly one of the questions with `first=True`"),
    ("explorers", replace('most="k",', 'most="k", first=True,'), "the first move; found 2"),
    ("explorers", replace("first=True", "first=1"), "exactly one of the questions"),
    (
        "explorers",
        lambda cells: [
            replace("first=True, ", "")(cells),
            replace('most="k",', 'most="k", first=True,')(cells),
        ],
        "before the first move ask with one of",
    ),
    ("form_of_questions", setting("path.ask", tags=[]), "keep what asks from the page"),
    ("form_of_questions", setting("recall(\n", jupyter={}), "keep what asks from the page"),
    ("form_of_questions", replace("Which k", "Which $k$"), "'$k$': texts of questions are plain"),
    ("form_of_questions", replace("Which k", "Which `k`"), "texts of questions are plain"),
    ("form_of_questions", replace("a step do", r"\\eta do"), "texts of questions are plain"),
    ("form_of_questions", replace("a step do", "a {term}`step` do"), "texts of questions are pl"),
    ("by_hand", setting("def mean", tags=[]), "the chapter's central algorithm 'by-hand'"),
    ("by_hand", replace("def mean(x):\n", "def mean(x):\n" + "    x = x\n" * 14), "16 lines by"),
    ("by_hand", removing("assert mean"), "in it, or in one of the next two cells"),
    (
        "by_hand",
        setting("def mean", tags=["by-hand", "hide-input"], jupyter={"source_hidden": True}),
        "show what is 'by-hand': unfolded",
    ),
    ("by_hand", moving("def mean", "my_gradient(0, 3)"), "unfolded, and in the story"),
    (
        "exercises",
        lambda cells: [cells.remove(c) for c in tail(cells, 5)],
        "at least 6 exercises; found 5",
    ),
    ("exercises", replace("**By hand.**", "**By hand**"), "of one exercise with `**By hand.**`"),
    ("what_lies_beyond", replace(BEYOND, "Ridge and Lasso."), "has 3 words; in at least 80 name"),
    (
        "what_lies_beyond",
        moving("## What lies beyond", "## Summary"),
        "directly after `## Summary`; it follows 'where notes go wrong'",
    ),
    ("sections_in_order", removing("## What lies beyond"), "write one section `## What lies bey"),
    (
        "sections_hold_evidence",
        replace("{admonition} You may have read", "{why}"),
        "quotes nothing",
    ),
    ("exercises", replace(":label: ex-3", ":label: ex-2"), "a `:label:` of its own"),
    ("exercises", replace("{hint}", "{seealso}"), "give it a hint before its solution"),
    ("exercises", replace("{solution-start} ex-3", "{solution-start} ex-9"), "add its solution"),
    ("exercises", replace("ex-4\n:class: dropdown", "ex-4"), "fold its solution"),
    ("exercises", replace("assert my_gradient(0, 4) == 0", "1"), "nothing holds the result of"),
    ("exercises", adding(code("x = rng.normal()"), "my_gradient(0, 3)"), "nothing holds the res"),
    ("exercises", removing("assert my_gradient(0, 4)"), "its solution holds no code cell"),
    ("exercises", replace("check_gradient(my", "print(my"), "a checker of course_lib.exercises"),
    ("solutions_are_gated", replace("-start} ex-3", "-start} ex-9"), "names no exercise"),
    ("solutions_are_gated", removing("{solution-end}"), "6 `{solution-start}` but 5"),
    ("solutions_are_gated", replace("{exercise-end}", "{why}", 1), "0 `{exercise-end}`"),
    ("solutions_are_gated", replace("{solution-start}", "{solution}"), "its code must run"),
    ("house_admonitions", adding(md("```{note}\nText.\n```")), "`{note}` is no box of this book"),
    (
        "house_admonitions",
        adding(md("```{admonition} Aside\nText.\n```")),
        "admonition 'Aside': its title begins with",
    ),
    (
        "house_admonitions",
        replace(":class: notes-wrong", ":class: x"),
        "give it `:class: notes-wrong`",
    ),
    (
        "house_admonitions",
        adding(md("```{admonition} Try it\n:class: try-it\nWhy?\n```")),
        "the page marks questions: ask with `NAME.ask(...)`",
    ),
    ("length_of_prose", replace("The path of the weights", ""), "not counted); write 2000"),
    ("length_of_prose", adding(md(FILLER * 4)), "not counted); write 2000 to 4000"),
    ("length_of_prose", adding(md(FILLER * 4), "ex-4\n```\n"), "write 2000 to 4000"),
    (
        "number_of_code_cells",
        lambda cells: [adding(code(f"x = {i}"))(cells) for i in range(25)],
        "43 code cells; write 15 to 35",
    ),
    ("number_of_code_cells", lambda cells: drop_code(cells), "code cells; write 15 to 35"),
    ("length_of_code_cells", adding(code("x = 1\n" * 26)), "26 lines; at most 25"),
    ("length_of_code_cells", adding(code("\n")), "is empty"),
    ("length_of_code_cells", lambda cells: lengthen(cells), "the median cell has"),
    ("stored_outputs", setting("print(1)", tags=[]), "found 2"),
    ("stored_outputs", lambda cells: find(cells, "print(1)").outputs.clear(), "store its output"),
    (
        "stored_outputs",
        adding(code("f", CHECKED, stored="<f at 0x7f0012345678>")),
        "must not print",
    ),
    ("plain_prose", adding(md("It is convex exactly if it bends up.")), "'if and only if'"),
    ("plain_prose", adding(md("Here hardly two\nwines agree.")), "'hardly two': in plain words"),
    ("plain_prose", adding(md("Of two: one is $1$: the\nother is not.")), "two colons in one"),
    (
        "short_sources",
        adding(code("import course_lib.trees as t\nshow_source(t.DecisionTreeClassifier)")),
        "lines of t.DecisionTreeClassifier; at most 25",
    ),
    (
        "sizes_are_printed",
        adding(code("report('25 wrong or more', bool(wrong >= 25))")),
        "'25 wrong or more' prints True or False",
    ),
    ("sizes_are_printed", adding(code("report(f'{n}: more than 2', n > 2)")), "print the size"),
    ("sizes_are_printed", adding(code("report('a, fewer than b', not a >= b)")), "print the size"),
    ("cell_tags", setting("print(1)", tags=["nbval-chek-output"]), "did you mean"),
    ("cell_tags", setting("print(1)", tags=["nbval-skip"]), "a cell that does not run"),
    ("alternative_texts", setting(PICTURE, mystnb={}), "in at least five words"),
    ("alternative_texts", setting(PICTURE, mystnb={"image": {"alt": "A line"}}), "five words"),
    (
        "alternative_texts",
        setting(PICTURE, mystnb={"image": {"alt": "The picture a/b/loss.png of the loss here"}}),
        "not a file's name",
    ),
    (
        "alternative_texts",
        setting("print(1)", mystnb={"image": {"alt": ALT}}),
        "but draws nothing",
    ),
    ("alternative_texts", adding(md("![x](a.png)")), "set its text in brackets"),
    ("alternative_texts", adding(md("```{figure} a.png\nText.\n```")), "set :alt:"),
    ("alternative_texts", adding(code("fig, ax = plt.subplots()")), "in at least five words"),
    ("alternative_texts", adding(code("def d():\n    plt.plot([1])\nd()")), "five words"),
    ("alternative_texts", adding(code("table.plot.bar()")), "in at least five words"),
    ("code_is_python", adding(code("!ls")), "no shell and no magics"),
    ("code_is_python", adding(code("%pip install x")), "no shell and no magics"),
    ("code_is_python", adding(code("if True:\n    !pip list")), "`!pip list`: no shell"),
    ("code_is_python", adding(code("x = !pip list")), "`!pip list`: no shell and no magics"),
    ("code_is_python", adding(code("x = %who_ls")), "`%who_ls`: no shell and no magics"),
    ("code_is_python", adding(code("%%bash\nls")), "`%%bash`: no shell and no magics"),
    ("code_is_python", adding(code("plt?")), "`%pinfo plt`: no shell and no magics"),
    ("code_is_python", adding(code("get_ipython().system('pip list')")), "`!pip list`: no shell"),
    ("code_is_python", adding(code("get_ipython().getoutput('ls')")), "`!ls`: no shell"),
    ("code_is_python", adding(code("get_ipython().system(f'pip {1}')")), "system(f'pip {1}')`: no"),
    ("code_is_python", adding(code("shell = get_ipython()\nshell.system('ls')")), "no shell"),
    ("code_is_python", adding(code("shell = get_ipython")), "`get_ipython`: no shell"),
    ("code_is_python", adding(code("__import__('requests')")), "`__import__` hides what"),
    ("code_is_python", adding(code("load = __import__")), "`__import__` hides what"),
    ("code_is_python", adding(code("exec('import requests')")), "`exec` hides what the cell runs"),
    ("code_is_python", adding(code("plt.importlib.import_module('os')")), "`import_module` hides"),
    ("code_is_python", adding(code("x = = 1")), "is not valid Python"),
    ("allowed_imports", adding(code("import requests")), "imports 'requests'"),
    ("allowed_imports", adding(code("import importlib")), "imports 'importlib'"),
    ("allowed_imports", adding(code("%time import requests")), "imports 'requests'"),
    ("allowed_imports", adding(code("%%timeit -n 1 -r 3\nimport requests")), "imports 'requests'"),
    ("no_network", adding(code("pd.read_csv('https://a.b/c.csv')")), "address `https://a.b/c.csv`"),
    ("no_network", adding(code("at = 's3://a/b'\npd.read_parquet(at)")), "the address `s3://a/b`"),
    ("no_network", adding(code("name = 1\nplt.imread(f'http://a.b/{name}')")), "`http://a.b/`"),
    ("no_network", adding(code("x = %time pd.read_csv('ftp://a/b')")), "the address `ftp://a/b`"),
    (
        "no_network",
        adding(code("from sklearn.datasets import fetch_openml")),
        "`sklearn.datasets.fetch_openml` downloads",
    ),
    (
        "no_network",
        adding(code("from sklearn import datasets as d\nd.fetch_lfw_pairs()")),
        "fetch_lfw",
    ),
    (
        "no_network",
        adding(code("from scipy.datasets import face")),
        "`scipy.datasets.face` downloads",
    ),
    (
        "no_network",
        adding(code("import torch\ntorch.hub.load('a/b', 'c')")),
        "`torch.hub.load` down",
    ),
    ("allowed_imports", adding(code("def f():\n    from os import path")), "imports 'os'"),
    ("seeds", replace("default_rng(0)", "default_rng()"), "has no seed"),
    ("seeds", adding(code("np.random.rand(3)")), "NumPy's global generator"),
    ("seeds", adding(code("import numpy.random as chance\nchance.rand(3)")), "global generator"),
    ("seeds", adding(code("from numpy.random import rand\nrand(3)")), "NumPy's global generator"),
    ("seeds", adding(code("np.random.default_rng(None)")), "has no seed"),
    ("seeds", adding(code("import torch\ntorch.randn(3)")), "put torch.manual_seed(SEED) into"),
    (
        "seeds",
        adding(code("from torch import nn\nnn.Linear(2, 1)")),
        "`nn.Linear` draws from torch",
    ),
    ("seeds", adding(code("import torch\ntorch.nn.Conv2d(1, 2, 3)")), "draws from torch"),
    ("seeds", adding(code("from torch.nn import init\ninit.normal_(w)")), "draws from torch"),
    ("seeds", adding(code("w.uniform_(-1, 1)")), "draws from torch's generator"),
    ("seeds", adding(code("from course_lib.nn.cnn import CNN\nCNN()")), "`CNN` draws from torch"),
    ("seeds", adding(code("import torch\ntorch.manual_seed(0)\ntorch.rand(3)")), "the set-up cell"),
    (
        "seeds",
        adding(code(sklearn("model_selection", "train_test_split(X, y)"))),
        "random_state=SE",
    ),
    ("seeds", adding(code(sklearn("ensemble", "RandomForestClassifier()"))), "draws lots: give it"),
    (
        "seeds",
        adding(code(sklearn("ensemble", "RandomForestClassifier(9).fit(X, y)"))),
        "draws lots",
    ),
    ("seeds", adding(code("%time " + sklearn("svm", "LinearSVC()", "\n%time "))), "draws lots"),
    ("seeds", adding(code("import sklearn.cluster as c\nc.KMeans(3)")), "`c.KMeans` draws lots"),
    *(
        (
            "seeds",
            adding(code(f"from course_lib.trees import boosting as b\nb.{call}")),
            "draws lots",
        )
        for call in (
            "AdaBoostClassifier(estimator=tree)",
            "GradientBoostingRegressor(subsample=0.5)",
            "GradientBoostingClassifier(n_iter_no_change=5)",
        )
    ),
    (
        "seeds",
        adding(code(sklearn("linear_model", "LogisticRegression(solver='saga')"))),
        "draws lot",
    ),
    ("seeds", adding(code(sklearn("model_selection", "KFold(5, shuffle=True)"))), "draws lots"),
    (
        "seeds",
        adding(code("from course_lib.cluster.kmeans import KMeans\nKMeans(4)")),
        "draws lots",
    ),
    (
        "seeds",
        adding(code("from scipy import optimize as o\no.dual_annealing(f, b)")),
        "draws lots",
    ),
    ("seeds", adding(code("table.sample(frac=0.5)")), "`table.sample` draws lots"),
    ("seeds", adding(code(sklearn("cluster", "KMeans(random_state=None)"))), "has no seed"),
    ("printed_is_compared", setting("print(1)", tags=[]), "prints what nobody compares"),
    ("printed_is_compared", adding(code("report('loss', 1)")), "prints what nobody compares"),
    ("printed_is_compared", adding(code("for k in (1, 2):\n    print(k)")), "prints what nobody"),
    (
        "printed_is_compared",
        adding(code("def tell():\n    print(1)\ntell()")),
        "prints what nobody",
    ),
    ("printed_is_compared", adding(code("x = 1", "output-varies")), "but prints nothing"),
    ("printed_is_compared", adding(code("x = 1\nx")), "displays what nobody compares"),
    ("printed_is_compared", adding(code("table.round(2)  # small;")), "displays what nobody"),
    ("no_helper_twice", adding(code("def f(x): return x\ndef f(x): return 1")), "`f` stands in"),
    ("links", replace("(#the-idea)", "(06_lines.ipynb)"), "there is no page '06_lines.ipynb'; did"),
    (
        "links",
        replace("(#the-idea)", "(../book/glosary.md)"),
        "did you mean '../book/glossary.md'?",
    ),
    (
        "links",
        replace("(#the-idea)", "(#the-ideas)"),
        "no heading or label 'the-ideas'; did you mean",
    ),
    ("links", replace("glossary.md#glossary", "glossary.md#terms"), "glossary.md has no heading"),
    (
        "links",
        replace("{eq}`eq:loss`", "{eq}`eq:los`"),
        "no page has this label; did you mean 'eq:",
    ),
    ("links", replace("{eq}`eq:loss`", "{ref}`ex-9`"), "no page has this label; did you mean 'ex-"),
    ("links", replace("{eq}`eq:loss`", "{doc}`lines <05_line>`"), "did you mean '05_lines'?"),
    pytest.param(
        "formulas", replace("$w^2$", "$\\frac{w}$"), "`\\frac{w}`: KaTeX", marks=NEEDS_KATEX
    ),
    pytest.param(
        "formulas", replace(" w^2\n", " \\loss\n"), "Undefined control", marks=NEEDS_KATEX
    ),
    ("further_reading", replace(f"{{cite:t}}`{KEYS[2]}`", ""), "cite 3 to 6 works"),
    ("further_reading", replace(KEYS[0], "gaus1809"), "did you mean 'gauss1809'"),
    ("glossary_links", replace("{term}`loss`", "loss"), "at least 8 terms with {term}; found 7"),
    ("glossary_links", replace("{term}`loss`", "{term}`los`"), "did you mean 'loss'"),
    ("new_terms", replace("{term}`loss`", "**{term}`loss`**"), "{term}`loss` without asterisks"),
    (
        "new_terms",
        replace("{term}`loss` (损失)", "{term}`loss` (损失), **the {term}`loss`**"),
        "{term}`loss` without asterisks",
    ),
    ("new_terms", replace("`loss` (损失)", "`loss`"), "'loss' is new here"),
    ("few_new_terms", replace(FILLER, ""), "8 new terms in"),
    ("new_terms", replace("(损失)", "(梯度)"), "'loss' is 梯度 here but 损失 in the glossary"),
]


# What stands in a pytest.param has its three values inside.
NAMED = [getattr(one, "values", one) for one in PLANTED]


def tail(cells: Cells, n: int) -> Cells:
    start = cells.index(find(cells, f":label: ex-{n}"))
    return cells[start : start + 4]


def drop_code(cells: Cells) -> None:
    for cell in [cell for cell in cells if cell.cell_type == "code"][-6:]:
        cells.remove(cell)


def lengthen(cells: Cells) -> None:
    for cell in cells:
        if cell.cell_type == "code":
            cell.source += "\nx = 1" * 8


def test_good_chapter_passes_everything(root):
    write(root, story() + closing())
    assert faults(root) == {}


def test_a_wrapped_import_counts_as_one_line(root):
    cells = story() + closing()
    names = "".join(f"    {name},\n" for name in sorted(set(dir(math))) if name.isalpha())
    adding(code(f"from math import (\n{names})\n"))(cells)
    write(root, cells)
    assert "length_of_code_cells" not in faults(root)


@pytest.mark.parametrize(
    ("check", "change", "words"), PLANTED, ids=[f"{i}-{p[0]}" for i, p in enumerate(NAMED)]
)
def test_planted_fault_is_named(root, check, change, words):
    cells = story() + closing()
    change(cells)
    write(root, cells)
    book = Book(root)
    sentences = list(CHECKS[check](book.chapters[-1], book))
    assert any(words in sentence for sentence in sentences), sentences


def test_every_check_has_a_planted_fault():
    assert {name for name, _, _ in NAMED} | {"tidy_file", "in_the_contents"} == set(CHECKS)


def test_chapter_that_the_contents_leave_out_is_named(root):
    write(root, story() + closing(), "07_alone")
    (sentence,) = faults(root)["in_the_contents"]
    assert "`- file: notebooks/07_alone`" in sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [('"execution_count": null', '"execution_count": 7'), ('\n "cells"', '\n  "cells"')],
    ids=["count", "layout"],
)
def test_untidy_file_is_named(root, old, new):
    write(root, story() + closing())
    path = root / "notebooks/05_lines.ipynb"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (sentence,) = faults(root)["tidy_file"]
    assert "`python run.py outputs 05_lines` would change the file" in sentence


def test_output_outside_checked_cells_is_named(root):
    write(root, story() + closing())
    path = root / "notebooks/05_lines.ipynb"
    text = path.read_text(encoding="utf-8").replace(CHECKED, "hide-output", 1)
    path.write_text(text, encoding="utf-8")
    assert any("keeps output" in one for one in faults(root)["stored_outputs"])


HELPER = "def centre(X):\n    mean = X.mean(axis=0)\n    X = X - mean\n    return X"
TWO = "def scaled(X, s):\n    Z = X / np.std(X, axis=0)\n    return Z * s"
ROUNDED = "share = lambda table: np.round(100 * table.mean(axis=0), 1)"


def write_two_chapters(root: Path, first: str, second: str) -> None:
    for chapter, source in [("03_first", first), ("05_lines", second)]:
        cells = story() + closing()
        adding(code(source))(cells)
        replace(BY_HAND, BY_HAND.replace("mean", f"mean_{chapter}"))(cells)
        for name in ("path", "noise"):
            replace(f"def {name}", f"def {name}_{chapter}")(cells)
            replace(f"{name}.ask", f"{name}_{chapter}.ask")(cells)
            replace(f", {name}.", f", {name} of {chapter}.")(cells)
        write(root, cells, chapter)


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (HELPER, HELPER.replace("centre", "shift"), "shift"),
        (HELPER, HELPER.replace("mean =", "m =").replace("- mean", "- m"), "centre"),
        (
            TWO,
            TWO.replace("scaled", "unit")
            .replace("Z", "Y")
            .replace("s)", "size)")
            .replace("* s", "* size"),
            "unit",
        ),
        (
            TWO,
            TWO.replace("Z = X", '"""Scale."""\n    Z = X').replace("scaled(X", "unit(X: int"),
            "unit",
        ),
        (ROUNDED, ROUNDED.replace("share", "part").replace("table", "t"), "lambda of line 1"),
        (ROUNDED, "def part(t):\n    return np.round(100 * t.mean(axis=0), 1)", "part"),
        (ROUNDED, "d = {'%': lambda t: np.round(100 * t.mean(axis=0), 1)}", "lambda of line 1"),
    ],
)
def test_helper_of_an_earlier_chapter_is_named(root, first, second, name):
    write_two_chapters(root, first, second)
    (sentence,) = faults(root)["no_helper_twice"]
    assert f"`{name}` stands in 03_first" in sentence


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TWO, TWO.replace("scaled", "unit").replace("axis=0", "axis=1")),  # does something else
        (TWO, TWO.replace("scaled", "unit").replace("np.std", "np.ptp")),
        (TWO, TWO.replace("scaled", "unit").replace("X / np.std(X", "s / np.std(X")),
        ("f = lambda x: x**2 - 1", "g = lambda t: t**2 - 1"),  # too small to move to a library
    ],
)
def test_another_helper_is_none_twice(root, first, second):
    write_two_chapters(root, first, second)
    assert "no_helper_twice" not in faults(root)


# What the seeds' check must leave alone: nothing is drawn, or the seed is given.
@pytest.mark.parametrize(
    "source",
    [
        sklearn("linear_model", "LogisticRegression()"),
        sklearn("model_selection", "KFold(5)"),
        sklearn("svm", "SVC()"),
        sklearn("ensemble", "RandomForestClassifier(random_state=3)"),
        sklearn("ensemble", "RandomForestClassifier(**how)") + "\nhow = {'random_state': 0}",
        sklearn("datasets", "make_moons(9, random_state=0)"),
        "from course_lib.linear_models.svm import LinearSVC\nLinearSVC(C=3)",
        "from course_lib.cluster.kmeans import KMeans\nKMeans(2, init=centres)",
        "from course_lib.trees import DecisionTreeClassifier\nDecisionTreeClassifier()",
        "from course_lib.trees.boosting import AdaBoostClassifier\nAdaBoostClassifier()",
        "from course_lib.trees import boosting\nboosting.GradientBoostingRegressor(loss='huber')",
        "import torch\ntorch.rand(3, generator=g)",
        "from torch import nn\nnn.MSELoss()(nn.ReLU()(a), b)",
        "rng.shuffle(x)\nnp.random.default_rng(3)\nurn.sample()",
    ],
)
def test_what_draws_nothing_needs_no_seed(root, source):
    cells = story() + closing()
    adding(code(source))(cells)
    write(root, cells)
    assert faults(root).get("seeds", []) == []


@pytest.mark.parametrize(
    "source", ["%time x = 1", "%timeit -n 1 -r 3 f()", "x = %time f()", "%%time\nx = 1"]
)
def test_time_may_be_measured(root, source):
    cells = story() + closing()
    adding(code(source))(cells)
    write(root, cells)
    assert faults(root) == {}


@pytest.mark.parametrize(
    "cell",
    [
        md(
            "**Time:** ten minutes: less for some. Of two, one: $x:\\ y$ at 10:30.\n\n"
            "Of 1 : 9: so:\n\nA: b; c: d."
        ),
        md("Hardly any wine is exactly as if cut."),
        code("from course_lib.trees.splits import SortedSearch\nshow_source(SortedSearch.gains)"),
        code("def far(x):\n    return x\nshow_source(far)"),
        code(
            "report('more than half', 0.75)\nreport('same labels', bool(same))",
            CHECKED,
            stored="1\n",
        ),
    ],
)
def test_what_is_plain_is_no_fault(root, cell):
    cells = story() + closing()
    adding(cell)(cells)
    write(root, cells)
    assert faults(root) == {}


def test_a_cell_that_says_that_it_varies_may_print(root):
    cells = story() + closing()
    adding(code("print(2)", "output-varies"))(cells)
    adding(code("def tell():\n    print(1)"))(cells)  # prints nothing yet
    adding(code("table.round(2)", "output-varies"))(cells)
    adding(code("step();  # returns what nobody needs"))(cells)
    write(root, cells)
    assert "printed_is_compared" not in faults(root)


def test_a_term_of_an_earlier_chapter_is_not_new(root):
    write(root, story() + closing(), "03_first")
    cells = story() + closing()
    replace("{term}`loss` (损失)", "{term}`the losses <loss>`")(cells)
    write(root, cells)
    assert "new_terms" not in faults(root)
    assert "glossary_links" not in faults(root)


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("Two words, $x$ `code` {cite}`key` **bold** [linked text](a.md) (梯度下降).", 5),
        ("```{admonition} Title\n:class: why\n\nThree more words.\n```", 3),
        ("```python\nnot prose at all\n```", 0),
        ("# A title\n\n- one item\n- don't", 5),
        ("See {term}`the losses <loss>`.", 3),
    ],
)
def test_words_are_those_that_a_person_reads(markdown, words):
    assert sum(piece.words for piece in pieces_of(markdown)) == words


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("plt.plot(x)", True),
        ("fig, axes = plt.subplots(2)\naxes[0].imshow(X)", True),
        ("plots.loss_contours(loss)", True),
        ("contours(loss)", True),
        ("RocCurveDisplay.from_predictions(y, p)", True),
        ("plots.use_style()", False),
        ("plots.PALETTE['blue']", False),
        ("plt.rcParams['figure.dpi']", False),
        ("def draw():\n    plt.plot(x)", False),
        ("axis_sum = X.sum(axis=0)", False),
    ],
)
def test_what_draws(root, source, drawn):
    names = "from course_lib import plots\nfrom course_lib.plots import loss_contours as contours"
    write(root, [code(SET_UP), code(names), code(source)])
    _, chapter = Book(root).chapters
    assert python.draws(chapter.codes[-1], python.drawing_names(chapter)) is drawn


def test_chapter_is_read_as_its_author_wrote_it(root):
    write(root, story() + closing())
    _, chapter = Book(root).chapters
    assert isinstance(chapter, Chapter)
    assert [one.label for one in chapter.exercises] == [f"ex-{n}" for n in range(1, 7)]
    assert Book(root).glossary == TERMS
    assert chapter.citations() == [KEYS[0], *KEYS]


def test_lines_of_code_are_found_without_importing():
    (direct,) = {
        lines_of_code(f"course_lib.trees.{module}DecisionTreeClassifier")
        for module in ("", "decision_tree.")
    }
    assert direct > 25
    assert lines_of_code("course_lib.nn.recurrent.lstm_gates") == 6
    assert lines_of_code("course_lib.trees.splits.SortedSearch.gains") == 8
    for unknown in ("numpy.mean", "own", "course_lib.trees.splits.SortedSearch.none"):
        assert lines_of_code(unknown) == 0


def test_cells_that_only_ask_are_no_code(root):
    cells = story() + closing()
    shows = ASKING.format(name="path")
    find(cells, "path.ask").source = shows.replace("right=", "\n" * 3 + "right=" + "\n" * 30)
    long = "recall(" + "\n1,".join([""] * 40) + ")"
    adding(asking(long))(cells)
    write(root, cells)
    chapter = Book(root).chapters[-1]
    numbers = {code.number for code in chapter.codes if python.only_asks(code)}
    assert len(numbers) == 4
    assert numbers.isdisjoint(code.number for code in python.of_the_story(chapter))
    assert "length_of_code_cells" not in faults(root)
    find(cells, long).source = f"x = 1\n{long}"  # computes too
    write(root, cells)
    assert any("41 lines" in one for one in faults(root)["length_of_code_cells"])


def test_solutions_are_no_prose(root):
    write(root, story() + closing())
    words = Book(root).chapters[-1]
    cells = story() + closing()
    find(cells, "{solution-start} ex-2").source += "\nFive words that solve it."
    write(root, cells)
    solved = Book(root).chapters[-1]
    assert solved.words() == words.words() + 5
    assert solved.words(solved.prose) == words.words(words.prose)


def test_the_first_chapter_recalls_nothing(root):
    write(root, story() + closing(), "02_lines")
    first, *_ = book = Book(root).chapters
    assert len(book) == 2
    (sentence,) = CHECKS["recall"](first, Book(root))
    assert "there is no earlier chapter to recall" in sentence


def test_recall_asks_about_three_chapters_at_most(root):
    for number in range(4):
        write(root, [md("# First\n\n## The idea")], f"0{number}_first")
    cells = story() + closing()
    question = RECALL.removeprefix("recall(\n").removesuffix(")")
    find(cells, "recall(\n").source = f"recall(\n{question * 3})"
    write(root, cells)
    assert faults(root) == {}
    find(cells, "recall(\n").source = f"recall(\n{question * 4})"
    write(root, cells)
    (sentence,) = faults(root)["recall"]
    assert "recall with 3 questions (4 earlier chapters; at most 3); found 4" in sentence
