"""All benchmarks: python benchmarks [SUITE ...] [--quick] [--threads 2]."""

from runner import main

SUITES = (
    "kernels", "layers", "chains", "training", "memory", "dispatch", "sequence", "optim", "loading",
    "startup", "threads",
)  # fmt: skip

if __name__ == "__main__":
    main(SUITES)
