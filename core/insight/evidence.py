"""How the ink of one digit adds up to the ten logits, pixel by pixel."""

from dataclasses import dataclass

import numpy as np

from core.ink import Picture
from core.insight.network import Network, Values

STEPS = 40  # on the way from the empty page to the drawing; with half as many, `rest` is five times as large


@dataclass(frozen=True)
class Evidence:
    """Why each digit got its logit: logits = empty + the sum of ink over all pixels + rest."""

    empty: Values  # (10,): the logits of an empty page
    template: Values  # (10, 28, 28): what a unit of ink at each pixel is worth
    ink: Values  # (10, 28, 28): template x the drawing's ink
    logits: Values  # (10,)

    @property
    def rest(self) -> Values:
        """(10,): what adding up in steps misses."""
        return np.asarray(self.logits - self.empty - self.ink.sum((1, 2)), np.float32)


def evidence(network: Network, picture: Picture) -> Evidence:
    """Share every logit out among the pixels of a (28, 28) picture.

    While the ink fades in from an empty page to the drawing, each pixel's slope is added up: integrated gradients. For
    a network without hidden layers the templates are its very weights.

    Source: M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.
    """
    faded = ((np.arange(STEPS, dtype=np.float32) + 0.5) / STEPS)[:, None, None] * picture
    template = np.asarray(np.mean([network.gradient(image) for image in faded], axis=0), np.float32)
    empty, logits = network.logits(np.stack([np.zeros_like(picture), picture]))
    return Evidence(empty, template, template * picture, logits)
