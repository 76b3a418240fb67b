"""The parts together: a small network learns real digits."""

import numpy as np
import pytest

import autograd
import nn
from autograd import no_grad
from nn.data import DataLoader, datasets

EPOCHS = 12


@pytest.mark.slow
def test_a_small_cnn_learns_the_digits():
    pytest.importorskip("sklearn")
    autograd.random.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(datasets.digits("train"), batch_size=32, shuffle=True)
    for epoch in range(EPOCHS):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - epoch / EPOCHS)
        for images, labels in loader:
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    images, labels = datasets.digits("test").tensors
    with no_grad():
        guesses = np.argmax(np.asarray(model.eval()(images)), axis=1)
    assert (guesses == np.asarray(labels)).mean() >= 0.975
