"""Where several models disagree: on how many digits, on which, and whether one is better by more than luck."""

from collections.abc import Mapping
from html import escape
from itertools import combinations

import pandas as pd
import streamlit as st

from core import agreement, charts
from core.evaluation import Evaluation
from core.mnist import a_digit, digits
from pages.parts.answer import data_url
from pages.parts.evaluation import answers
from pages.parts.numbers import numbers

MOST_SHOWN = 12


def show(evaluated: Mapping[str, Evaluation]) -> None:
    """How many digits all read alike, and those that they are most divided about."""
    every, labels = list(evaluated.values()), digits().y_test
    said = [one.answers for one in every]
    found = agreement.agreement(said, labels)
    same, right, wrong = (count / found.total for count in (found.all_same, found.all_right, found.all_wrong))
    both = len(every) == 2
    st.markdown(
        f"{'Both' if both else f'All {len(every)}'} give the same answer to **{same:.2%}** of the {found.total:,} test "
        f"digits. {'Both' if both else 'All'} are right on {right:.2%}, and {wrong:.2%} ({found.all_wrong:,}) are read "
        "wrong by every one of them."
    )
    divided = agreement.most_divided(said, [one.confidence for one in every])
    if not len(divided):
        st.info("There is no digit that they read differently.")
        return
    st.markdown(
        f"They are divided about {len(divided):,} digits; most of all about these. Choose one to look inside."
        if len(divided) > MOST_SHOWN
        else f"They are divided about {len(divided):,}:"
    )
    with st.container(horizontal=True, key="divided"):
        for index in divided[:MOST_SHOWN].tolist():
            _divided(index, evaluated)


def _divided(index: int, evaluated: Mapping[str, Evaluation]) -> None:
    label = int(digits().y_test[index])
    votes = "".join(
        f'<li class="{"dl-hit" if one.right[index] else "dl-miss"}"><b>{one.answers[index]}</b> {escape(name)} '
        f"<span>{charts.percentage(float(one.confidence[index]))}</span></li>"
        for name, one in evaluated.items()
    )
    with st.container(width=168, gap=None, key=f"divided-{index}"):
        picture = data_url(answers.picture(index))
        st.html(f'<img class="dl-digit-small" alt="" src="{picture}">')
        st.page_link(
            "inside.py", label=f"is {a_digit(label)}", query_params={"digit": str(index)},
            help=f"Test digit {index}: look inside",
        )  # fmt: skip
        st.html(f'<ul class="dl-votes">{votes}</ul>')


@st.fragment
def pair(evaluated: Mapping[str, Evaluation]) -> None:
    """McNemar's test of two of the models, in a sentence, with all the comparisons that could be made in mind."""
    names = list(evaluated)
    tests = {two: agreement.mcnemar(evaluated[two[0]].right, evaluated[two[1]].right) for two in combinations(names, 2)}
    asked = [st.session_state.get(key) for key in ("pair-one", "pair-other")]
    if None not in asked and not set(asked) <= set(names):  # one of them is no longer among the models
        st.session_state.update({"pair-one": names[0], "pair-other": names[1]})
    with st.container(horizontal=True):
        first = st.selectbox("One model", names, 0, key="pair-one", width=260)
        second = st.selectbox("and another", names, 1, key="pair-other", width=260)
    if first == second:
        st.info("Choose two different models.")
    else:
        one, other = evaluated[first], evaluated[second]
        found = agreement.mcnemar(one.right, other.right)
        st.markdown(agreement.verdict(first, second, found, len(one.labels), len(tests)))
    table = pd.DataFrame(
        [
            {
                "Pair": f"{one}, {other}",
                "Only the first right": f"{test.only_first:,}",
                "Only the second right": f"{test.only_second:,}",
                "By luck": agreement.how_often(test.p),
            }
            for (one, other), test in tests.items()
        ]
    )
    numbers(table.set_index("Pair"), "Every pair")
