"""Images read between their pixels: at any points, and along a grid (resampling)."""
