"""The mathematics of the lessons against numerical slopes, SciPy and scikit-learn."""

import json
import math
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.special import expit
from scipy.special import softmax as scipy_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from core import library, mnist
from core.calibration import softmax
from core.charts import Figure
from core.charts.lessons.bars import cosine_marks, distance_bars, layer_bars
from core.charts.lessons.functions import curves, loss_by_step, parting_curves, precision_recall, way_down
from core.charts.lessons.grids import Grid, grids
from core.charts.lessons.plane import SHADED, plane, shaded_points
from core.lessons import activation, batches, gradient_descent, layers, loss, neuron, one_hot
from core.lessons.adam import Adam
from core.lessons.neuron import Array, Points
from core.lessons.softmax import evidence, odds

RANDOM = np.random.default_rng(3)
W, B = np.array([0.7, -1.3]), 0.4


@pytest.fixture(scope="module")
def points() -> Points:
    digits = mnist.digits()
    return neuron.measured(digits.x_train, digits.y_train, (1, 7), 120)


def slope_of(function: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    """Central differences by every number of `at`."""
    slopes = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        moved = np.zeros(at.shape)
        moved[place] = step
        slopes[place] = (function(at + moved) - function(at - moved)) / (2 * step)
    return slopes


def test_points_are_real_digits_scaled(points: Points) -> None:
    digits = mnist.digits()
    assert len(points.x) == 120
    assert points.x.mean(0) == pytest.approx([0, 0], abs=1e-12)
    assert points.x.std(0) == pytest.approx([1, 1])
    first = np.flatnonzero(np.isin(digits.y_train, (1, 7)))[0]
    assert np.array_equal(points.pictures[0], digits.x_train[first])
    assert points.kind[0] == (digits.y_train[first] == 7)


def test_sigmoid_is_scipy_s_and_does_not_overflow() -> None:
    z = np.array([-1e4, -30, -1, 0, 0.5, 30, 1e4])
    assert neuron.sigmoid(z) == pytest.approx(expit(z), rel=1e-12)


def test_loss_and_gradient_of_the_neuron(points: Points) -> None:
    truth = log_loss(points.kind, expit(points.x @ W + B))
    assert neuron.loss(points, W, B) == pytest.approx(truth)
    by_w, by_b = neuron.gradient(points, W, B)
    assert by_w == pytest.approx(slope_of(lambda w: neuron.loss(points, w, B), W), rel=1e-4)
    assert by_b == pytest.approx(slope_of(lambda b: neuron.loss(points, W, b[0]), np.array([B]))[0], rel=1e-4)


def test_gradient_steps_find_the_line_that_scikit_learn_finds(points: Points) -> None:
    w, b = np.zeros(2), 0.0
    for _ in range(5000):
        slope, bias_slope = neuron.gradient(points, w, b)
        w, b = w - slope, b - bias_slope
    truth = LogisticRegression(C=1e9, tol=1e-9).fit(points.x, points.kind)
    assert w == pytest.approx(truth.coef_[0], rel=1e-2)
    assert b == pytest.approx(truth.intercept_[0], rel=1e-2)


def test_perceptron_step_moves_the_first_wrong_point_towards_its_side(points: Points) -> None:
    place = neuron.wrong(points, W, B)[0]
    w, b = neuron.perceptron_step(points, W, B, 0.1)
    before, after = points.x[place] @ W + B, points.x[place] @ w + b
    assert (after > before) == points.kind[place]


def test_perceptron_rule_ends_where_a_line_parts_the_kinds() -> None:
    x = RANDOM.normal(size=(50, 2))
    parted = Points(x, x @ np.array([1, -2]) + 0.3 > 0, np.zeros((50, 28, 28), np.uint8))
    w, b = np.zeros(2), 0.0
    for _ in range(2000):
        w, b = neuron.perceptron_step(parted, w, b, 0.1)
    assert not len(neuron.wrong(parted, w, b))
    assert neuron.perceptron_step(parted, w, b, 0.1)[1] == b


@pytest.mark.parametrize("name", activation.FUNCTIONS)
def test_slope_of_each_activation(name: str) -> None:
    function, slope = activation.FUNCTIONS[name]
    z = np.array([-3.0, -0.5, 0.4, 2.0])
    numerical = [(function(at + 1e-6) - function(at - 1e-6)) / 2e-6 for at in z[:, None]]
    assert slope(z) == pytest.approx(np.ravel(numerical), abs=1e-6)


@pytest.mark.parametrize("hidden", [0, 3])
def test_backpropagation_of_the_little_network(hidden: int) -> None:
    cloud = layers.cloud("ring")
    network = layers._fresh(hidden, 1)
    for place, slopes in enumerate(layers.gradients(network, cloud)):

        def loss_with(array: Array, place: int = place) -> float:
            arrays = list(network.arrays)
            arrays[place] = array
            return layers.loss(layers.Network(*arrays), cloud)

        assert slopes == pytest.approx(slope_of(loss_with, network.arrays[place]), rel=1e-4, abs=1e-8)


def test_adam_moves_weights_as_keras_does() -> None:
    import keras

    start, scale = np.array([[-1.5, 1.0], [0.5, -2.0], [3.0, 1.5]]), np.array([1.0, 100.0])
    ours, theirs = start.copy(), keras.Variable(start, dtype="float64")
    adam, keras_adam = Adam([ours], 0.1), keras.optimizers.Adam(0.1)
    for _ in range(20):
        adam.step([scale * ours])
        keras_adam.apply([scale * theirs.numpy()], [theirs])
    assert np.abs(start - ours).min() > 0.2
    assert ours == pytest.approx(theirs.numpy(), abs=1e-4)  # it has 32 bits for powers of 0.999


@pytest.mark.parametrize("problem", ["corners", "ring"])
def test_one_neuron_fails_where_two_layers_manage(problem: layers.Problem) -> None:
    cloud = layers.cloud(problem)
    assert layers.accuracy(layers.trained(cloud, 0), cloud) < 0.7
    assert layers.accuracy(layers.trained(cloud, 4), cloud) > 0.97
    assert layers.trained(cloud, 4).parameters == 3 * 4 + 4 + 1


def test_corners_need_three_hidden_neurons_though_two_lines_part_them() -> None:
    cloud = layers.cloud("corners")
    assert layers.accuracy(layers.trained(cloud, 2), cloud) < 0.95
    assert layers.accuracy(layers.trained(cloud, 3), cloud) == 1


def test_softmax_is_scipy_s_and_evidence_leads_back() -> None:
    z = RANDOM.normal(0, 5, 10)
    assert softmax(z) == pytest.approx(scipy_softmax(z))
    assert softmax(evidence(scipy_softmax(z))) == pytest.approx(scipy_softmax(z), abs=1e-8)
    assert softmax(np.array([1000.0, 0.0])) == pytest.approx([1, 0])


def test_one_unit_of_evidence_multiplies_the_odds_by_e() -> None:
    z = RANDOM.normal(0, 2, 10)
    more = z + np.eye(10)[3]
    before, after = (odds(float(softmax(at)[3])) for at in (z, more))
    assert after / before == pytest.approx(math.e)


def test_one_hot_vectors_are_all_equally_far_apart() -> None:
    labels = np.array([3, 0, 9])
    assert np.array_equal(mnist.one_hot(labels).argmax(1), labels)
    assert np.array_equal(mnist.one_hot(labels).sum(1), [1, 1, 1])
    as_numbers, as_vectors = one_hot.distances(1)
    assert as_numbers[[2, 9]].tolist() == [1, 8]
    assert np.delete(as_vectors, 1) == pytest.approx(np.full(9, math.sqrt(2)))


def test_losses_of_real_guesses_have_scikit_learn_s_mean() -> None:
    probabilities, labels = library.test_probabilities("ten-lines"), mnist.digits().y_test
    losses, exact = loss.of_each(probabilities, labels), probabilities.astype(np.float64)
    assert losses.mean() == pytest.approx(log_loss(labels, exact / exact.sum(1, keepdims=True)), rel=1e-5)
    best, middle, worst = loss.from_best_to_worst(losses, (0, 0.5, 1))
    assert losses[best] == losses.min()
    assert losses[worst] == losses.max()
    assert losses[middle] == pytest.approx(np.median(losses), rel=1e-3)


@pytest.mark.parametrize(
    ("function", "slope"),
    [(loss.cross_entropy, loss.cross_entropy_slope), (loss.squared_error, loss.squared_error_slope)],
)
def test_slope_of_each_loss(function: Callable[[Array], Array], slope: Callable[[Array], Array]) -> None:
    for p in (0.01, 0.4, 0.97):
        numerical = (function(np.array(p + 1e-7)) - function(np.array(p - 1e-7))) / 2e-7
        assert slope(np.array(p)) == pytest.approx(numerical, rel=1e-4)


def test_descent_has_the_slope_and_the_lowest_point_of_its_loss(points: Points) -> None:
    task = gradient_descent.task(points)
    for w in (-2.0, 0.3):
        numerical = slope_of(lambda at: gradient_descent.loss(task, at[0]), np.array([w]))[0]
        assert gradient_descent.slope(task, w) == pytest.approx(numerical, rel=1e-5)
    assert gradient_descent.slope(task, task.best) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("share", "nearer"), [(0.1, True), (0.99, True), (1.01, False)])
