"""What counts as a report that was published twice."""

from benchmarks.namespaces import goes_back


def test_a_revision_that_comes_again_or_after_a_higher_one_goes_back() -> None:
    assert [goes_back(of) for of in ([1], [1, 3], [1, 1], [2, 1])] == [False, False, True, True]
