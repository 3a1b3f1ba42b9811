"""Who came to which of fourteen social events: real implicit feedback that networkx carries."""

from __future__ import annotations

from typing import NamedTuple

import networkx as nx
import numpy as np


class Attendance(NamedTuple):
    """Who came to what.

    Attributes
    ----------
    women : tuple of n str
        Names, in the order of the original table.
    events : tuple of m str
        "E1" to "E14".
    came : ndarray of shape (n, m), int64
        1 where the woman was at the event, else 0.
    """

    women: tuple[str, ...]
    events: tuple[str, ...]
    came: np.ndarray


def load_southern_women() -> Attendance:
    """Load which of 18 women came to which of 14 social events in a small town in the 1930s.

    Davis, Gardner and Gardner collected them from interviews, guest lists and newspapers for
    "Deep South: A Social Anthropological Study of Caste and Class" (University of Chicago Press,
    1941, p. 148). The table is the one that networkx carries as a graph.

    Returns
    -------
    Attendance
        `came` has 89 ones among its 252 entries.

    Examples
    --------
    >>> women, events, came = load_southern_women()
    >>> women[0], came[0].sum()
    ('Evelyn Jefferson', np.int64(8))
    >>> [name for name, guests in zip(events, came.sum(axis=0)) if guests >= 12]
    ['E8', 'E9']
    """
    graph = nx.davis_southern_women_graph()
    women, events = tuple(graph.graph["top"]), tuple(graph.graph["bottom"])
    came = nx.bipartite.biadjacency_matrix(graph, women, events).toarray()
    return Attendance(women, events, came.astype(np.int64))
