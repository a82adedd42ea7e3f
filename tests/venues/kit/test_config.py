"""The settings that all venues have: each described, once."""

import inspect
import re

import msgspec

from fixgw.venues.asmlink.config import AsmlinkConfig
from fixgw.venues.kit import config
from fixgw.venues.kit.config import SocketConfig, VenueConfig


def test_each_is_described_behind_its_line():
    source = inspect.getsource(config)
    for field in msgspec.structs.fields(SocketConfig):
        assert re.search(rf"    {field.name}: .*\n    \"\"\"", source), field.name


def test_a_venues_table_has_them_all():
    own = {field.name for field in msgspec.structs.fields(AsmlinkConfig)}

    assert {field.name for field in msgspec.structs.fields(VenueConfig)} <= own
