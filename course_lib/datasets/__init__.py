"""Data of the chapters: bundled, made by a known process, certified by NIST, or downloaded."""

from course_lib.datasets.bundled import Table, load_diabetes
from course_lib.datasets.cifar import load_cifar10
from course_lib.datasets.download import DataUnavailableError, data_folder
from course_lib.datasets.generated import near_copies
from course_lib.datasets.glyphs import (
    DIGITS,
    FONTS,
    LETTERS,
    GlyphSplit,
    glyph_split,
    rendered_glyphs,
)
from course_lib.datasets.grouped import grouped_points
from course_lib.datasets.images import LabeledImages
from course_lib.datasets.mnist import load_fashion_mnist, load_mnist
from course_lib.datasets.nist import NistProblem, digits_of_agreement, load_nist, nist_problems
from course_lib.datasets.photos import load_photo
from course_lib.datasets.sequences import (
    adding_problem,
    copy_task,
    load_python_reference,
    reversed_strings,
)

__all__ = [
    "DIGITS",
    "FONTS",
    "LETTERS",
    "DataUnavailableError",
    "GlyphSplit",
    "LabeledImages",
    "NistProblem",
    "Table",
    "adding_problem",
    "copy_task",
    "data_folder",
    "digits_of_agreement",
    "glyph_split",
    "grouped_points",
    "load_cifar10",
    "load_diabetes",
    "load_fashion_mnist",
    "load_mnist",
    "load_nist",
    "load_photo",
    "load_python_reference",
    "near_copies",
    "nist_problems",
    "rendered_glyphs",
    "reversed_strings",
]
