"""A small chapter in pseudo-Chinese: what a translator is given holds every word a reader sees."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import nbformat
import pytest
from babel.messages.pofile import read_po, write_po
from selectolax.lexbor import LexborHTMLParser

from book_build import execute, mathematics
from book_build.translation import TEMPLATE_NOTE

pytestmark = pytest.mark.skipif(
    not mathematics.KATEX.exists(), reason="needs book/node_modules (npm ci)"
)
TOC = """format: jb-book
root: book/first
parts:
  - caption: The only part
    chapters:
      - file: notebooks/07_tiny
      - file: book/glossary
"""
FIRST = "# First\n\nRead the [chapter](../notebooks/07_tiny.ipynb) first.\n"
GLOSSARY = "# Glossary\n\n```{glossary}\nloss\n  What is lost.\n\nmodel\n  It predicts.\n```\n"
PROSE = """# Walking down

**You will be able to**

- say what a {term}`loss` (损失) is;
- take the {term}`loss` of a {term}`line <model>` $y = wx$ in `code`.

(down)=
## Down

The {term}`loss` falls **fast** here; {ref}`down` says $x^2$, and {cite:t}`someone2000` why.
"""
TASK = """## Exercises

```{exercise}
:label: tiny-walk

**Recall.** Walk again.
```

````{solution} tiny-walk
:class: dropdown

Down.
````

## Further reading

```{bibliography}
:filter: docname in docnames
```
"""
TERMS = ("loss", "model")  # the glossary's: its entries have a name in either language
# Names of keys and of kinds of files.
NAMES = {"Ctrl", "K", "ipynb", "pdf", "PDF"}
REFERENCES = "@book{someone2000, author={Some One}, title={Walks}, publisher={P}, year={2000}}\n"
# A machine without Chinese letters draws boxes and says so; it can still test.
SET_UP = """import warnings
warnings.filterwarnings("ignore", message="Glyph")
import pandas as pd
from matplotlib import pyplot as plt
from course_lib import plots
from course_lib.explore import choice, choose, explore, find, number, recall, seen, slider
from course_lib.notebook import report
plots.use_style()"""
PICTURE = """plt.figure(figsize=(2, 1))
plt.plot([1, 2], label="training data")
plt.xlabel("learning rate")
plt.legend();"""
EXPLORER = """@explore(
    steps=slider(1, 2, label="steps down", play=True, words=lambda n: f"{n} of two"),
    pace=choice("slow", "fast", label="pace"),
)
def walk(steps, pace):
    plt.figure(figsize=(2, 1))
    end = "it stands still" if steps == 1 else f"it has reached {steps / 2:.1f}"
    return seen(f"After {steps} steps at a {pace} pace {end}.", height=steps)
"""
QUESTIONS = """walk.ask(
    choose("Which is higher?", "the start", "the end", right="the end", first=True,
           why="The walk goes up.", wrong={"the start": "Look again."}),
    number("How many hills are there?", 1, unit="hills", why="There is one."),
)
recall(number("What is two?", 2, why="One and one.", place="07_tiny.ipynb"))"""
FOUND = """@explore(steps=slider(1, 2, 3, label="steps up", start=2))
def climb(steps):
    plt.figure(figsize=(2, 1))
    return seen("It climbs.", height=steps)

