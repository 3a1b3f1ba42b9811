"""Figures: one palette and style, drawings that chapters share, and a module for each chapter.

``from course_lib import plots`` gives the shared ones; a chapter's own drawings are in the module
of its name, such as ``course_lib.plots.linear_regression``. All of them take arrays, or anything
with ``predict``.
"""

from course_lib.plots.basics import (
    MARKERS,
    decision_regions,
    image_grid,
    labeled_points,
    line_with_residuals,
    loss_contours,
    loss_curve,
    path,
)
from course_lib.plots.style import CYCLE, PALETTE, STYLE, use_style

__all__ = [
    "CYCLE",
    "MARKERS",
    "PALETTE",
    "STYLE",
    "decision_regions",
    "image_grid",
    "labeled_points",
    "line_with_residuals",
    "loss_contours",
    "loss_curve",
    "path",
    "use_style",
]
