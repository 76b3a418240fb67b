"""Windows of images: unfolded and folded, pooled; and maxima of any groups of elements."""
