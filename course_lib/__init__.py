"""The library of the course: the algorithms that its chapters teach, one module a subject."""
