"""Drawings of networks: well-formed, complete and safe to put on a page."""

import xml.etree.ElementTree as ET

import pytest

from core.diagram import network_svg
from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import PRESETS, Recipe, summary

SVG = "{http://www.w3.org/2000/svg}"
ODD = Recipe(
    layers=(
        BatchNorm(),
        Conv(filters=1, kernel=28),
        Flatten(),
        Dense(units=11, activation="tanh"),
        BatchNorm(),
        Dropout(rate=0.2),
        OUTPUT,
    )
)
LONG = Recipe(layers=(*(Conv(filters=4, padding="same"),) * 20, MaxPool(), Dropout(), Flatten(), OUTPUT))
RECIPES = {**PRESETS, "softmax alone": Recipe(layers=(OUTPUT,)), "odd": ODD, "long": LONG}


def drawing(recipe: Recipe) -> ET.Element:
    svg = ET.fromstring(network_svg(recipe)).find(f"{SVG}svg")
    assert svg is not None
    return svg


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", RECIPES)
def test_every_output_shape_is_written_in_the_order_of_the_layers(name: str) -> None:
    recipe = RECIPES[name]
    shapes = ["x".join(map(str, row.output_shape)) for row in summary(recipe)]
    written = iter(words(drawing(recipe)))
    assert all(shape in written for shape in ["28x28", *shapes])


@pytest.mark.parametrize("name", RECIPES)
def test_everything_drawn_lies_inside_the_picture(name: str) -> None:
    svg = drawing(RECIPES[name])
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for kind, x, y in (("rect", "x", "y"), ("circle", "cx", "cy"), ("text", "x", "y")):
        for shape in svg.iter(SVG + kind):
            assert 0 <= float(shape.attrib[x]) <= width
            assert 0 <= float(shape.attrib[y]) <= height


@pytest.mark.parametrize("name", RECIPES)
def test_a_screen_reader_hears_the_layers(name: str) -> None:
    recipe = RECIPES[name]
    svg = drawing(recipe)
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == svg.findtext(f"{SVG}title")
    assert all(row.title in svg.attrib["aria-label"] for row in summary(recipe))


def test_ten_outputs_carry_their_digits() -> None:
    for recipe in RECIPES.values():
        assert set("0123456789") <= set(words(drawing(recipe)))


def test_a_wide_layer_is_drawn_with_a_gap() -> None:
    def neurons(units: int) -> int:
        svg = drawing(Recipe(layers=(Dense(units=units), OUTPUT)))
        return sum(circle.attrib["r"] == "4.5" for circle in svg.iter(f"{SVG}circle")) - 10

    assert [neurons(units) for units in (1, 10, 11, 512)] == [1, 10, 8, 8]


def test_text_takes_the_page_s_colour() -> None:
    assert {text.attrib["fill"] for text in drawing(PRESETS["simple-cnn"]).iter(f"{SVG}text")} == {"currentColor"}
