"""Checkers: a learner calls one on their own function and hears what is wrong with it.

One module a chapter, named like it; checking.py is what they share.
"""
