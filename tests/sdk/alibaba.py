"""What the tests of both products of Alibaba share: clients for each scheme, and a checked call."""

import re
import unittest

import shapes
import simulator
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

# The scheme is told by the form of the date that was signed with it.
ACS3 = {"algorithm": None, "date": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")}
ROA = {"algorithm": "v2", "date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")}


class ProductTest(unittest.TestCase):
    """A product under one scheme. A subclass says which: `product`, `client`, `models`, `scheme`."""

    maxDiff = None
    # Members of an answer that this SDK drops, by action: other clients know them.
    dropped_by_the_sdk = {}

    def setUp(self):
        simulator.start_afresh()
        self.sdk = self.made_client(simulator.KEY_ID, simulator.KEY_SECRET)

    def made_client(self, key_id, secret, token=None):
        config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            security_token=token,
            endpoint=simulator.HOST,
            protocol="http",
            signature_algorithm=self.scheme["algorithm"],
        )
        return self.client(config)

    def call(self, action, sdk=None, refused_inside=None, **parameters):
        """Makes a call and gives the body of its answer as the SDK's own model.

        `refused_inside` are HTTP status and code of a refusal that the SDK does not take for one.
        """
        sdk = sdk or self.sdk
        answers = []
        call_api = type(sdk).call_api
        sdk.call_api = lambda *given: answers.append(call_api(sdk, *given)) or answers[0]
        request = getattr(self.models, f"{action}Request")(**parameters)
        response = getattr(sdk, "_".join(shapes.words(action)))(request)
        self.assertEqual(response.status_code, 200)
        self.was_signed_and(action, refused_inside)
        lost = shapes.losses(answers[0]["body"], response.body.to_map())
        dropped = self.dropped_by_the_sdk.get(action, ())
        self.assertEqual([it for it in lost if not it.startswith(dropped)], [])
        model = getattr(self.models, f"{action}ResponseBody")
        self.assertEqual(shapes.wrong_types(response.body, model, action), [])
        return response.body

    def refused(self, code, action, sdk=None, http=400, **parameters):
        """Makes a call that has to be refused with this code."""
        with self.assertRaises(ClientException) as caught:
            self.call(action, sdk, **parameters)
        self.assertEqual((caught.exception.code, caught.exception.status_code), (code, http))
        self.was_signed_and(action, (http, code))

    def was_signed_and(self, action, refusal):
        verdict = {"kind": "served"}
        if refusal:
            verdict = {"kind": "refused", "http": refusal[0], "code": refusal[1]}
        request = simulator.last_request()
        self.assertEqual((request["product"], request["action"]), (self.product, action))
        self.assertEqual(request["verdict"], verdict)
        self.assertRegex(request["signed_at"], self.scheme["date"])
