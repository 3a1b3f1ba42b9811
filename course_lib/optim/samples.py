"""Minibatches: which samples a stochastic gradient looks at."""

from collections.abc import Iterator

import numpy as np

from course_lib.checks import check_whole
from course_lib.estimator import check_random_state


def minibatches(
    n: int,
    batch_size: int,
    *,
    random_state: int | np.random.RandomState | None = None,
    n_epochs: int | None = None,
    replace: bool = False,
) -> Iterator[np.ndarray]:
    """Draw minibatches of sample indices, shuffled anew for every epoch (pass over the data).

    Within an epoch each of the n samples comes exactly once (drawing without replacement), so
    there are ⌈n / batch_size⌉ batches, the last one shorter where batch_size does not divide n.
    With replacement every sample of every batch is drawn from all n, and an epoch is as many draws.

    Parameters
    ----------
    n : int
        Number of samples.
    batch_size : int
        Samples in a batch, 1 ≤ batch_size ≤ n; n makes every batch the whole data.
    random_state : int, RandomState or None
    n_epochs : int, optional
        Number of epochs; endless if None.
    replace : bool, default=False
        Draw with replacement.

    Returns
    -------
    iterator over integer arrays of shape (batch_size,), or shorter at an epoch's end

    Raises
    ------
    ValueError
        For a batch_size out of range, at the call.

    Examples
    --------
    >>> [batch.size for batch in minibatches(10, 4, random_state=0, n_epochs=2)]
    [4, 4, 2, 4, 4, 2]
    """
    check_whole("batch_size", batch_size, 1, n)
    return _minibatches(n, batch_size, check_random_state(random_state), n_epochs, replace)


def _minibatches(
    n: int, batch_size: int, rng: np.random.RandomState, n_epochs: int | None, replace: bool
) -> Iterator[np.ndarray]:
    epoch = 0
    while n_epochs is None or epoch < n_epochs:
        order = rng.randint(n, size=n) if replace else rng.permutation(n)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size]
        epoch += 1
