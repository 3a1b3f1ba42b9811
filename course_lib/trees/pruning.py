"""Cost-complexity pruning: every best compromise between fit and size, in one sweep.

R(T) is the mean impurity of the leaves of a tree T, weighted by their samples, and |T| the number
of its leaves. For each α ≥ 0 there is one smallest subtree that minimises R(T) + α|T|. Collapsing
the subtree T_t below t costs R(t) − R(T_t) and saves |T_t| − 1 leaves; so t goes as soon as α
reaches

    g(t) = (R(t) − R(T_t)) / (|T_t| − 1).

The node with the smallest g is the weakest link. Collapsing one weakest link after another gives
all the optimal subtrees, one inside the other, and the α of each never falls. (Breiman, Friedman,
Olshen and Stone, *Classification and Regression Trees*, 1984, chapter 3.)
"""

import numpy as np

from course_lib.trees.tree import Tree


def collapse_alphas(tree: Tree) -> np.ndarray:
    """Compute from which α on each node is no longer split.

    Returns
    -------
    array of shape (N,)
        0 in a leaf. The best subtree for an α splits exactly the nodes whose entry is larger.
        Cost: O(N) for each of at most N/2 collapses, in array operations.
    """
    parent, inner = _parents(tree), ~tree.is_leaf
    risk = tree.weight / tree.weight[0] * tree.impurity
    saved, below = _leaves_and_risk(tree, risk)
    saved = saved - 1
    out, alpha = np.zeros(len(tree)), 0.0
    g = np.full(len(tree), np.inf)
    g[inner] = (risk - below)[inner] / saved[inner]
    while np.isfinite(g[weakest := int(g.argmin())]):
        alpha = max(alpha, float(g[weakest]))  # rounding may let g fall by 1e-17
        out[weakest] = alpha
        g[weakest] = np.inf
        fewer, worse, t = saved[weakest], risk[weakest] - below[weakest], parent[weakest]
        while t >= 0:
            saved[t] -= fewer
            below[t] += worse
            g[t] = (risk[t] - below[t]) / saved[t]
            t = parent[t]
        _retire(tree, weakest, g, out, alpha)
    return out


def prune(tree: Tree, alpha: float) -> Tree:
    """Return the smallest subtree that minimises R(T) + α|T|; α = 0 drops only splits of no use."""
    return tree.keep(collapse_alphas(tree) > alpha)


def _retire(tree: Tree, top: int, g: np.ndarray, out: np.ndarray, alpha: float) -> None:
    """Let everything below a collapsed node go with it."""
    below = [int(tree.left[top]), int(tree.right[top])]
    while below:
        t = below.pop()
        if np.isfinite(g[t]):
            g[t], out[t] = np.inf, alpha
            below += [int(tree.left[t]), int(tree.right[t])]


def _parents(tree: Tree) -> np.ndarray:
    """Return the parent of each node, (N,), −1 for the root."""
    parent, inner = np.full(len(tree), -1), np.flatnonzero(~tree.is_leaf)
    parent[tree.left[inner]] = parent[tree.right[inner]] = inner
    return parent


def _leaves_and_risk(tree: Tree, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of leaves below each node and the sum of their risks, (N,) each."""
    leaves, below = np.ones(len(tree), dtype=int), risk.copy()
    for t in np.flatnonzero(~tree.is_leaf)[::-1]:  # children come after their parents
        children = [tree.left[t], tree.right[t]]
        leaves[t], below[t] = leaves[children].sum(), below[children].sum()
    return leaves, below
