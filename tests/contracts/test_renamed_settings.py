"""A setting with an old or unknown name is an error that helps, never a silent default."""

import pytest

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.renamed_settings import RENAMED, RENAMED_ITEMS, check_names
from patternwatch.contracts.settings import WatchSettings
from patternwatch.streams.settings import WorkerSettings

KNOWN = (*WorkerSettings.model_fields, *ApiSettings.model_fields)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_name_is_answered_by_the_new_one_which_exists(old: str, new: str) -> None:
    with pytest.raises(InputError) as refused:
        check_names({f"PATTERNWATCH_{old}": "1"}, KNOWN)
    assert str(refused.value) == (
        f"PATTERNWATCH_{old} has another name since 0.2.0. Set PATTERNWATCH_{new} instead"
    )
    check_names({f"PATTERNWATCH_{new}": "1"}, KNOWN)
    fields = ApiSettings.model_fields | WorkerSettings.model_fields
    for part in new.lower().split("__"):
        assert part in fields
        fields = getattr(fields[part].annotation, "model_fields", {})


def test_keys_inside_of_lists_are_looked_at_too() -> None:
    old = '[{"name": "a", "tenant": "t", "selector": "up", "least_score": 3}]'
    with pytest.raises(InputError) as refused:
        check_names({"PATTERNWATCH_WATCHES": old}, KNOWN)
    assert str(refused.value) == (
        "PATTERNWATCH_WATCHES: 'least_score' has another name since 0.2.0. Write 'min_score' instead"
    )
    check_names({"PATTERNWATCH_WATCHES": old.replace("least_score", "min_score")}, KNOWN)
    assert set(RENAMED_ITEMS["WATCHES"].values()) <= set(WatchSettings.model_fields)


def test_a_name_that_is_no_setting_is_named() -> None:
    with pytest.raises(InputError) as refused:
        check_names({"PATTERNWATCH_TENNANTS": "[]", "HOME": "/"}, KNOWN)
    assert str(refused.value) == (
        "There is no setting PATTERNWATCH_TENNANTS. See docs/settings.md for every one"
    )
