"""What stands twice in a list of the settings is a mistake: one of both would be passed over in silence."""

import pytest
from pydantic import ValidationError

from patternwatch.contracts.settings import ProcessSettings, TenantSettings, WatchSettings


def test_a_tenant_that_stands_there_twice_is_an_error() -> None:
    tenants = (TenantSettings(id="a"), TenantSettings(id="b"), TenantSettings(id="a", selector='{env="x"}'))
    with pytest.raises(ValidationError, match="the tenant 'a' stands there twice"):
        ProcessSettings(tenants=tenants)


def test_a_watch_may_have_the_name_of_another_tenants_but_not_of_its_own() -> None:
    watch = WatchSettings(name="shop", tenant="a", selector='{env="x"}')
    other = watch.model_copy(update={"tenant": "b"})
    assert len(ProcessSettings(watches=(watch, other)).watches) == 2
    with pytest.raises(ValidationError, match="the watch 'a/shop' stands there twice"):
        ProcessSettings(watches=(watch, other, watch))
