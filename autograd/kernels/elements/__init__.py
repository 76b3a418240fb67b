"""One element after the other: activation functions, and the steps of optimisers."""
