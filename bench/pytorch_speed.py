"""One training by PyTorch, for `training_speed.py --torch`: a recipe as JSON in; out, seconds and test accuracy."""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import mnist
from core.layers import Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import Recipe


def train(recipe: Recipe, digits: mnist.Digits) -> tuple[float, float]:
    """Seconds of the usual loop over tensors in memory, and the accuracy on the test digits."""
    torch.manual_seed(recipe.seed)
    made = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}
    layers: list[nn.Module] = []
    for layer in recipe.layers[:-1]:
        match layer:
            case Dense():
                layers += [nn.LazyLinear(layer.units), made[layer.activation]()]
            case Conv():
                layers += [nn.LazyConv2d(layer.filters, layer.kernel), made[layer.activation]()]
            case MaxPool():
                layers.append(nn.MaxPool2d(layer.size))
            case Flatten():
                layers.append(nn.Flatten())
            case Dropout():
                layers.append(nn.Dropout(layer.rate))
    model = nn.Sequential(*layers, nn.LazyLinear(10))
    shape = (-1, 1, 28, 28) if recipe.convolutional else (-1, 784)
    x_train, x_test = (torch.tensor(x / np.float32(255)).reshape(shape) for x in (digits.x_train, digits.x_test))
    y_train, y_test = (torch.tensor(y.astype(np.int64)) for y in (digits.y_train, digits.y_test))
    n = recipe.fitted_images
    began = time.perf_counter()
    model(x_train[:1])  # the lazy layers learn their shapes
    optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = optimizers[recipe.optimizer](model.parameters(), lr=recipe.learning_rate)
    loss = nn.CrossEntropyLoss()
    watched = (x_test, y_test) if recipe.validate_on_test else (x_train[n:], y_train[n:])
    for _ in range(recipe.epochs):
        model.train()
        for chosen in torch.randperm(n).split(recipe.batch_size):
            optimizer.zero_grad()
            loss(model(x_train[chosen]), y_train[chosen]).backward()
            optimizer.step()
        if len(watched[0]):
            _accuracy(model, *watched)
    seconds = time.perf_counter() - began
    return seconds, _accuracy(model, x_test, y_test)


def _accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        right = sum(int((model(a).argmax(1) == b).sum()) for a, b in zip(x.split(1000), y.split(1000), strict=True))
    return right / len(y)


if __name__ == "__main__":
    print(*train(Recipe.model_validate_json(sys.stdin.read()), mnist.digits()))
