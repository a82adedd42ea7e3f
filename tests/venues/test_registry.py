from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.registry import VENUES


def test_apifiny_is_registered():
    assert (VENUES["apifiny"].config, VENUES["apifiny"].make) == (ApifinyConfig, Apifiny)
