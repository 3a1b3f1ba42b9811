"""Pairs of words for analogies: chosen by hand for Shakespeare, and a made text that plants them.

Of the made text the right answers are known, since the rule that made it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_lib.checks import check_number, check_whole

Pairs = dict[str, tuple[tuple[str, str], ...]]


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a, b in (pair.split(":") for pair in text.split()))


SHAKESPEARE_PAIRS: Pairs = {
    "subject, object": _pairs("i:me we:us he:him she:her they:them thou:thee who:whom"),
    "subject, possessive": _pairs(
        "i:my we:our he:his she:her they:their thou:thy you:your who:whose"
    ),
    "my, mine": _pairs("my:mine thy:thine our:ours your:yours their:theirs"),
    "thou, you": _pairs(
        "art:are hast:have wilt:will dost:do shalt:shall canst:can wouldst:would couldst:could "
        "shouldst:should mayst:may"
    ),
    "man, woman": _pairs(
        "king:queen man:woman lord:lady father:mother brother:sister son:daughter husband:wife "
        "uncle:aunt prince:princess sir:madam boy:girl gentleman:gentlewoman"
    ),
    "one, many": _pairs(
        "hand:hands eye:eyes word:words lord:lords friend:friends day:days tear:tears "
        "tongue:tongues hour:hours soldier:soldiers heart:hearts"
    ),
    "present, past": _pairs(
        "come:came see:saw know:knew give:gave take:took speak:spoke find:found tell:told "
        "make:made bring:brought"
    ),
}
"""63 pairs in 7 groups, all of words that occur at least five times in Shakespeare's works."""


class PlantedCorpus(NamedTuple):
    """A made text, and the pairs that stand in it as king and queen do in a real one.

    Attributes
    ----------
    words : list of str
        Sentences of six words, one after the other.
    pairs : dict of str to tuple of pairs
        By group, "form 0, form 1" and so on: the two forms of every concept.
    """

    words: list[str]
    pairs: Pairs


def planted_corpus(
    n_sentences: int,
    *,
    n_concepts: int = 20,
    n_forms: int = 4,
    noise: float = 0.2,
    random_state: int | np.random.Generator = 0,
) -> PlantedCorpus:
    """Make sentences in which the word "w3.1", say, is form 1 of concept 3.

    A sentence is

        a filler, one of six words of the concept, the word itself, one of four words of the form,
        and two fillers.

    With the probability `noise` the word of the concept, and by itself that of the form, belongs
    to any concept or form instead. So a word's vector should be a part for its concept and a part
    for its form, and w0.0 : w0.1 = w3.0 : ? has the answer w3.1.

    With two forms only, the word nearest to w3.0 is w3.1 already, and an analogy answered rightly
    shows nothing; with four the nearest word is often another form.

    Parameters
    ----------
    n_sentences : int
    n_concepts : int, default=20
    n_forms : int, default=4
    noise : float, default=0.2
    random_state : int or Generator

    Examples
    --------
    >>> text = planted_corpus(1000, random_state=0)
    >>> text.words[:6]
    ['the13', 'about8.3', 'w17.2', 'in2.0', 'the17', 'the9']
    >>> list(text.pairs)[0], text.pairs["form 0, form 1"][3]
    ('form 0, form 1', ('w3.0', 'w3.1'))
    """
    n, n_concepts = (
        check_whole("n_sentences", n_sentences),
        check_whole("n_concepts", n_concepts, 2),
    )
    n_forms, noise = (
        check_whole("n_forms", n_forms, 2),
        check_number("noise", noise, least=0, most=1),
    )
    rng = np.random.default_rng(random_state)
    concept, form = rng.integers(n_concepts, size=n), rng.integers(n_forms, size=n)
    about = np.where(rng.random(n) < noise, rng.integers(n_concepts, size=n), concept)
    shape = np.where(rng.random(n) < noise, rng.integers(n_forms, size=n), form)
    which, ending = rng.integers(6, size=n), rng.integers(4, size=n)
    filler = rng.integers(20, size=(n, 3))
    words = [
        word
        for k in range(n)
        for word in (
            f"the{filler[k, 0]}",
            f"about{about[k]}.{which[k]}",
            f"w{concept[k]}.{form[k]}",
            f"in{shape[k]}.{ending[k]}",
            f"the{filler[k, 1]}",
            f"the{filler[k, 2]}",
        )
    ]
    pairs = {
        f"form {a}, form {b}": tuple((f"w{c}.{a}", f"w{c}.{b}") for c in range(n_concepts))
        for a in range(n_forms)
        for b in range(a + 1, n_forms)
    }
    return PlantedCorpus(words, pairs)
