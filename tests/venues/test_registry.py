from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.asmlink.config import AsmlinkConfig
from fixgw.venues.asmlink.execution import Asmlink
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.execution import Integral
from fixgw.venues import registry
from fixgw.venues.registry import VENUES


def test_apifiny_is_registered():
    assert (VENUES["apifiny"].config, VENUES["apifiny"].make) == (ApifinyConfig, Apifiny)


def test_asmlink_is_registered():
    assert (VENUES["asmlink"].config, VENUES["asmlink"].make) == (AsmlinkConfig, Asmlink)


def test_integral_is_registered():
    assert (VENUES["integral"].config, VENUES["integral"].make) == (IntegralConfig, Integral)


def test_an_adapter_is_found_by_its_name():
    assert VENUES["asmlink"] is registry.adapter("asmlink")
    assert registry.adapter("nobodys") is None
    assert set(VENUES) <= set(registry.adapters())
