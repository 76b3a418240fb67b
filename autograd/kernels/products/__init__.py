"""Products that BLAS is bad at, and the rows of an embedding."""
