"""What every test shares: SciPy's array API switched on, no randomness, no deadline.

Also who runs what, where several processes share the tests.
"""

import os
import re

os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is first imported, so before everything else
os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile(
    "course", derandomize=True, deadline=None, database=None, max_examples=50
)
hypothesis.settings.load_profile("course")


@pytest.fixture
def rng():
    """A seeded generator, the same in every test."""
    import numpy as np

    return np.random.default_rng(0)


class WhatSharesStaysTogether(LoadScopeScheduling):
    """Tests that share something dear go to one worker, every other test to whoever is free.

    A page of the site is visited once a look for all its tests, and test_nbval_hardening.py runs
    its notebooks once. (xdist's own loadgroup would do, but version 3.8 does not find the groups
    under pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = re.search(
            r"test_site\.py::.*\[(?:http-|file-)?(\S+?\.html)|(test_nbval_hardening)\.py", nodeid
        )
        return shared[1] or shared[2] if shared else nodeid

    def remove_node(self, node) -> str | None:
        """Return the test in which a worker died; others do what it has left, but not that test.

        (xdist's own hands on that test as well, and so loses one worker after the other.)
        """
        units = self.assigned_work.pop(node)
        left = [(unit, test) for unit in units.values() for test, done in unit.items() if not done]
        if not left:
            return None
        unit, crashed = left[0]
        unit[crashed] = True
        self.workqueue.update(
            {name: unit for name, unit in units.items() if not all(unit.values())}
        )
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return WhatSharesStaysTogether(config, log) if config.getoption("dist") == "load" else None
