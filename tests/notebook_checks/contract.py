"""The chapter contract: each check takes a chapter and the book, and yields a sentence per fault.

A sentence says what to do. The numbers are those of the design of a chapter: what people who take
courses read to the end.
"""

import ast
import difflib
import itertools
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator

from book_build import notebook_format, outputs
from notebook_checks import code as python
from notebook_checks import language, questions
from notebook_checks import links as links_of_pages
from notebook_checks.chapter import ABILITIES, Book, Chapter, Piece, plain, role_target
from notebook_checks.seeds import bound_names, resolved, unseeded
from notebook_checks.sources import lines_of_code

WORDS = (2000, 4000)
CODE_CELLS = (15, 35)
MEDIAN_LINES, MOST_LINES = 7, 25
MOST_LINES_BY_HAND, MOST_LINES_SHOWN = 15, 25
LEAST_CHECKED, LEAST_EXPLORERS, LEAST_EXERCISES, LEAST_CHECKERS, LEAST_TERMS = 3, 2, 6, 2, 8
WORDS_PER_NEW_TERM = 60
REFERENCES = (3, 6)
WORDS_TO_FIRST_PICTURE = 250  # about one screen
LEAST_WORDS_BEYOND = 80
EXERCISE_BY_HAND = "**By hand.**"
PACKAGES = ("course_lib", "numpy", "torch", "matplotlib", "pandas", "sklearn", "scipy")
PACKAGES += ("ntpath", "pathlib", "posixpath", "tempfile")  # Python's own: files, paths
MAGICS = ("%timeit", "%%timeit", "%time", "%%time")
SMALLEST_HELPER = 12  # nodes of its syntax tree: `lambda x: x**2 - 1` has 9
SECTIONS = (
    "Real data",
    "Against the reference",
    "Where notes go wrong",
    "Summary",
    "What lies beyond",
    "Exercises",
    "Further reading",
)
# Title of an admonition -> the class that gives it its look.
ADMONITIONS = {
    "Definition": "definition",
    "Why": "why",
    "You may have read": "notes-wrong",
    "Hint": "hint",
}
OTHER_ADMONITIONS = (
    *("note", "tip", "warning", "important", "caution", "danger", "error", "attention"),
    *("seealso", "topic", "sidebar", "dropdown", "card"),
)
FILE_NAME = re.compile(r"[\w/\\-]+\.(?:png|jpe?g|svg|webp|gif)\b", re.IGNORECASE)

