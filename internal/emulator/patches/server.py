"""The server: an answer that was lost on the way is given again."""
import threading
from collections import OrderedDict

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from patching import replaces
from werkzeug.test import run_wsgi_app

REMEMBERED = 1000  # answers: a retry comes within seconds

answers = OrderedDict()
one_at_a_time = threading.Lock()  # a retry may overtake the attempt before it


@replaces(DomainDispatcherApplication, "__call__")
def repeat_lost_answers(original, self, environ, start_response):
    """A busy machine may drop a connection after its request was carried out. The client tries again, and what it made
    "already exists". All attempts of one call carry one id, so the second is told what the first was to hear."""
    call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
    with one_at_a_time:
        body, status, headers = answers.get(call) or run_wsgi_app(lambda *request: original(self, *request), environ, buffered=True)
        body = list(body)
        if call and not status.startswith("5"):  # after a fault, another attempt may do better
            remember(call, (body, status, headers))
    start_response(status, list(headers))
    return body


def remember(call, answer):
    """Keep an answer, and only so many of them."""
    answers[call] = answer
    if len(answers) > REMEMBERED:
        answers.popitem(last=False)
