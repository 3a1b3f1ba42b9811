"""Sliders that work everywhere: live in Jupyter, and with no kernel on a page of the book.

    from course_lib.explore import explore, slider

    @explore(power=slider(1, 2, 3, label="power"))
    def curve(power):
        plt.plot(x, x**power)
        return f"The curve x to the power {power}."

What the function must do is said in explorer.py, which questions can be asked about it in
questions.py, how both are then shown in show.py.
"""

from course_lib.explore.controls import choice, slider
from course_lib.explore.explorer import Explorer, seen
from course_lib.explore.questions import choose, find, number
from course_lib.explore.show import explore, recall

__all__ = [
    "Explorer",
    "choice",
    "choose",
    "explore",
    "find",
    "number",
    "recall",
    "seen",
    "slider",
]