Check = Callable[[Chapter, Book], Iterator[str]]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Add a check to the contract under its own name."""
    CHECKS[function.__name__] = function
    return function


# --- The parts, in order -------------------------------------------------------------------


@check
def title(chapter: Chapter, book: Book) -> Iterator[str]:
    """One `#`, at the very beginning."""
    first = chapter.notebook.cells[0] if chapter.notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "begin the first cell with `# Title`"
    if (count := sum(one.level == 1 for one in chapter.headings)) != 1:
        yield f"a chapter has one `#` heading, its title; found {count}"


@check
def in_the_contents(chapter: Chapter, book: Book) -> Iterator[str]:
    """`_toc.yml` names the chapter; else it is in no book."""
    page = f"notebooks/{chapter.name}"
    if page not in book.contents:
        yield f"name the chapter in _toc.yml (`- file: {page}`): else no reader sees it"


@check
def question(chapter: Chapter, book: Book) -> Iterator[str]:
    """A question that a person would ask stands under the title."""
    prose = [one for one in chapter.opening if one.kind == "prose" and not one.listed]
    if not any("?" in plain(one) for one in prose[:3]):
        yield "ask the chapter's question in the first three paragraphs under the title"


@check
def first_picture(chapter: Chapter, book: Book) -> Iterator[str]:
    """A picture within the first screen."""
    names, words = python.drawing_names(chapter), 0
    for piece in chapter.pieces:
        words += piece.words
        if words > WORDS_TO_FIRST_PICTURE:
            break
        if _is_picture(piece, names):
            return
    yield f"show a picture within the first {WORDS_TO_FIRST_PICTURE} words"


def _is_picture(piece: Piece, names: set[str]) -> bool:
    if piece.kind == "code":
        return python.draws(piece, names) or python.is_explorer(piece)
    if piece.kind == "directive":
        return piece.name in ("figure", "image")
    return any(token.type == "image" for token in piece.inline)


@check
def promises(chapter: Chapter, book: Book) -> Iterator[str]:
    """What the reader will be able to do, what is needed, and how long it takes."""
    text = " ".join(plain(one) for one in chapter.opening)
    if ABILITIES not in text:
        yield f"write **{ABILITIES}** with 3 to 5 verbs before the first `##`"
    elif not 3 <= (count := len(chapter.abilities)) <= 5:
        yield f"promise 3 to 5 things, each an item of the list below it; found {count}"
    if "You need" not in text:
        yield "write **You need** (links to earlier chapters) before the first `##`"
    if not re.search(r"\d+\s+minutes", text):
        yield "say before the first `##` how many minutes the chapter takes (`40 minutes`)"


@check
def promises_are_trained(chapter: Chapter, book: Book) -> Iterator[str]:
    """Every promised ability names the exercise of this chapter that trains it."""
    labels = [one.label for one in chapter.exercises]
    for ability in chapter.abilities:
        text = " ".join(plain(one) for one in ability)
        named = [role_target(one) for one in chapter.roles("ref", ability)]
        if not named:
            yield f"{text!r}: end it with the exercise that trains it: ({{ref}}`ex-label`)"
        elif not set(named) & set(labels):
            near = difflib.get_close_matches(named[-1], labels, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"those are {labels}"
            yield f"{text!r}: {named[-1]!r} is the label of no exercise of this chapter; {hint}"


@check
def recall(chapter: Chapter, book: Book) -> Iterator[str]:
    """Questions about earlier chapters at the top, each with the place that answers it."""
    yield from questions.faults_of_recall(chapter, book)


@check
def set_up_cell(chapter: Chapter, book: Book) -> Iterator[str]:
    """The first code cell imports and seeds, is folded, and does nothing else."""
    if not chapter.codes:
        yield "there is no code cell"
        return
    first = chapter.codes[0]
    if not any(True for _ in python.imports(first.tree)):
        yield f"{first.where}: the first code cell is the set-up: imports and seed"
    kinds = ("Import", "ImportFrom", "Assign", "Expr")
    if any(type(part).__name__ not in kinds for part in first.tree.body):
        yield f"{first.where}: the set-up cell imports and seeds, nothing else"
    if not {"hide-input", "hide-cell"} & set(notebook_format.tags(first.cell)):
        yield f"{first.where}: fold the set-up cell with the tag 'hide-input'"


@check
def sections_in_order(chapter: Chapter, book: Book) -> Iterator[str]:
    """A story of at least two sections, then the closing sections in their order."""
    found = [plain(one) for one in chapter.headings if one.level == 2]
    places = []
    for wanted in SECTIONS:
        hits = [i for i, one in enumerate(found) if one.lower().startswith(wanted.lower())]
        if len(hits) != 1:
            yield f"write one section `## {wanted}`; found {len(hits)} among {found}"
        places += hits[:1]
    if places != sorted(places):
        yield f"put the sections in this order: {', '.join(SECTIONS)}; found {found}"
    if places and min(places) < 2:
        yield "tell the story in at least two `##` sections before the closing ones"


@check
def sections_hold_evidence(chapter: Chapter, book: Book) -> Iterator[str]:
    """The sections that claim something run something; the summary holds the formulas."""
    for name in ("Real data", "Against the reference", "Where notes go wrong"):
        section = chapter.section(name)
        codes = [piece for piece in section if piece.kind == "code"]
        if section and not codes:
            yield f"`## {name}` holds no code cell: show it by running it"
        elif name == "Against the reference" and not any(
            notebook_format.is_checked(one.cell) or python.asserts(one) for one in codes
        ):
            yield f"`## {name}`: tag a cell {notebook_format.CHECKED!r}, or assert the agreement"
    summary = chapter.section("Summary")
    has_math = any(
        one.kind == "math" or any(token.type == "math_inline" for token in one.inline)
        for one in summary
    )
    if summary and not has_math:
        yield "`## Summary` holds no formula"
    wrong = chapter.section("Where notes go wrong")
    if wrong and not any(one.text.startswith("You may have read") for one in wrong):
        yield (
            "`## Where notes go wrong` quotes nothing: put each statement into a box "
            "`{admonition} You may have read`"
        )


@check
def what_lies_beyond(chapter: Chapter, book: Book) -> Iterator[str]:
    """Half a page after the summary: the neighbouring methods, and where each is done."""
    titles = [plain(one).lower() for one in chapter.headings if one.level == 2]
    for before, title in itertools.pairwise(titles):
        if title.startswith("what lies beyond") and not before.startswith("summary"):
            yield f"put `## What lies beyond` directly after `## Summary`; it follows {before!r}"
    section = chapter.section("What lies beyond")
    if section and (count := chapter.words(section)) < LEAST_WORDS_BEYOND:
        yield (
            f"`## What lies beyond` has {count} words; in at least {LEAST_WORDS_BEYOND} name "
            "the neighbouring methods, what each is for, and where it is done"
        )


@check
def by_hand(chapter: Chapter, book: Book) -> Iterator[str]:
    """The central algorithm stands on the page as a student would type it, and is compared."""
    tag, story = notebook_format.BY_HAND, python.of_the_story(chapter)
    cells = [one for one in story if tag in notebook_format.tags(one.cell)]
    if not cells:
        yield f"tag the cell that holds the chapter's central algorithm {tag!r}"
    for code in cells:
        if code.lines > MOST_LINES_BY_HAND:
            yield f"{code.where}: {code.lines} lines by hand; at most {MOST_LINES_BY_HAND}"
        if notebook_format.is_folded(code.cell) or code.number in chapter.exercise_cells:
            yield f"{code.where}: show what is {tag!r}: unfolded, and in the story"
        here = story.index(code)
        if not any(python.asserts(one) for one in story[here : here + 3]):
            yield (
                f"{code.where}: assert in it, or in one of the next two cells, that the library "
                "gives the same"
            )


@check
def heading_levels(chapter: Chapter, book: Book) -> Iterator[str]:
    """Levels go down one at a time: a screen reader's table of contents."""
    before = 0
    for one in chapter.headings:
        if one.level > before + 1:
            yield f"`{'#' * one.level} {plain(one)}` skips a level after `{'#' * before}`"
        before = one.level


