"""Every call of SAE that the operator or its documents use, made by the official SDK."""

import alibaba
import simulator
from alibabacloud_sae20190506 import models
from alibabacloud_sae20190506.client import Client

NAMESPACE = "cn-hangzhou:team"
# A space, every kind of reserved character, and one that is no ASCII.
ODD_NAME = "a b+c&d=e/f~g*h%i:重启"


class Calls:
    """The tests, for each scheme below."""

    product = "sae"
    client = Client
    models = models
    dropped_by_the_sdk = {
        "DescribeChangeOrder": ("/Data/CoTargets",),
        "ListApplications": ("/TraceId",),
    }

    def setUp(self):
        super().setUp()
        plan = {"prepare_ms": 0, "duration_ms": 60_000, "batches": 2}
        for app in ("app-1", "app-2"):
            members = {"name": ODD_NAME, "namespace": NAMESPACE, "plan": plan}
            members["instances"] = [f"{app}-x", f"{app}-y"]
            simulator.control("PUT", f"applications/{app}", members)

    def restarted(self, **parameters):
        body = self.call("RestartApplication", app_id="app-1", **parameters)
        self.assertEqual((body.success, body.code, body.message), (True, "200", "success"))
        return body.data.change_order_id

    def test_an_application_is_restarted_and_its_order_followed_to_the_end(self):
        order = self.restarted(
            min_ready_instances=1,
            min_ready_instance_ratio=-1,
            auto_enable_application_scaling_rule=True,
        )
        self.assertEqual(simulator.restarts(), [("sae", "app-1")])
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertEqual((data.change_order_id, data.app_id), (order, "app-1"))
        self.assertEqual((data.status, data.sub_status), (1, 0))
        self.assertEqual(data.co_type_code, "CoRestartApplication")
        self.assertEqual((data.batch_count, len(data.pipelines)), (2, 2))
        self.assertEqual(data.current_pipeline_id, data.pipelines[0].pipeline_id)
        self.assertGreater(data.pipelines[0].start_time, 10**12)
        simulator.pass_time(61)
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertEqual((data.status, data.error_message), (2, "success"))
        self.assertEqual([it.status for it in data.pipelines], [2, 2])

    def test_instances_are_restarted_and_say_so(self):
        body = self.call("RestartInstances", app_id="app-1", instance_ids="app-1-x,app-1-y")
        order = body.data.change_order_id
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertEqual(data.co_type_code, "CoRestartInstances")
        simulator.pass_time(61)
        group = self.call("DescribeApplicationGroups", app_id="app-1").data[0]
        self.assertEqual((group.group_name, group.replicas), ("_DEFAULT_GROUP", 2))
        data = self.call(
            "DescribeApplicationInstances",
            app_id="app-1",
            group_id=group.group_id,
            reverse=False,
        ).data
        self.assertEqual((data.total_size, data.current_page), (2, 1))
        found = [(it.instance_id, it.instance_container_restarts) for it in data.instances]
        self.assertEqual(found, [("app-1-x", 1), ("app-1-y", 1)])
        self.assertEqual(data.instances[0].instance_container_status, "Running")

    def test_a_batch_is_restarted_and_found_in_its_namespace(self):
        body = self.call(
            "BatchRestartApplications", namespace_id=NAMESPACE, app_ids="app-1,app-2"
        )
        parent = body.data.change_order_id
        self.assertEqual(sorted(simulator.restarts()), [("sae", "app-1"), ("sae", "app-2")])
        data = self.call("DescribeNamespaceResources", namespace_id=NAMESPACE).data
        self.assertEqual((data.namespace_id, data.app_count), (NAMESPACE, 2))
        self.assertEqual((data.last_change_order_id, data.last_change_order_running), (parent, True))
        self.assertEqual(data.last_change_order_status, "RUNNING")
        data = self.call("ListNamespaceChangeOrders", namespace_id=NAMESPACE, page_size=5).data
        self.assertEqual((data.total_size, data.page_size), (1, 5))
        found = data.change_order_list[0]
        self.assertEqual((found.change_order_id, found.namespace_id), (parent, NAMESPACE))
        self.assertEqual((found.status, found.source), (1, "pop"))

    def test_orders_of_an_application_are_listed_newest_first(self):
        first = self.restarted()
        simulator.pass_time(61)
        second = self.restarted()
        data = self.call("ListChangeOrders", app_id="app-1", current_page=1, page_size=10).data
        self.assertEqual(data.total_size, 2)
        newest, oldest = data.change_order_list
        self.assertEqual((newest.change_order_id, newest.status), (second, 1))
        self.assertEqual((oldest.change_order_id, oldest.status), (first, 2))
        self.assertEqual((newest.finish_time, newest.app_id), ("", "app-1"))
        self.assertRegex(oldest.finish_time, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual((newest.source, newest.co_type_code), ("pop", "CoRestartApplication"))
        data = self.call("ListChangeOrders", app_id="app-1", co_status="2", reverse=True).data
        self.assertEqual([it.change_order_id for it in data.change_order_list], [first])

    def test_the_status_of_an_application_names_its_last_order(self):
        data = self.call("DescribeApplicationStatus", app_id="app-1").data
        self.assertEqual((data.current_status, data.last_change_order_id), ("RUNNING", ""))
        order = self.restarted()
        data = self.call("DescribeApplicationStatus", app_id="app-1").data
        self.assertEqual((data.last_change_order_id, data.last_change_order_running), (order, True))
        self.assertEqual((data.last_change_order_status, data.sub_status), ("RUNNING", "NORMAL"))
        self.assertEqual(data.running_instances, 2)
        self.assertRegex(data.create_time, r"^\d{13}$")

    def test_applications_are_found_by_ids_and_by_a_name_that_needs_encoding(self):
        body = self.call("ListApplications", field_type="appIds", field_value="app-1,app-2")
        self.assertEqual((body.total_size, body.data.total_size), (2, 2))
        self.assertEqual([it.app_id for it in body.data.applications], ["app-1", "app-2"])
        self.assertEqual(body.data.applications[0].namespace_id, NAMESPACE)
        body = self.call("ListApplications", app_name=ODD_NAME, namespace_id=NAMESPACE)
        self.assertEqual([it.app_name for it in body.data.applications], [ODD_NAME, ODD_NAME])

    def test_a_pipeline_is_described_down_to_its_tasks(self):
        order = self.restarted()
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        first, second = [it.pipeline_id for it in data.pipelines]
        data = self.call("DescribePipeline", pipeline_id=first).data
        self.assertEqual((data.pipeline_id, data.next_pipeline_id), (first, second))
        self.assertEqual((data.pipeline_status, data.co_status), (1, "1"))
        stage = data.stage_list[0]
        self.assertEqual((stage.stage_id, stage.status), (data.current_stage_id, 1))
        self.assertEqual((stage.task_list[0].stage_id, stage.task_list[0].status), (stage.stage_id, 1))

    def test_a_running_order_is_aborted_and_one_that_has_ended_is_not(self):
        order = self.restarted()
        body = self.call("AbortChangeOrder", change_order_id=order, rollback=False)
        self.assertEqual(body.data.change_order_id, order)
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertEqual(data.status, 6)
        code = "Application.ChangerOrder.Not.Running"
        self.refused(code, "AbortChangeOrder", change_order_id=order)

    def test_an_order_that_waits_for_a_person_goes_on_when_confirmed(self):
        simulator.control("PATCH", "applications/app-1", {"plan": {"final_status": 8, "batches": 2}})
        order = self.restarted()
        simulator.pass_time(600)
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertEqual(data.status, 8)
        pipeline = data.current_pipeline_id
        body = self.call("ConfirmPipelineBatch", pipeline_id=pipeline, confirm=True)
        self.assertEqual(body.data.pipeline_id, pipeline)
        data = self.call("DescribeChangeOrder", change_order_id=order).data
        self.assertNotEqual(data.status, 8)

    def test_a_second_restart_is_refused_while_the_first_runs(self):
        self.restarted()
        code = "Application.ChangerOrderRunning"
        self.refused(code, "RestartApplication", app_id="app-1")
        self.assertEqual(simulator.restarts(), [("sae", "app-1")])

    def test_temporary_credentials_work_with_their_token_and_with_no_other(self):
        key = (simulator.STS_KEY_ID, simulator.STS_KEY_SECRET)
        sdk = self.made_client(*key, simulator.STS_TOKEN)
        self.call("RestartApplication", sdk, app_id="app-1")
        sdk = self.made_client(*key, "another token")
        code = "InvalidSecurityToken.MismatchWithAccessKey"
        self.refused(code, "RestartApplication", sdk, app_id="app-2")
        self.assertEqual(simulator.restarts(), [("sae", "app-1")])

    def test_a_wrong_secret_and_an_unknown_key_are_refused_and_restart_nothing(self):
        sdk = self.made_client(simulator.KEY_ID, "wrong")
        for action, parameters in (
            ("RestartApplication", {"app_id": "app-1"}),
            ("RestartInstances", {"app_id": "app-1", "instance_ids": "app-1-x"}),
            ("BatchRestartApplications", {"namespace_id": NAMESPACE, "app_ids": "app-1"}),
            ("DescribeApplicationStatus", {"app_id": "app-1"}),
        ):
            self.refused("SignatureDoesNotMatch", action, sdk, **parameters)
        sdk = self.made_client("nobody", simulator.KEY_SECRET)
        code = "InvalidAccessKeyId.NotFound"
        self.refused(code, "RestartApplication", sdk, http=404, app_id="app-1")
        self.assertEqual(simulator.restarts(), [])


class SaeWithAcs3(Calls, alibaba.ProductTest):
    scheme = alibaba.ACS3


class SaeWithRoa(Calls, alibaba.ProductTest):
    scheme = alibaba.ROA
