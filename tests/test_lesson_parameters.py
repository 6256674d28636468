"""Parameters counted term by term, against Keras."""

from math import prod

import pytest

from core.lessons.parameters import terms
from core.recipe import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_terms_are_what_keras_counts(name: str) -> None:
    from core.training import network

    recipe = PRESETS[name]
    counted = terms(recipe)
    layers = network.build(recipe).layers
    assert [term.parameters for term in counted] == [layer.count_params() for layer in layers]
    for term in counted:
        assert (prod(term.factors) if term.factors else 0) + term.biases == term.parameters


def test_published_networks_have_their_published_sums() -> None:
    sums = {name: sum(term.parameters for term in terms(PRESETS[name])) for name in PRESETS}
    assert (sums["ten-lines"], sums["simple-cnn"], sums["first-network"]) == (7960, 34_826, 407_050)


def test_terms_are_written_as_people_write_them() -> None:
    told = [term.told for term in terms(PRESETS["simple-cnn"])]
    assert told[0] == "3 × 3 × 1 × 32 + 32"  # noqa: RUF001
    assert told[1] == "-"
    assert told[-1] == "1,600 × 10 + 10"  # noqa: RUF001
