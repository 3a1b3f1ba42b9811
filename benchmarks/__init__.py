"""course_lib beside scikit-learn, SciPy and torch: the same work, in one run, alternating.

``python -m benchmarks --help`` says how to run it. Where things stand:

=================  ===============================================================
``table.py``       the rows: what is measured, against what, and the goal
``declare.py``     the words that a row is written in
``fastest.py``     works of the column "fastest on PyPI"
``problems.py``    the data that the rows work on
``measure.py``     runs a row: fresh processes, alternating, in two environments
``worker.py``      what such a process does: one candidate, warmed up and timed
``statistics.py``  medians, spreads, intervals, growth exponents
``results.py``     what was measured, kept as JSON; ratios and verdicts made from it
``report.py``      the tables in the terminal
``page.py``        the tables on the book's page
``column.py``      the page's column "fastest on PyPI"
``command.py``     the command line
``machine.py``     the machine and the versions
``book.py``        ``bench book``: seconds per notebook, frames per second
``live.py``        ``bench live``: a slider's move to its picture, in a running kernel
``site.py``        ``bench site``: bytes, paint, slider to picture, in a real browser
=================  ===============================================================
"""
