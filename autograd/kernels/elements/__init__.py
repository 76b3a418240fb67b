"""One element after the other: activations, choices, dropout, steps of optimisers."""
