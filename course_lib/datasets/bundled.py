"""Tables that scikit-learn carries, in one small form: no download, no data frame needed."""

from dataclasses import dataclass, field

import numpy as np
from sklearn import datasets as _sklearn


@dataclass(frozen=True)
class Table:
    """A table of n samples and d features with a target.

    Attributes
    ----------
    X : ndarray of shape (n, d), float64
    y : ndarray of shape (n,)
    feature_names : tuple of d str
        Names of the columns of `X`.
    descriptions : tuple of d str
        What the columns measure, and in which unit.
    target_name : str
        What `y` measures.
    about : str
        Where the data come from.
    """

    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    feature_names: tuple[str, ...]
    descriptions: tuple[str, ...] = field(repr=False)
    target_name: str
    about: str


_DIABETES = {
    "age": "age in years",
    "sex": "sex, coded 1 and 2",
    "bmi": "body mass index in kg/m²",
    "bp": "average blood pressure in mmHg",
    "s1": "total serum cholesterol in mg/dl",
    "s2": "low-density lipoproteins in mg/dl",
    "s3": "high-density lipoproteins in mg/dl",
    "s4": "total cholesterol divided by high-density lipoproteins",
    "s5": "logarithm of serum triglycerides, probably",
    "s6": "blood sugar in mg/dl",
}


def load_diabetes(*, standardize: bool = False) -> Table:
    """Load the diabetes table: 442 patients, 10 measurements, and the disease a year later.

    Parameters
    ----------
    standardize : bool, default=False
        False gives the measurements in their own units. True shifts and scales every column to
        mean 0 and standard deviation 1 (population, dividing by n) over all 442 rows; so use it for
        looking at optimisation, not where a test set must stay unseen. The target keeps its unit.

    Returns
    -------
    Table
        `X` (442, 10), `y` (442,).

    Notes
    -----
    scikit-learn's own scaled table is another one: there every column has length 1, a standard
    deviation of 1/√442 = 0.048. The units are those that the ranges of the columns fit; the
    source does not give them for every column. Efron, Hastie, Johnstone and Tibshirani (2004),
    *Least Angle Regression*, Annals of Statistics 32, 407-499.

    Examples
    --------
    >>> table = load_diabetes()
    >>> table.X.shape, table.feature_names[2], float(table.X[0, 2])
    ((442, 10), 'bmi', 32.1)
    >>> load_diabetes(standardize=True).X.std(axis=0).round(6).tolist()[:2]
    [1.0, 1.0]
    """
    bunch = _sklearn.load_diabetes(scaled=False)
    X = np.asarray(bunch.data, dtype=np.float64)
    if standardize:
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    return Table(
        X=X,
        y=np.asarray(bunch.target, dtype=np.float64),
        feature_names=tuple(bunch.feature_names),
        descriptions=tuple(_DIABETES[name] for name in bunch.feature_names),
        target_name="progression of the disease one year later",
        about="Efron, Hastie, Johnstone and Tibshirani (2004), Annals of Statistics 32, 407-499",
    )
