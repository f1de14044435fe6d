"""The simulator under test: where it listens, how it is steered, what its ledger has."""

import json
import os
import urllib.parse
import urllib.request

URL = os.environ["CLOUDSIM_URL"]
HOST = urllib.parse.urlsplit(URL).netloc

# The access key that every simulator has from the start.
KEY_ID = "cloudsim-key-id"
KEY_SECRET = "cloudsim-key-secret"

# The same user with temporary credentials; `start_afresh` makes the key.
STS_KEY_ID = "sts-key-id"
STS_KEY_SECRET = "sts-key-secret"
STS_TOKEN = "a token+with/reserved=characters"


def control(method, path, body=None):
    """Calls the control API, which is unsigned."""
    request = urllib.request.Request(
        f"{URL}/_control/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def start_afresh():
    """Forgets everything and stops the clock, so that an order stands where a test puts it."""
    control("POST", "reset")
    control("POST", "clock/freeze")
    key = {"secret": STS_KEY_SECRET, "creator": "sts-user", "security_token": STS_TOKEN}
    control("PUT", f"access-keys/{STS_KEY_ID}", key)


def pass_time(seconds):
    control("POST", "clock/advance", {"ms": seconds * 1000})


def last_request():
    return control("GET", "ledger")["requests"][-1]


def restarts():
    """What was really restarted: product and application or instance, oldest first."""
    return [(it["product"], it["app"]) for it in control("GET", "ledger")["restarts"]]