# --- Explorers and exercises -------------------------------------------------------------------


@check
def explorers(chapter: Chapter, book: Book) -> Iterator[str]:
    """At least two, each followed by questions that the page marks, one before the first move."""
    found = [one for one in chapter.codes if python.is_explorer(one)]
    if len(found) < LEAST_EXPLORERS:
        yield f"write at least {LEAST_EXPLORERS} explorers (`@explore(...)`); found {len(found)}"
    for code in found:
        yield from questions.faults_after(chapter, code)


@check
def names_of_explorers(chapter: Chapter, book: Book) -> Iterator[str]:
    """What an explorer reads keeps its meaning below: a slider moves when all cells have run."""
    for at, code in enumerate(chapter.codes):
        for explorer, names in python.names_read_by_explorers(code, chapter).items():
            for later in chapter.codes[at + 1 :]:
                for name in sorted(names & python.names_bound(later)):
                    yield (
                        f"code cell {later.number} binds {name!r} again, which the explorer"
                        f" {explorer!r} reads when a control is moved: another name there"
                    )


@check
def form_of_questions(chapter: Chapter, book: Book) -> Iterator[str]:
    """What asks is not seen on the page, and its texts are plain."""
    for code in chapter.codes:
        yield from questions.faults_of_form(code)


@check
def exercises(chapter: Chapter, book: Book) -> Iterator[str]:
    """At least six, each with a label, a hint, and a folded solution that runs and asserts."""
    if len(chapter.exercises) < LEAST_EXERCISES:
        yield f"write at least {LEAST_EXERCISES} exercises; found {len(chapter.exercises)}"
    if not any(one.task.startswith(EXERCISE_BY_HAND) for one in chapter.exercises):
        yield f"begin the text of one exercise with `{EXERCISE_BY_HAND}`: pencil, and no computer"
    labels = Counter(one.label for one in chapter.exercises)
    checkers = python.checker_names(chapter)
    for at, one in enumerate(chapter.exercises, 1):
        name = f"exercise {at} ({one.label!r})"
        if not one.label or labels[one.label] > 1:
            yield f"{name}: give it a `:label:` of its own"
        if not one.has_hint:
            yield f"{name}: give it a hint before its solution: `{{hint}}` with `:class: dropdown`"
        if not one.has_solution:
            yield f"{name}: add its solution: `{{solution-start}} {one.label}` … `{{solution-end}}`"
            continue
        if not one.is_folded:
            yield f"{name}: fold its solution with `:class: dropdown`"
        if not one.solution:
            yield f"{name}: its solution holds no code cell"
        for code in one.solution:
            if not _is_held(code, checkers):
                yield (
                    f"{name}: nothing holds the result of {code.where}: assert it, call a checker, "
                    f"or tag the cell {notebook_format.CHECKED!r}"
                )
    checked = sum(
        any(python.calls_a_checker(code, checkers) for code in one.codes)
        for one in chapter.exercises
    )
    if checked < LEAST_CHECKERS:
        yield (
            f"call a checker of course_lib.exercises in at least {LEAST_CHECKERS} exercises; "
            f"found {checked}"
        )


