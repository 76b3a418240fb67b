"""Convolution and its adjoints: three ways to compute them, and NumPy's where none is worth it."""
