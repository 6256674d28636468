from pathlib import Path

import numpy as np
import pytest

from core import drawings

UNIPEN = """.INCLUDE dene.doc
.SEGMENT DIGIT 0 ? "1"
.COMMENT 1 13 224
.PEN_DOWN
 100 400
 100 200
.PEN_UP
.DT 100

.SEGMENT DIGIT 1-2 ? "7"
.COMMENT 7 4 9
.PEN_DOWN
0 300
200 300
100 0
.PEN_UP
.PEN_DOWN
50 150
150 150
.PEN_UP
"""


@pytest.fixture
def unipen(tmp_path: Path) -> Path:
    file = tmp_path / "digits.tes"
    file.write_text(UNIPEN)
    return file


def test_unipen_text_gives_strokes_with_y_down(unipen: Path) -> None:
    read = drawings.read(unipen)
    assert read.labels.tolist() == [1, 7]
    assert read.writers.tolist() == [13, 4]
    assert [len(strokes) for strokes in read.strokes] == [1, 2]
    top, bottom = read.strokes[0][0]
    assert top[1] < bottom[1]


def test_npz_gives_what_unipen_gives(unipen: Path, tmp_path: Path) -> None:
    text = drawings.read(unipen)
    strokes = [stroke for drawing in text.strokes for stroke in drawing]
    np.savez(
        tmp_path / "digits.npz",
        points=np.concatenate(strokes),
        points_per_stroke=[len(stroke) for stroke in strokes],
        strokes_per_drawing=[len(drawing) for drawing in text.strokes],
        label=text.labels,
        writer=text.writers,
    )
    stored = drawings.read(tmp_path / "digits.npz")
    assert np.array_equal(stored.labels, text.labels)
    assert np.array_equal(stored.writers, text.writers)
    for ours, theirs in zip(stored.strokes, text.strokes, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_held_out_writers_are_taken_or_left_as_a_whole(unipen: Path) -> None:
    read = drawings.read(unipen)
    assert read.by(drawings.HELD_OUT).writers.tolist() == [4]
    assert read.without(drawings.HELD_OUT).writers.tolist() == [13]
    assert read.by({4, 13}).whose == "writers 4, 13 of digits.tes"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must hold pen drawings"),
        (b"PK\x03\x04 not really", "as arrays"),
        (b"%PDF-1.7", "must hold pen drawings"),
        (UNIPEN.replace("200 300", "200 many").encode(), "line 14"),
        (UNIPEN.replace('"7"', '"seven"').encode(), "line 10"),
        (b".PEN_DOWN\n1 2\n.PEN_UP\n", "line 3"),
        (b'.SEGMENT DIGIT 0 ? "1"\n', "empty"),
    ],
)
def test_what_is_no_stroke_file_is_refused_by_name(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "whatever.txt"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        drawings.read(file)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "short.npz"
    np.savez(file, points=np.zeros((3, 2)), points_per_stroke=[2], strokes_per_drawing=[1], label=[1], writer=[1])
    with pytest.raises(ValueError, match="must fit each other"):
        drawings.read(file)