climb.ask(find("Where is it highest?", most="height", why="It climbs with every step."),
          find("Where is it low at three?", where=lambda v: v["height"] == 3, why="It is not."))"""
RESULTS = """report("weight of the line", 1.5)
report("end of the walk", "it stands still")
print(f"{2} walks on {1} hill")"""
TABLE = 'pd.DataFrame({"mean height": [1.5]}, index=["the hill"])'


def write_chapter(file: Path) -> None:
    new = nbformat.v4
    alt = {"mystnb": {"image": {"alt": "A line that rises."}}}
    cells = [
        new.new_markdown_cell(PROSE, id="a"),
        new.new_code_cell(SET_UP, id="b", metadata={"tags": ["hide-input"]}),
        new.new_code_cell(PICTURE, id="c", metadata=alt),
        new.new_code_cell(EXPLORER, id="d"),
        new.new_code_cell(QUESTIONS, id="q"),
        new.new_code_cell(FOUND, id="r"),
        new.new_code_cell(RESULTS, id="e"),
        new.new_code_cell(TABLE, id="f"),
        new.new_markdown_cell(TASK, id="g"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    file.parent.mkdir()
    nbformat.write(new.new_notebook(cells=cells, metadata=kernel), file)


def write_book(folder: Path) -> None:
    shutil.copy(execute.REPOSITORY / "_config.yml", folder)
    for name in ("_static", "_templates"):
        shutil.copytree(execute.REPOSITORY / "book" / name, folder / "book" / name)
    pages = {"book/first.md": FIRST, "book/glossary.md": GLOSSARY, "_toc.yml": TOC}
    for name, text in pages.items() | {("book/references.bib", REFERENCES)}:
        (folder / name).write_text(text, encoding="utf-8")
    write_chapter(folder / "notebooks" / "07_tiny.ipynb")


def run(module: str, folder: Path, *arguments: str) -> None:
    ours = ("COURSE_", "MPLBACKEND")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", module, "--source", str(folder), *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=execute.REPOSITORY,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


# What a translator keeps: mathematics, code, roles, addresses, values, entities, bold. A term in
# asterisks gets no space, as in Chinese, and would show them.
KEPT = re.compile(
    r"\*\*\{term\}`[^`]*`\*\*|\$[^$]*\$|\{[\w:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)|\{+\w+\}+|&\w+;|\*\*"
)
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]*)>?`")


def pseudo_chinese(text: str) -> str:
    """Put 译 for every word; no space stays but between a word and what is bold."""
    pieces, end = [], 0
    for kept in [*KEPT.finditer(text), None]:
        words = text[end : kept.start() if kept else None]
        words = re.sub(r"[A-Za-z]+", "译", words)
        before = end > 0 and text[end - 2 : end] == "**"
        after = kept is not None and kept[0] == "**"
        left = " " if before and words.startswith(" ") else ""
        right = " " if after and words.endswith(" ") else ""
        inner = re.sub(r" +", "", words)
        pieces.append(left + inner + right)
        if kept:
            pieces.append(TERM.sub(r"{term}`词 <\1>`", kept[0]))
            end = kept.end()
    return "".join(pieces)


def translate(pot: Path, po: Path) -> None:
    """Translate every message of a catalogue; the values of templates change places."""
    with pot.open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        if message.id in ("", *TERMS):
            continue
        message.string = pseudo_chinese(message.id)
        if TEMPLATE_NOTE in message.auto_comments:
            message.string = "".join(re.split(r"(?<!\{)(\{\w+\})(?!\})", message.string)[::-1])
    catalog.fuzzy = False
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as file:
        write_po(file, catalog)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """The chapter's page, built in pseudo-Chinese, as HTML."""
    folder = tmp_path_factory.mktemp("book")
    write_book(folder)
    run("book_build.catalogue", folder)
    found = folder / "_build" / "gettext"
    locale = folder / "locale" / "zh_CN"
    for pot in found.rglob("*.pot"):
        prose = locale / "LC_MESSAGES" / pot.relative_to(found).with_suffix(".po")
        translate(pot, locale / "words.po" if pot.name == "words.pot" else prose)
    config = folder / "_config.yml"
    text = config.read_text(encoding="utf-8").replace("language: en", "language: zh_CN")
    config.write_text(text, encoding="utf-8")
    run("book_build.build", folder, "--no-serve", "--jobs", "1")
    return (folder / "_build/html/notebooks/07_tiny.html").read_text(encoding="utf-8")


# Code (a cell's source, not what it prints), mathematics, references.
NOT_PROSE = (
    ".cell_input pre, code, .katex, math, script, style, .bibtex-citation, [role=doc-biblioentry],"
    " [role=listitem].citation"
)


def seen_and_heard(page: LexborHTMLParser) -> str:
    """All text of a page: what stands on it, and names and alternative texts, a line each."""
    data = [json.loads(node.text()) for node in page.css(".course-explorer script")]
    marks = [json.loads(node.text()) for node in page.css(".question script")]
    for node in page.css(NOT_PROSE):
        node.decompose()
    lines = [node.text() for node in page.css("body, title")]
    lines += [node.attributes["content"] for node in page.css("meta[name=description]")]
    for explorer in data:
        lines += [explorer["failed"], *chain(*explorer["words"])]
        lines += [word for _, sentence, words in explorer["frames"] for word in (sentence, *words)]
    for mark in marks:
        wrong = [mark["wrong"]] if mark["kind"] == "find" else mark["wrong"]
        lines += [mark["said"], mark.get("missing", ""), *wrong]
    for name in ("alt", "aria-label", "title", "aria-valuetext", "placeholder", "data-pause"):
        lines += [node.attributes[name] or "" for node in page.css(f"[{name}]")]
    return "\n".join(lines)


def test_no_asterisk_and_no_english_word_is_left(chapter):
    text = seen_and_heard(LexborHTMLParser(chapter))
    assert "*" not in text
    assert set(re.findall(r"[A-Za-z]+", text)) <= NAMES


def test_everything_is_there(chapter):
    """The words of each kind, in Chinese; so the test above does not look at an empty page."""
    page = LexborHTMLParser(chapter)
    assert page.css_first("article h1").text().startswith("7. 译译")
    assert [link.text() for link in page.css("article .first-term")] == ["词", "词"]
    assert page.css_first("img.drawing").attributes["alt"] == "译译译译."
    assert [label.text() for label in page.css("figure label")] == ["译译", "译", "译译"]
    button = page.css_first("figure button").attributes
    assert (button["aria-label"], button["data-pause"]) == ("译译译", "译译译")
    assert page.css_first("figcaption").text() == ".1.0译译译译译译译译2译"
    questions = page.css("form.question > p:first-child")
    assert sorted(len(one.text()) for one in questions) == [4, 4, 5, 6, 7]
    assert [option.text() for option in page.css("form.question label")] == [" 译译", " 译译"]
    results = page.css_first(".output.stream, .cell_output .highlight").text()
    assert results.startswith("译译译译: 1.500\n译译译译: 译译译")
    assert [cell.text(strip=True) for cell in page.css("table.dataframe th")] == ["译译", "译译"]
