"""Measure the built site in a real browser, and say what is wrong with it.

Words used here
    site        the folder of the built book (``_build/html``)
    page        an HTML file of the site, named by its path relative to the site, with slashes
    theme       "light" or "dark"; width: of the window in CSS pixels
    finding     one sentence that names an offender; an empty list of findings means "nothing wrong"
    explorer    ``<figure class="course-explorer">``: a picture, its sentence and its controls

``browser`` starts Chromium and serves the folder, ``visit`` opens one page and records all that
happens, ``player`` works the explorers, ``static`` reads the files without a browser and ``weight``
counts bytes. `tests/test_site.py` asserts on what they return; `benchmarks/site.py` prints it.
Playwright (in the extra ``test``) is needed for the first three.
"""
