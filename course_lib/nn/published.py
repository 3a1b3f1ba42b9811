"""What was published of contests and of small networks: numbers with sources, nothing computed.

ImageNet here is the task of the ILSVRC contest: 1.2 million pictures for training, 1,000 classes.
What is published of single networks stands in `course_lib.nn.architectures`.
"""

from __future__ import annotations

from typing import NamedTuple


class Winner(NamedTuple):
    """The best entry of a year's classification contest; its error is that of the contest.

    Attributes
    ----------
    year : int
    name : str
    error : float
        Top-5 error on the contest's test pictures, in per cent.
    layers : int or None
        Learned layers on the longest way; None where the entry was no single network.
    source : str
        Key in book/references.bib.
    """

    year: int
    name: str
    error: float
    layers: int | None
    source: str


WINNERS = (
    Winner(2010, "NEC-UIUC", 28.2, None, "russakovsky2015"),
    Winner(2011, "XRCE", 25.8, None, "russakovsky2015"),
    Winner(2012, "AlexNet", 16.4, 8, "russakovsky2015"),
    Winner(2013, "Clarifai", 11.7, None, "russakovsky2015"),
    Winner(2014, "GoogLeNet", 6.7, 22, "russakovsky2015"),
    Winner(2015, "ResNet", 3.57, 152, "he2016"),
    Winner(2016, "Trimps-Soushen", 2.99, None, "hu2018"),
    Winner(2017, "SENet", 2.25, None, "hu2018"),
)
"""AlexNet's 15.3 % was reached with additional training data; 16.4 % is without them."""

ANNOTATOR = 5.1
"""Top-5 error of the better of two people who trained themselves {russakovsky2015}, per cent."""


class Slim(NamedTuple):
    """One of the sixteen MobileNets that its authors published.

    Attributes
    ----------
    width : float
        What all channel counts are multiplied by.
    size : int
        Pixels along a side of the picture.
    multiply_adds, parameters : float
        Millions.
    accuracy : float
        Top-1 accuracy on the validation pictures, in per cent.
    """

    width: float
    size: int
    multiply_adds: float
    parameters: float
    accuracy: float


MOBILENETS = tuple(
    Slim(width, size, operations, parameters, accuracy)
    for width, parameters, rows in (
        (1.0, 4.24, ((569, 70.7), (418, 69.3), (291, 67.2), (186, 64.1))),
        (0.75, 2.59, ((317, 68.4), (233, 67.4), (162, 65.2), (104, 61.8))),
        (0.5, 1.34, ((150, 64.0), (110, 62.1), (77, 59.9), (49, 56.2))),
        (0.25, 0.47, ((41, 50.6), (34, 49.0), (21, 46.0), (14, 41.3))),
    )
    for size, (operations, accuracy) in zip((224, 192, 160, 128), rows, strict=True)
)
"""The models of June 2017 in TensorFlow's repository {slim2017}."""
