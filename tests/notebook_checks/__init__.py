"""The chapter contract: what a notebook of the book must hold, as functions that name faults."""
