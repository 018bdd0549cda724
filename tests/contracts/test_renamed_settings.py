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
    with pytest.raises(InputError, match=f"PATTERNWATCH_{new}"):
        check_names({f"PATTERNWATCH_{old}": "1"}, KNOWN)
    check_names({f"PATTERNWATCH_{new}": "1"}, KNOWN)
    fields = ApiSettings.model_fields | WorkerSettings.model_fields
    for part in new.lower().split("__"):
        assert part in fields
        fields = getattr(fields[part].annotation, "model_fields", {})


def test_keys_inside_of_lists_are_looked_at_too() -> None:
    old = '[{"name": "a", "tenant": "t", "selector": "up", "least_score": 3}]'
    with pytest.raises(InputError, match="'min_score'"):
        check_names({"PATTERNWATCH_WATCHES": old}, KNOWN)
    assert set(RENAMED_ITEMS["WATCHES"].values()) <= set(WatchSettings.model_fields)


def test_a_name_that_is_no_setting_is_named() -> None:
    with pytest.raises(InputError, match="PATTERNWATCH_TENNANTS"):
        check_names({"PATTERNWATCH_TENNANTS": "[]", "HOME": "/"}, KNOWN)
