"""A map of digits as one layer sees them: what it finds alike lies together."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from core.ink import Picture
from core.insight.features import Report, bearable, bounded, features, silent
from core.insight.network import Network
from core.mnist import Digits, scaled

COUNT = 1000  # test digits, the first, at most
KEPT = 30  # directions that the finer map is made from
LEAST_SPREAD = 1e-6  # of the first direction, below which all digits are alike
NEIGHBOURS = 5  # in whose middle a drawing is put on the finer map

Points = NDArray[np.float32]  # (n, 2)


class Atlas:
    """The first test digits by one layer, flat; read-only, for all visitors.

    Args:
        network: Whose eyes.
        layer: From 1; 0 for the pixels themselves.
        digits: MNIST.
        report: Told the share that is done.
    """

    def __init__(self, network: Network, layer: int, digits: Digits, report: Report = silent) -> None:
        from sklearn.decomposition import PCA  # takes a second to import

        count = bearable(COUNT, prod(network.rows[layer - 1].output_shape)) if layer else COUNT
        self._network, self._layer = network, layer
        pixels = digits.x_test[:count]
        values = features(network, layer, pixels, report).astype(np.float32) if layer else _flat(scaled(pixels))
        self.labels = digits.y_test[: len(values)]
        kept = min(KEPT, *values.shape)
        with np.errstate(invalid="ignore"):  # of a dead layer, no share of whose variance is any
            self._pca = PCA(kept, svd_solver="randomized", random_state=0).fit(values)
        self._directions = np.asarray(self._pca.transform(values), np.float32)

    @property
    def explained(self) -> float:
        """The share of all variance that lies in the two directions of `points`, in [0, 1]."""
        return float(np.nan_to_num(self._pca.explained_variance_ratio_[:2].sum()))

    @property
    def points(self) -> Points:
        """Along the two directions in which the layer's values differ most (principal components)."""
        return _two(self._directions)

    def place(self, picture: Picture) -> Points:
        """A drawing's place among `points`, (1, 2)."""
        return _two(self._project(picture))

    def fine(self) -> Points:
        """Laid out anew so that near neighbours stay near, whatever becomes of the far ones; takes seconds.

        A layer of one value, or one that finds all digits alike, stays as `points` has it: scikit-learn's t-SNE would
        end the process over it.

        Source: L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 2008.
        """
        from sklearn.manifold import TSNE

        if self._directions.shape[1] < 2 or self._directions[:, 0].std() < LEAST_SPREAD:
            return self.points

        return np.asarray(TSNE(random_state=0, init="pca").fit_transform(self._directions), np.float32)

    def place_finely(self, picture: Picture, points: Points) -> Points:
        """A drawing's place on the map of `fine`: in the middle of the nearest digits, (1, 2)."""
        distances = np.linalg.norm(self._directions - self._project(picture), axis=1)
        return np.asarray(np.median(points[np.argsort(distances)[:NEIGHBOURS]], axis=0)[None], np.float32)

    def _project(self, picture: Picture) -> NDArray[np.float32]:
        own = self._network.layer(self._layer, picture[None]) if self._layer else picture[None]
        return np.asarray(self._pca.transform(_flat(bounded(own))), np.float32)


def _flat(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values.reshape(len(values), -1)


def _two(directions: NDArray[np.float32]) -> Points:
    """The first two directions; a layer of one value has one only."""
    return directions[:, :2] if directions.shape[1] > 1 else np.pad(directions, ((0, 0), (0, 1)))
