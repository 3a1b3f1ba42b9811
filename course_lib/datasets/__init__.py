"""Data of the chapters: bundled, made by a known process, certified by NIST, or downloaded."""

from course_lib.datasets.bundled import Table, load_diabetes
from course_lib.datasets.cifar import load_cifar10
from course_lib.datasets.download import DataUnavailableError, data_folder
from course_lib.datasets.faces import load_faces
from course_lib.datasets.film_night import (
    FILMS,
    FIVE_FILMS,
    FilmNight,
    film_kinds,
    film_night,
)
from course_lib.datasets.generated import near_copies, noisy_wave, two_spirals, wave
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
from course_lib.datasets.mixtures import NormalMixture, normal_ring
from course_lib.datasets.mnist import load_fashion_mnist, load_mnist
from course_lib.datasets.movielens import MovieRatings, load_movielens
from course_lib.datasets.nist import NistProblem, digits_of_agreement, load_nist, nist_problems
from course_lib.datasets.photos import (
    PHOTOS,
    changed_cats,
    load_grey_photo,
    load_photo,
    photo_tiles,
)
from course_lib.datasets.ratings import GENRES, PlantedRatings, planted_ratings
from course_lib.datasets.sequences import (
    adding_problem,
    copy_task,
    marked_pictures,
    reversed_strings,
)
from course_lib.datasets.series import (
    Elevation,
    MonthlyReturns,
    SharePrices,
    load_elevation,
    load_returns,
    load_share_prices,
)
from course_lib.datasets.southern_women import Attendance, load_southern_women
from course_lib.datasets.texts import (
    Quatrain,
    load_python_reference,
    load_quatrains,
    load_shakespeare,
)
from course_lib.datasets.word_pairs import SHAKESPEARE_PAIRS, PlantedCorpus, planted_corpus

__all__ = [
    "DIGITS",
    "FILMS",
    "FIVE_FILMS",
    "FONTS",
    "GENRES",
    "LETTERS",
    "PHOTOS",
    "SHAKESPEARE_PAIRS",
    "Attendance",
    "DataUnavailableError",
    "Elevation",
    "FilmNight",
    "GlyphSplit",
    "LabeledImages",
    "MonthlyReturns",
    "MovieRatings",
    "NistProblem",
    "NormalMixture",
    "PlantedCorpus",
    "PlantedRatings",
    "Quatrain",
    "SharePrices",
    "Table",
    "adding_problem",
    "changed_cats",
    "copy_task",
    "data_folder",
    "digits_of_agreement",
    "film_kinds",
    "film_night",
    "glyph_split",
    "grouped_points",
    "load_cifar10",
    "load_diabetes",
    "load_elevation",
    "load_faces",
    "load_fashion_mnist",
    "load_grey_photo",
    "load_mnist",
    "load_movielens",
    "load_nist",
    "load_photo",
    "load_python_reference",
    "load_quatrains",
    "load_returns",
    "load_shakespeare",
    "load_share_prices",
    "load_southern_women",
    "marked_pictures",
    "near_copies",
    "nist_problems",
    "noisy_wave",
    "normal_ring",
    "photo_tiles",
    "planted_corpus",
    "planted_ratings",
    "rendered_glyphs",
    "reversed_strings",
    "two_spirals",
    "wave",
]
