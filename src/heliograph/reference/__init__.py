"""The reference pages of docs/reference, each made from the code it describes.

May import everything, and is imported by `scripts/reference.py` and tests alone: nothing here is loaded by a
process of the hub. `pages.py` has the list.
"""