def test_steps_come_nearer_below_the_limit_only(points: Points, share: float, nearer: bool) -> None:
    task = gradient_descent.task(points)
    w = gradient_descent.step(task, -2.0, share * gradient_descent.too_large(task))
    assert (abs(w - task.best) < abs(-2.0 - task.best)) is nearer


def test_half_of_the_limit_is_there_in_one_step(points: Points) -> None:
    task = gradient_descent.task(points)
    assert gradient_descent.step(task, -2.0, gradient_descent.too_large(task) / 2) == pytest.approx(task.best)


def test_momentum_is_a_velocity_that_each_slope_changes(points: Points) -> None:
    task = gradient_descent.task(points)
    w, velocity, way = -2.0, 0.0, [-2.0]
    for _ in range(5):
        velocity = 0.8 * velocity - 0.1 * gradient_descent.slope(task, w)
        w += velocity
        moved = way[-1] - way[-2] if len(way) > 1 else 0.0
        way.append(gradient_descent.step(task, way[-1], 0.1, 0.8, moved))
        assert way[-1] == pytest.approx(w)


@pytest.mark.parametrize(("share", "nearer"), [(0.99, True), (1.01, False)])
def test_momentum_allows_larger_rates_up_to_a_limit(points: Points, share: float, nearer: bool) -> None:
    task = gradient_descent.task(points)
    rate, way = share * gradient_descent.too_large(task, 0.5), [-2.0, -2.0]
    for _ in range(300):
        way.append(gradient_descent.step(task, way[-1], rate, 0.5, way[-1] - way[-2]))
    assert (abs(way[-1] - task.best) < abs(-2.0 - task.best)) is nearer


