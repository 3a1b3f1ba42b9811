from course_lib.datasets import load_southern_women


def test_attendance_has_the_counts_of_the_published_table():
    women, events, came = load_southern_women()
    assert came.shape == (len(women), len(events)) == (18, 14)
    assert set(came.ravel()) == {0, 1}
    assert came.sum(axis=0).tolist() == [3, 3, 6, 4, 8, 8, 10, 14, 12, 5, 4, 6, 3, 3]
    assert came.sum(axis=1).tolist() == [8, 7, 8, 7, 4, 4, 4, 3, 4, 4, 4, 6, 7, 8, 5, 2, 2, 2]


def test_rows_and_columns_are_in_the_order_of_their_names():
    women, events, came = load_southern_women()
    assert events == tuple(f"E{i}" for i in range(1, 15))
    assert (women[0], women[15]) == ("Evelyn Jefferson", "Dorothy Murchison")
    assert [event for event, yes in zip(events, came[15], strict=True) if yes] == ["E8", "E9"]
