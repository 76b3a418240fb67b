"""Rows and columns of arrays: normalised, exponentiated and summed, stretched by broadcasting."""