def test_gradient_of_the_network_without_hidden_layer() -> None:
    digits = mnist.digits()
    x = digits.x_train[:20].reshape(20, -1).astype(np.float32) / 255
    weights = RANDOM.normal(0, 0.1, (784, 10)).astype(np.float32)
    labels = digits.y_train[:20]
    slopes = batches.gradient(x, mnist.one_hot(labels), weights)
    row = int(x[0].argmax())

    def loss_with(numbers: Array) -> float:
        moved = weights.astype(np.float64)
        moved[row] = numbers
        return log_loss(labels, scipy_softmax(x @ moved, axis=1), labels=range(10))

    assert slopes[row] == pytest.approx(slope_of(loss_with, weights[row].astype(np.float64)), rel=1e-2, abs=1e-5)


@pytest.mark.parametrize("learned", [False, True])
def test_gradients_of_larger_batches_agree_better(learned: bool, few_digits: mnist.Digits) -> None:
    scatter = batches.scatter(few_digits.x_train[:500], few_digits.y_train[:500], learned=learned)
    means = [scatter.cosines[size].mean() for size in (1, 16, 256)]
    assert means == sorted(means)
    assert means[-1] > 0.7
    assert batches.cosine(scatter.full, scatter.full) == pytest.approx(1, rel=1e-5)
    picture = batches.as_picture(scatter.full, 3)
    assert picture.shape == (28, 28)
    assert 0 <= picture.min() <= picture.max() <= 1


def figures() -> list[Figure]:
    cloud = layers.cloud("corners")
    x = np.linspace(-1, 1, 5)
    shade = np.zeros(SHADED**2)
    shared = {"extent": 1.0, "shade": shade, "axes": ("x1", "x2")}
    return [
        plane(cloud.x, cloud.kind, ("a", "b"), lines=[(1, 2, 0.5), (0, 0, 1)], **shared),
        plane(cloud.x, cloud.kind, ("a", "b"), lines=[], wrong=[0, 3], **shared),
        curves(x, {"one": x, "two": x**2}, points={"one": (0, 0)}, title="t", along="x", high=1),
        way_down(x, x**2, [-1, 0.5], [1, 0.25], 0.0, 1.0),
        loss_by_step([1e9, 2e30], 0.1),
        distance_bars(1, *one_hot.distances(1)),
        cosine_marks({1: x, 2: x}, 2),
        parting_curves([2.3, 0.4, 0.1], [2.3, 0.5, 0.6], stop=2, best=1),
        precision_recall([(0.1, 1.0, 0.8), (0.9, 0.7, 1.0)], (0.9, 0.95), None),
        layer_bars(["Flatten", "Dense"], [0, 7850]),
        grids([Grid("a", shade.reshape(SHADED, SHADED), (1, 2, 3)), Grid("b", np.eye(3), absent=np.eye(3) > 0)]),
    ]


@pytest.mark.parametrize("figure", figures())
def test_figure_is_one_for_plotly_and_for_json(figure: Figure) -> None:
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)


def test_line_is_where_the_sum_is_zero() -> None:
    cloud = layers.cloud("corners")
    shade = shaded_points(1)[:, 0] > 0
    figure = plane(
        cloud.x, cloud.kind, ("a", "b"), extent=1, shade=shade.astype(float), lines=[(1, 2, 0.5)], axes=("x1", "x2")
    )
    line = figure["data"][1]
    assert [x + 2 * y + 0.5 for x, y in zip(line["x"], line["y"], strict=True)] == pytest.approx([0, 0], abs=1e-3)
    assert figure["data"][0]["z"][0][0] == 0
    assert figure["data"][0]["z"][0][-1] == 1
