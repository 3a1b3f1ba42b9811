"""The warning of the classifiers that need a penalty where the classes do not overlap."""

from sklearn.exceptions import ConvergenceWarning


class SeparableWarning(ConvergenceWarning):
    """The classes can be separated and nothing holds the weights: larger ones fit ever better.

    Points of several classes may lie on the boundary.
    """
