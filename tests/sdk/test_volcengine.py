"""Every call of Volcengine ECS that the operator or its documents use, made by the official SDK.

The SDK has one signature scheme, and models that sign a GET. Its universal client signs the POST of
a form, which is how the operator reboots.
"""

import json
import unittest

import shapes
import simulator
from volcenginesdkcore import ApiClient, Configuration, UniversalApi, UniversalInfo
from volcenginesdkcore.rest import ApiException
from volcenginesdkecs import ECSApi
from volcenginesdkecs import models

VERSION = "2020-04-01"
FORM = "application/x-www-form-urlencoded"


def made_client(key_id, secret, token=""):
    configuration = Configuration()
    configuration.host = simulator.HOST
    configuration.scheme = "http"
    configuration.region = "cn-beijing"
    configuration.ak = key_id
    configuration.sk = secret
    configuration.session_token = token
    configuration.auto_retry = False
    return ApiClient(configuration)


class VolcengineTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        simulator.start_afresh()
        self.sdk = made_client(simulator.KEY_ID, simulator.KEY_SECRET)
        minute = [{"after_ms": 0, "status": "REBOOTING"}, {"after_ms": 60_000, "status": "RUNNING"}]
        plan = {"stages": minute, "event": "Succeeded", "event_delay_ms": 0}
        volumes = [{"volume_type": "SSD", "count": 2, "size": 894}]
        members = {"name": "first", "plan": plan, "local_volumes": volumes}
        simulator.control("PUT", "instances/i-1", members)
        simulator.control("PUT", "instances/i-2", {"refuse_with": "OperationDenied.ResourceLocked"})

    def call(self, action, sdk=None, **parameters):
        """Makes a call and gives the result of its answer as the SDK's own model."""
        sdk = sdk or self.sdk
        method = "_".join(shapes.words(action))
        request = getattr(models, f"{action}Request")(**parameters)
        result = getattr(ECSApi(sdk), method)(request)
        self.assertIs(type(result), getattr(models, f"{action}Response"))
        self.was_sent("GET", action, {"kind": "served"})
        # The SDK turns values into the types of its models, so a wrong type is a difference too.
        answer = json.loads(sdk.last_response.data)
        self.assertEqual(shapes.losses(answer["Result"], shapes.as_json(result)), [])
        return result

    def refused(self, code, http, attempt):
        with self.assertRaises(ApiException) as caught:
            attempt()
        self.assertEqual(caught.exception.status, http)
        error = json.loads(caught.exception.body)["ResponseMetadata"]["Error"]
        self.assertEqual(error["Code"], code)

    def was_sent(self, method, action, verdict):
        request = simulator.last_request()
        self.assertEqual((request["product"], request["method"]), ("volcengine", method))
        self.assertEqual((request["action"], request["verdict"]), (action, verdict))

    def reboot_by_form(self, sdk, **parameters):
        info = UniversalInfo("POST", "ecs", VERSION, "RebootInstances", FORM)
        ids = {"InstanceIds.1": "i-1", "InstanceIds.2": "i-2"}
        return UniversalApi(sdk).do_call(info, {**ids, **parameters})

    def test_instances_are_rebooted_each_with_its_own_outcome(self):
        result = self.call(
            "RebootInstances",
            instance_ids=["i-1", "i-2", "i-3"],
            force_stop=False,
            client_token="a token-1_2~3",
        )
        first, second, third = result.operation_details
        self.assertEqual((first.instance_id, first.error), ("i-1", None))
        self.assertEqual((second.instance_id, second.error.code), ("i-2", "OperationDenied.ResourceLocked"))
        self.assertEqual((third.instance_id, third.error.code), ("i-3", "InvalidInstance.NotFound"))
        self.assertEqual(simulator.restarts(), [("volcengine", "i-1")])

    def test_a_reboot_shows_in_the_status_and_in_an_event(self):
        self.call("RebootInstances", instance_ids=["i-1"])
        result = self.call("DescribeInstances", instance_ids=["i-1"], max_results=100)
        self.assertEqual([it.status for it in result.instances], ["REBOOTING"])
        events = self.call("DescribeSystemEvents", resource_ids=["i-1"], types=["RebootInstance"])
        self.assertEqual([it.status for it in events.system_events], ["Executing"])
        simulator.pass_time(61)
        result = self.call("DescribeInstances", instance_ids=["i-1"], max_results=100)
        self.assertEqual([it.status for it in result.instances], ["RUNNING"])
        events = self.call(
            "DescribeSystemEvents", resource_ids=["i-1"], status=["Succeeded"], max_results="20"
        )
        event = events.system_events[0]
        self.assertEqual((event.resource_id, event.type), ("i-1", "RebootInstance"))
        self.assertRegex(event.operated_end_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$")

    def test_an_instance_is_described_with_what_tells_bare_metal(self):
        result = self.call("DescribeInstances", instance_ids=["i-1"])
        self.assertEqual(result.total_count, 1)
        instance = result.instances[0]
        self.assertEqual((instance.instance_id, instance.instance_name), ("i-1", "first"))
        self.assertRegex(instance.instance_type_id, r"^ecs\.")
        volume = instance.local_volumes[0]
        self.assertEqual((volume.volume_type, volume.count, volume.size), ("SSD", 2, 894))
        self.assertRegex(instance.updated_at, r"\+08:00$")

    def test_a_hundred_ids_are_signed_in_the_order_that_the_gateway_expects(self):
        for number in range(100):
            simulator.control("PUT", f"instances/n-{number}", {})
        ids = [f"n-{number}" for number in range(100)]
        result = self.call("RebootInstances", instance_ids=ids)
        self.assertEqual([it.instance_id for it in result.operation_details], ids)
        result = self.call("DescribeInstances", instance_ids=ids, max_results=60)
        self.assertEqual((result.total_count, len(result.instances)), (100, 60))
        result = self.call(
            "DescribeInstances", instance_ids=ids, max_results=60, next_token=result.next_token
        )
        self.assertEqual((len(result.instances), result.next_token), (40, ""))

    def test_a_signed_form_reboots_as_a_signed_query_does(self):
        result = self.reboot_by_form(self.sdk, ClientToken="a token+1/2&3=4")
        self.was_sent("POST", "RebootInstances", {"kind": "served"})
        details = result["OperationDetails"]
        self.assertEqual([it["InstanceId"] for it in details], ["i-1", "i-2"])
        self.assertEqual(simulator.last_request()["params"]["ClientToken"], "a token+1/2&3=4")
        self.assertEqual(simulator.restarts(), [("volcengine", "i-1")])

    def test_a_token_reboots_once(self):
        ask = {"instance_ids": ["i-1"], "client_token": "once"}
        self.assertIsNone(self.call("RebootInstances", **ask).operation_details[0].error)
        self.assertIsNone(self.call("RebootInstances", **ask).operation_details[0].error)
        self.assertEqual(simulator.restarts(), [("volcengine", "i-1")])

    def test_temporary_credentials_work_with_their_token_and_with_no_other(self):
        key = (simulator.STS_KEY_ID, simulator.STS_KEY_SECRET)
        self.call("RebootInstances", made_client(*key, simulator.STS_TOKEN), instance_ids=["i-1"])
        other = made_client(*key, "another token")
        describe = lambda: self.call("DescribeInstances", other, instance_ids=["i-1"])
        self.refused("InvalidSecretToken", 401, describe)

    def test_a_wrong_secret_and_an_unknown_key_are_refused_and_reboot_nothing(self):
        for key, code in (
            ((simulator.KEY_ID, "wrong"), "SignatureDoesNotMatch"),
            (("nobody", simulator.KEY_SECRET), "InvalidAccessKey"),
        ):
            sdk = made_client(*key)
            calls = [
                lambda: self.call("RebootInstances", sdk, instance_ids=["i-1"]),
                lambda: self.call("DescribeInstances", sdk, instance_ids=["i-1"]),
                lambda: self.call("DescribeSystemEvents", sdk, resource_ids=["i-1"]),
                lambda: self.reboot_by_form(sdk),
            ]
            for call in calls:
                self.refused(code, 401, call)
                verdict = {"kind": "refused", "http": 401, "code": code}
                self.assertEqual(simulator.last_request()["verdict"], verdict)
        self.assertEqual(simulator.restarts(), [])
