"""One element after the other: activation functions, dropout, and the steps of optimisers."""
