"""The modules to which tests of the whole library keep, where `run.py test --changed` names some.

Those depend on what changed, by book_build/changes.py; without a word from there, all are meant.
"""

import os

MODULES = os.environ.get("COURSE_ONLY", "").split()


def meant(*modules: str) -> bool:
    """Tell whether one of these modules is to be tested."""
    return not MODULES or not set(modules).isdisjoint(MODULES)