def _is_held(code: Piece, checkers: set[str]) -> bool:
    """Say whether a wrong result of a solution's cell would be noticed, if it has one."""
    held = python.asserts(code) or python.calls_a_checker(code, checkers)
    return held or notebook_format.is_checked(code.cell) or python.only_defines(code)


@check
def solutions_are_gated(chapter: Chapter, book: Book) -> Iterator[str]:
    """Every solution belongs to an exercise above it, and every gate is closed."""
    labels = {one.label for one in chapter.exercises}
    directives = [one for one in chapter.pieces if one.kind == "directive"]
    for one in directives:
        if one.name == "solution":
            yield f"solution of {one.text!r}: its code must run; use `{{solution-start}}`"
        elif one.name == "solution-start" and one.text not in labels:
            yield f"`{{solution-start}} {one.text}` names no exercise of this chapter"
    for gate in ("solution", "exercise"):
        counts = [
            sum(one.name == f"{gate}-{end}" for one in directives) for end in ("start", "end")
        ]
        if counts[0] != counts[1]:
            yield f"{counts[0]} `{{{gate}-start}}` but {counts[1]} `{{{gate}-end}}`"


@check
def house_admonitions(chapter: Chapter, book: Book) -> Iterator[str]:
    """Only the boxes that the book knows, with the class that gives each its look."""
    for one in chapter.pieces:
        if one.kind != "directive":
            continue
        if one.name in OTHER_ADMONITIONS:
            yield f"`{{{one.name}}}` is no box of this book; use one of {list(ADMONITIONS)}"
        elif one.name == "admonition":
            kind = next((known for known in ADMONITIONS if one.text.startswith(known)), None)
            if one.text.startswith("Try it"):
                yield f"admonition {one.text!r}: the page marks questions: ask with `NAME.ask(...)`"
            elif kind is None:
                yield f"admonition {one.text!r}: its title begins with one of {list(ADMONITIONS)}"
            elif ADMONITIONS[kind] not in one.classes:
                yield f"admonition {one.text!r}: give it `:class: {ADMONITIONS[kind]}`"


# --- Length ------------------------------------------------------------------------------------


@check
def length_of_prose(chapter: Chapter, book: Book) -> Iterator[str]:
    """2,000 to 4,000 words: exercises and hints count, solutions, code and mathematics do not."""
    if not WORDS[0] <= (count := chapter.words(chapter.prose)) <= WORDS[1]:
        yield (
            f"{count} words of prose (solutions not counted); write {WORDS[0]} to {WORDS[1]}: what "
            "does not fit goes into an exercise or into `What lies beyond`"
        )


