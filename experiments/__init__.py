"""Runs too long for a page: one script each, its stored result beside it.

    python run.py experiment              what there is, and which result is out of date
    python run.py experiment NAME         run it, and store its result as experiments/NAME.json
    python run.py experiment NAME --check run it again, and compare with what is stored

A script states its question in its docstring and holds

    SEED        what its randomness starts from
    TOLERANCE   by the name of a result: how far a repetition may lie from it; the others must agree
    run()       returns the result: numbers, words, and lists and dicts of them

A long one may have parts, which a run that was stopped need not repeat:

    parts()     returns their names
    part(name)  returns the result of one
    run(done)   puts the results, by name, together

A chapter reads the stored result by `course_lib.notebook.stored_result`, and says so.
"""
