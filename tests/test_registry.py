"""Every op in the registry, against every property in autograd.testing.registry."""

import pytest

from autograd import REGISTRY
from autograd.testing.registry import PROPERTIES

CASES = [
    pytest.param(
        name, prop, id=f"{name}-{prop}", marks=[pytest.mark.slow] if prop == "order 3" else []
    )
    for name in sorted(REGISTRY)
    for prop in PROPERTIES
]


@pytest.mark.parametrize(("name", "prop"), CASES)
def test_property(name, prop):
    PROPERTIES[prop](REGISTRY[name])
