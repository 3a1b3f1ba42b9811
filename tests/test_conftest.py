"""How the tests are shared out when a worker dies."""

import pytest
from conftest import WhatSharesStaysTogether


class Worker:
    """What the scheduler asks of a worker, and the indices of the tests that it was sent."""

    def __init__(self):
        self.shutting_down, self.sent = False, []

    def send_runtest_some(self, indices):
        self.sent += indices

    def shutdown(self):
        self.shutting_down = True


@pytest.fixture
def tests(pytestconfig, monkeypatch):
    monkeypatch.setattr(pytestconfig.option, "tx", ["2*popen"], raising=False)
    return WhatSharesStaysTogether(pytestconfig)


def test_no_other_worker_gets_the_test_in_which_one_died(tests):
    # One page's tests are one unit; its first passed, and in its second the worker died.
    names = [f"tests/test_site.py::test_{i}[page.html]" for i in range(4)]
    dead, alive = Worker(), Worker()
    for worker in (dead, alive):
        tests.assigned_work[worker] = {}
        tests.registered_collections[worker] = names
    tests.assigned_work[dead] = {"page.html": dict(zip(names, [True, *3 * [False]], strict=True))}
    assert tests.remove_node(dead) == names[1]
    assert alive.sent == [2, 3]


def test_a_worker_that_had_done_its_work_leaves_nothing(tests):
    idle = Worker()
    tests.assigned_work[idle] = {"a": {"a": True}}
    assert tests.remove_node(idle) is None
    assert not tests.workqueue
