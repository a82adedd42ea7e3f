"""The machines of test_engine_any_input for tests that look at something else than the engine.

What the engine makes of an input is not judged: other tests do. A bug that an input meets is
contained, as by the gateway (decision 0016), and the story goes on.
"""

from fixgw.model.requests import Request
from fixgw.model.venue import VenueInput
from tests.core.test_engine_any_input import AnyInput
from tests.support.orders import Exchange, made


class Contained(Exchange):
    """An Exchange that refuses an input that meets a bug: it has changed nothing."""

    def handle(self, message: Request | VenueInput) -> None:
        try:
            self.engine.handle(message, self.moment)
        except AssertionError:
            pass
        self._take()


class AnyStory(AnyInput):
    """Whatever is said."""

    exchange_type = Contained

    def _not_judged(self) -> None:
        """Others do."""

    what_was_reported_holds = _not_judged
    somebody_asks_about_what_is_unsettled = _not_judged
    a_submit_follows_on_record = _not_judged
    each_request_is_answered_once = _not_judged
    orders_that_replace_each_other_are_one = _not_judged
    quantities_are_those_commanded = _not_judged

    def teardown(self) -> None:
        """It may end anywhere: with a question that failed, and is asked again later."""
        made.remove(self.exchange)
