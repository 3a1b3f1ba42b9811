"""Principal components: the few directions in which data vary most."""

from course_lib.decomposition.components_by_validation import (
    ReconstructionErrors,
    reconstruction_errors,
)
from course_lib.decomposition.pca import PCA
from course_lib.decomposition.randomized import randomized_error_bound, randomized_svd

__all__ = [
    "PCA",
    "ReconstructionErrors",
    "randomized_error_bound",
    "randomized_svd",
    "reconstruction_errors",
]
