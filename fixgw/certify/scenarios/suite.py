"""The one suite, which the modules beside this one fill."""

from fixgw.certify.scenario import Suite

SUITE = Suite()
scenario, script = SUITE.scenario, SUITE.script
