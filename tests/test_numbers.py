"""Tables: what they show is what they were given, whatever stands in it."""

from streamlit.testing.v1 import AppTest

from tests.tables import tables


def test_texts_of_a_table_are_shown_as_they_are() -> None:
    def page() -> None:
        import pandas as pd

        from pages.parts.numbers import numbers

        numbers(pd.DataFrame({"<b>loss</b>": ["<script>alert(1)</script>"], "n & m": ['"3"']}, index=["a < b"]))

    at = AppTest.from_function(page, default_timeout=30).run()
    assert not at.exception
    (table,) = tables(at)
    assert table.columns.tolist() == ["<b>loss</b>", "n & m"]
    assert table.index.tolist() == ["a < b"]
    assert table.iloc[0].tolist() == ["<script>alert(1)</script>", '"3"']


def test_table_without_its_index_has_a_heading_for_each_column() -> None:
    def page() -> None:
        import pandas as pd

        from pages.parts.numbers import show_table

        show_table(pd.DataFrame({"Layer": ["Flatten"], "Parameters": ["0"]}), index=False)

    at = AppTest.from_function(page, default_timeout=30).run()
    assert tables(at)[0].to_dict("records") == [{"Layer": "Flatten", "Parameters": "0"}]
    assert 'scope="row"' not in at.get("html")[0].proto.body


def test_small_table_is_shown_from_its_columns_alone() -> None:
    def page() -> None:
        from pages.parts.numbers import numbers

        numbers({"Digit": range(2), "Probability": ["<1%", "99%"]})

    at = AppTest.from_function(page, default_timeout=30).run()
    assert not at.exception
    (table,) = tables(at)
    assert table.index.tolist() == ["0", "1"]
    assert table["Probability"].tolist() == ["<1%", "99%"]
    assert "<td>Digit</td>" in at.get("html")[0].proto.body