@check
def number_of_code_cells(chapter: Chapter, book: Book) -> Iterator[str]:
    """15 to 35, explorers and exercises included; what only asks is no code."""
    if not CODE_CELLS[0] <= (count := len(python.of_the_story(chapter))) <= CODE_CELLS[1]:
        yield f"{count} code cells; write {CODE_CELLS[0]} to {CODE_CELLS[1]}"


@check
def length_of_code_cells(chapter: Chapter, book: Book) -> Iterator[str]:
    """Median at most 7 lines, none above 25; blank lines do not count, nor cells that only ask."""
    story = python.of_the_story(chapter)
    for code in story:
        if code.lines > MOST_LINES:
            yield f"{code.where}: {code.lines} lines; at most {MOST_LINES}: move code to course_lib"
        if code.lines == 0:
            yield f"{code.where}: is empty; delete it"
    if story:
        median = statistics.median(code.lines for code in story)
        if median > MEDIAN_LINES:
            yield f"the median cell has {median:g} lines; at most {MEDIAN_LINES}: one idea a cell"


@check
def plain_prose(chapter: Chapter, book: Book) -> Iterator[str]:
    """Plain words, and one colon a sentence."""
    for piece in chapter.pieces:
        yield from language.faults(piece)


@check
def short_sources(chapter: Chapter, book: Book) -> Iterator[str]:
    """`show_source` shows what reads like its formula."""
    bound = bound_names(chapter)
    for code in chapter.codes:
        for what in python.shown(code):
            count = lines_of_code(resolved(python.chain(what), bound))
            if count > MOST_LINES_SHOWN:
                yield (
                    f"{code.where}: shows {count} lines of {ast.unparse(what)}; at most "
                    f"{MOST_LINES_SHOWN}: show a part of it, or link to it"
                )


# --- Outputs, metadata, pictures ---------------------------------------------------------------


@check
def stored_outputs(chapter: Chapter, book: Book) -> Iterator[str]:
    """At least three checked cells; their outputs are stored, comparable, and alone."""
    checked = [one for one in chapter.codes if notebook_format.is_checked(one.cell)]
    if len(checked) < LEAST_CHECKED:
        yield (
            f"tag at least {LEAST_CHECKED} cells {notebook_format.CHECKED!r}: those whose printed "
            f"numbers are the chapter's claims; found {len(checked)}"
        )
    for code in chapter.codes:
        if code in checked and not code.cell.outputs:
            yield f"{code.where}: store its output: `python run.py outputs {chapter.name}`"
        elif code in checked:
            for what in notebook_format.noise(code.cell.outputs):
                yield f"{code.where}: a checked cell must not print {what}"
        elif code.cell.outputs:
            yield f"{code.where}: keeps output; `python run.py outputs {chapter.name}` clears it"


@check
def printed_is_compared(chapter: Chapter, book: Book) -> Iterator[str]:
    """What a cell prints or displays is compared on every run, unless it says it may differ."""
    names = python.drawing_names(chapter)
    for code in chapter.codes:
        tags = notebook_format.tags(code.cell)
        varies = notebook_format.VARIES in tags or "%time" in code.text
        prints, displays = python.prints(code), python.displays(code, names)
        if (prints or displays) and not varies and notebook_format.CHECKED not in tags:
            yield (
                f"{code.where}: {'prints' if prints else 'displays'} what nobody compares: tag it "
                f"{notebook_format.CHECKED!r} and store its output (`python run.py outputs "
                f"{chapter.name}`), tag it {notebook_format.VARIES!r} if it may differ from "
                "machine to machine"
                + ("" if prints else ", or end it with ; if its value is not meant to be seen")
            )
        elif notebook_format.VARIES in tags and not prints and not displays:
            yield f"{code.where}: is tagged {notebook_format.VARIES!r} but prints nothing"


@check
def sizes_are_printed(chapter: Chapter, book: Book) -> Iterator[str]:
    """A size, not a truth value: "25 wrong of 70", not "more than 25: True"."""
    for code in chapter.codes:
        for label in python.reported_truths(code):
            yield (
                f"{code.where}: {label} prints True or False: print the size and assert the "
                "comparison, or only assert it"
            )


