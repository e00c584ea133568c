"""Tables of observables: columns by name, worked out once, and no more than asked for."""

from collections.abc import Mapping

import numpy as np
import pytest

from jaxgen.base import Batch
from jaxgen.metrics.table import Label, Table, present
from tests.metrics.toys import SPEC

BATCH = Batch(np.arange(12.0).reshape(6, 2), np.zeros((6, 1)))


@pytest.fixture
def table() -> Table:
    columns = {"charge": np.arange(6.0), "cells": np.array([[1.0, np.nan]] * 6)}
    return Table(columns, {"charge": Label("charge", "fC"), "cells": Label("<cells>")}, BATCH, SPEC)


def test_a_table_is_a_mapping_of_its_columns(table):
    assert isinstance(table, Mapping)
    assert list(table) == ["charge", "cells"]
    assert (len(table), table.number) == (2, 6)
    assert table["charge"] is table.columns["charge"]
    assert "angle" not in table
    with pytest.raises(KeyError):
        table["angle"]


def test_functions_are_worked_out_once_a_table(table):
    calls = []

    def total(given):
        calls.append(given)
        return given["charge"].sum()

    assert [table.of(total), table.of(total)] == [15.0, 15.0]
    assert len(calls) == 1
    fewer = table.first(3)
    assert fewer.of(total) == 3.0
    assert len(calls) == 2, "another table has its own"
    assert table.of(lambda given: given["charge"].max()) == 5.0


def test_nothing_is_remembered_of_what_was_not_worked_out(table):
    def fails(given):
        raise ValueError("once more")

    for _ in range(2):
        with pytest.raises(ValueError, match="once more"):
            table.of(fails)


def test_the_first_events_have_all_their_columns(table):
    fewer = table.first(2)
    assert fewer.number == 2
    np.testing.assert_array_equal(fewer["charge"], [0.0, 1.0])
    assert fewer["cells"].shape == (2, 2)
    np.testing.assert_array_equal(fewer.batch.data, BATCH.data[:2])
    assert fewer.batch.condition.shape == (2, 1)
    assert (fewer.labels, fewer.spec) == (table.labels, SPEC)
    assert table.first(6) is table
    assert table.first(100) is table


def test_a_table_says_what_it_holds(table):
    assert repr(table) == "Table of 6 events: charge, cells"
    html = table._repr_html_()
    assert html.count("<tr>") == 1 + 2
    assert "<td>2.5</td>" in html, "the mean"
    assert "&lt;cells&gt;" in html
    assert "<cells>" not in html


def test_labels_have_their_unit():
    assert Label("charge", "fC", "Q").text == "charge [fC]"
    assert Label("share").text == "share"


def test_values_that_are_there_are_in_one_row():
    assert present(np.array([[np.nan, 1.0], [np.inf, np.nan]])).tolist() == [1.0, np.inf]
