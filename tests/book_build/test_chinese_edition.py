"""A small chapter in pseudo-Chinese: what a translator is given holds every word a reader sees."""

import os
import re
import shutil
import subprocess
import sys
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
REFERENCES = "@book{someone2000, author={Some One}, title={Walks}, publisher={P}, year={2000}}\n"
SET_UP = """import pandas as pd
from matplotlib import pyplot as plt
from course_lib import plots
from course_lib.explore import choice, explore, slider
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
    return f"After {steps} steps at a {pace} pace {end}."
"""
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
        new.new_code_cell(RESULTS, id="e"),
        new.new_code_cell(TABLE, id="f"),
        new.new_markdown_cell(TASK, id="g"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    file.parent.mkdir()
    nbformat.write(new.new_notebook(cells=cells, metadata=kernel), file)


def write_book(folder: Path) -> None:
    config = (execute.REPOSITORY / "_config.yml").read_text(encoding="utf-8")
    # A machine without Chinese letters draws boxes and says so on stderr; it can still test.
    config = config.replace("stderr_output: warn", "stderr_output: remove")
    (folder / "_config.yml").write_text(config, encoding="utf-8")
    for name in ("_static", "_templates"):
        shutil.copytree(execute.REPOSITORY / "book" / name, folder / "book" / name)
    pages = {"book/first.md": FIRST, "book/glossary.md": GLOSSARY, "_toc.yml": TOC}
    for name, text in pages.items() | {("book/references.bib", REFERENCES)}:
        (folder / name).write_text(text, encoding="utf-8")
    write_chapter(folder / "notebooks" / "07_tiny.ipynb")


def run(module: str, folder: Path, *arguments: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COURSE_")}
    done = subprocess.run(
        [sys.executable, "-m", module, "--source", str(folder), *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=execute.REPOSITORY,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


# What a translator keeps: mathematics, code, roles, addresses, values, entities, bold.
KEPT = re.compile(r"\$[^$]*\$|\{[\w:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)|\{+\w+\}+|&\w+;|\*\*")
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
        if not message.id or message.id.startswith("$$"):
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
    """The chapter's page, built in pseudo-Chinese."""
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
    html = (folder / "_build/html/notebooks/07_tiny.html").read_text(encoding="utf-8")
    return LexborHTMLParser(html)


def seen_and_heard(page: LexborHTMLParser) -> str:
    """All text of a page: what stands on it, and names and alternative texts, a line each."""
    for node in page.css("pre:not(.output pre), code, .katex, math, script:not([type]), style"):
        node.decompose()
    lines = [node.text() for node in page.css("body")]
    for name in ("alt", "aria-label", "title", "aria-valuetext", "placeholder", "data-pause"):
        lines += [node.attributes[name] or "" for node in page.css(f"[{name}]")]
    return "\n".join(lines)


def test_no_asterisk_and_no_english_word_is_left(chapter):
    text = seen_and_heard(chapter)
    assert "*" not in text
    left = sorted(set(re.findall(r"[A-Za-z][A-Za-z ]+", text)))
    assert left == []