@check
def cell_tags(chapter: Chapter, book: Book) -> Iterator[str]:
    """Every tag is one that a tool reads."""
    for code in chapter.codes:
        for fault in notebook_format.tag_faults(code.cell):
            yield f"{code.where}: {fault}"


@check
def tidy_file(chapter: Chapter, book: Book) -> Iterator[str]:
    """The file is as `run.py outputs` writes it: no counts, no editor's metadata, one layout."""
    tidy = outputs.as_text(outputs.normalised(chapter.notebook))
    if chapter.file_text == tidy:
        return
    lines = difflib.unified_diff(chapter.file_text.splitlines(), tidy.splitlines(), n=0)
    first = [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")][:3]
    yield f"`python run.py outputs {chapter.name}` would change the file, first: {first}"


@check
def alternative_texts(chapter: Chapter, book: Book) -> Iterator[str]:
    """Every picture says what it shows; an explorer's returned sentence does so for itself."""
    names = python.drawing_names(chapter)
    for code in chapter.codes:
        alt, drawn = notebook_format.alternative_text(code.cell), python.draws(code, names)
        if alt and not drawn:
            yield f"{code.where}: has metadata.mystnb.image.alt but draws nothing"
        elif drawn:
            place = f"{code.where}: set metadata.mystnb.image.alt"
            yield from (f"{place}: {why}" for why in _alt_faults(alt))
    for piece in chapter.pieces:
        if piece.kind == "directive" and piece.name in ("figure", "image"):
            faults = _alt_faults(piece.options.get("alt", ""))
            yield from (f"`{{{piece.name}}} {piece.text}`: set :alt:: {why}" for why in faults)
        for token in piece.inline:
            if token.type == "image":
                where = f"picture {token.attrGet('src')!r}: set its text in brackets"
                yield from (f"{where}: {why}" for why in _alt_faults(token.content))


def _alt_faults(alt: str) -> Iterator[str]:
    if FILE_NAME.search(alt):
        yield f"say what the picture shows, not a file's name ({alt!r})"
    elif len(alt.split()) < 5:
        yield f"say in at least five words what the picture shows; found {alt!r}"


# --- Code --------------------------------------------------------------------------------------


@check
def code_is_python(chapter: Chapter, book: Book) -> Iterator[str]:
    """No shell, no magic that changes the machine or the kernel, nothing that hides what runs."""
    for code in chapter.codes:
        for typed in python.ipython_calls(code.transformed):
            if not typed.startswith(MAGICS):
                yield f"{code.where}: `{typed}`: no shell and no magics but {MAGICS}"
        for name in python.hiding_names(code.tree):
            yield f"{code.where}: `{name}` hides what the cell runs: write it out"
        if code.text.strip() and not code.tree.body and not _only_comments(code.text):
            yield f"{code.where}: is not valid Python"


def _only_comments(source: str) -> bool:
    return all(line.strip().startswith("#") for line in source.splitlines() if line.strip())


@check
def allowed_imports(chapter: Chapter, book: Book) -> Iterator[str]:
    """Only what the course installs and teaches with."""
    for code in chapter.codes:
        for module, _, _ in python.imports(code.tree):
            if module.split(".")[0] not in PACKAGES:
                yield f"{code.where}: imports {module!r}; a notebook imports only {PACKAGES}"


@check
def no_network(chapter: Chapter, book: Book) -> Iterator[str]:
    """Data come through course_lib.datasets, which checks and keeps what it downloads."""
    for code in chapter.codes:
        for what in python.from_the_network(code.tree):
            yield f"{code.where}: {what}: a notebook loads data through course_lib.datasets only"


@check
def seeds(chapter: Chapter, book: Book) -> Iterator[str]:
    """Two runs print the same."""
    yield from unseeded(chapter)


@check
def no_helper_twice(chapter: Chapter, book: Book) -> Iterator[str]:
    """No function, class or lambda stands twice in the book: a helper belongs in course_lib.

    What its variables are called makes no difference. A learner's function may carry the same name
    in several exercises, and in an exercise and its solution; the same body may not. What computes
    the answer to a question is no helper.
    """
    names: dict[str, str] = {}
    bodies: dict[str, str] = {}
    for one in [*(c for c in book.chapters if c.name < chapter.name), chapter]:
        for code in python.of_the_story(one):
            where = f"{one.name}, {code.where}"
            nameless = code.number in one.exercise_cells  # a learner's function
            for helper in python.helpers(code):
                named = not nameless and helper.name.isidentifier()
                earlier = bodies.get(helper.body) if helper.size >= SMALLEST_HELPER else None
                earlier = earlier or (names.get(helper.name) if named else None)
                if earlier and one is chapter:
                    yield (
                        f"{code.where}: `{helper.name}` stands in {earlier} too: move it to "
                        "course_lib and import it"
                    )
                bodies.setdefault(helper.body, where)
                if named:
                    names.setdefault(helper.name, where)


# --- Links -------------------------------------------------------------------------------------


@check
def further_reading(chapter: Chapter, book: Book) -> Iterator[str]:
    """Three to six references; every key that is cited anywhere exists."""
    least, most = REFERENCES
    count = len(set(chapter.citations(chapter.section("Further reading"))))
    if not least <= count <= most:
        yield f"cite {least} to {most} works in `## Further reading`; found {count}"
    for key in sorted(set(chapter.citations()) - book.references):
        near = difflib.get_close_matches(key, book.references, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "add it"
        yield f"{{cite}}`{key}` is not in book/references.bib; {hint}"


@check
def links(chapter: Chapter, book: Book) -> Iterator[str]:
    """Every link to a page, a heading, a formula or a label of the book arrives."""
    yield from links_of_pages.faults(chapter, links_of_pages.pages_of(book))


@check
def formulas(chapter: Chapter, book: Book) -> Iterator[str]:
    """KaTeX, which sets the book's mathematics, understands every formula."""
    for one, why in links_of_pages.errors_of(chapter, book).items():
        yield f"`{one.tex}`: {why}"


@check
def glossary_links(chapter: Chapter, book: Book) -> Iterator[str]:
    """At least eight terms linked to the glossary, and every link arrives."""
    linked = {term.entry for term in chapter.terms}
    if len(linked) < LEAST_TERMS:
        yield f"link at least {LEAST_TERMS} terms with {{term}}; found {len(linked)}"
    for entry in sorted(linked - set(book.glossary)):
        near = difflib.get_close_matches(entry, book.glossary, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "add it to book/glossary.md"
        yield f"{{term}}`{entry}` is not in the glossary; {hint}"


@check
def new_terms(chapter: Chapter, book: Book) -> Iterator[str]:
    """A term's first link in the book has the glossary's Chinese beside it, none has asterisks."""
    for entry in dict.fromkeys(term.entry for term in chapter.terms if term.bold):
        yield (
            f"write {{term}}`{entry}` without asterisks: the build makes a term's first link bold"
        )
    known = _known_terms(chapter, book)
    for term in chapter.terms:
        if term.entry in known:
            continue
        known.add(term.entry)
        chinese = book.glossary.get(term.entry) or "中文"
        if not term.chinese:
            yield (
                f"{term.entry!r} is new here: write {{term}}`{term.entry}` ({chinese}) "
                "at its first use"
            )
        elif book.glossary.get(term.entry) and term.chinese != chinese:
            yield f"{term.entry!r} is {term.chinese} here but {chinese} in the glossary"


@check
def few_new_terms(chapter: Chapter, book: Book) -> Iterator[str]:
    """At most one new term in sixty words: no reader keeps more."""
    new = {term.entry for term in chapter.terms} - _known_terms(chapter, book)
    words = chapter.words(chapter.prose)
    if len(new) * WORDS_PER_NEW_TERM > words:
        yield (
            f"{len(new)} new terms in {words} words; at most {words // WORDS_PER_NEW_TERM}, one "
            f"in {WORDS_PER_NEW_TERM}: leave out those that the chapter can do without"
        )


def _known_terms(chapter: Chapter, book: Book) -> set[str]:
    """Return the glossary's entries that earlier chapters link to."""
    return {term.entry for one in book.chapters if one.name < chapter.name for term in one.terms}
