"""What stands in a page's tables."""

from xml.etree import ElementTree

import pandas as pd
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block


def tables(at: AppTest | Block) -> list[pd.DataFrame]:
    """The tables of a page, or of a part of it, as texts; the index is empty where a table shows none."""
    bodies = [html.proto.body for html in at.get("html") if "dl-table" in html.proto.body]
    return [_read(ElementTree.fromstring(body)) for body in bodies]


def _read(tree: ElementTree.Element) -> pd.DataFrame:
    columns = [cell.text for cell in tree.findall(".//thead//th")]
    rows = tree.findall(".//tbody/tr")
    names = [cell.text for row in rows for cell in row.findall("th")]
    cells = [[cell.text for cell in row.findall("td")] for row in rows]
    return pd.DataFrame(cells, columns=columns, index=names or None)
