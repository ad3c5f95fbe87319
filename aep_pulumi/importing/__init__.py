"""Importing: the objects of a running sandbox as Python code and as entries of an import file. Reads only.

What a kind needs for this is derived from its declaration: its inputs and their places in the response, its references, its marks
and its defaults. No module here names a field of a kind.
"""
