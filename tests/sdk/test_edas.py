"""Every call of EDAS that the operator or its documents use, made by the official SDK."""

import alibaba
import simulator
from alibabacloud_edas20170801 import models
from alibabacloud_edas20170801.client import Client


class Calls:
    """The tests, for each scheme below."""

    product = "edas"
    client = Client
    models = models

    def setUp(self):
        super().setUp()
        plan = {"prepare_ms": 0, "duration_ms": 60_000, "batches": 2}
        members = {"product": "edas", "plan": plan, "instances": ["ecc-1", "ecc-2"]}
        simulator.control("PUT", "applications/app-1", members)
        members = {"product": "edas", "cluster_type": 5, "name": "a b+c&d=e/f~g*h%i:重启"}
        simulator.control("PUT", "applications/app-2", members)

    def restarted(self, **parameters):
        body = self.call("RestartApplication", app_id="app-1", **parameters)
        self.assertEqual((body.code, body.message), (200, "success"))
        return body.change_order_id

    def info(self, order):
        return self.call("GetChangeOrderInfo", change_order_id=order).change_order_info

    def test_an_application_is_restarted_and_its_order_followed_to_the_end(self):
        order = self.restarted()
        self.assertEqual(simulator.restarts(), [("edas", "app-1")])
        info = self.info(order)
        self.assertEqual((info.change_order_id, info.status, info.batch_count), (order, 1, 2))
        first, second = info.pipeline_info_list.pipeline_info
        self.assertEqual((first.pipeline_status, second.pipeline_status), (1, 0))
        self.assertRegex(first.start_time, r"^\d{13}$")
        simulator.pass_time(61)
        info = self.info(order)
        self.assertEqual(info.status, 2)
        statuses = [it.pipeline_status for it in info.pipeline_info_list.pipeline_info]
        self.assertEqual(statuses, [2, 2])

    def test_some_eccs_are_restarted_and_named_as_targets(self):
        info = self.info(self.restarted(ecc_info="ecc-1,ecc-2"))
        self.assertEqual(info.targets.items, ["ecc-1", "ecc-2"])
        self.assertEqual(info.change_order_id, self.recent()[0].change_order_id)

    def test_a_partly_failed_order_has_status_7(self):
        plan = {"prepare_ms": 0, "duration_ms": 60_000, "final_status": 7}
        simulator.control("PATCH", "applications/app-1", {"plan": plan})
        order = self.restarted()
        simulator.pass_time(61)
        self.assertEqual(self.info(order).status, 7)

    def recent(self):
        body = self.call("ListRecentChangeOrder", app_id="app-1")
        return body.change_order_list.change_order

    def test_recent_orders_are_listed_newest_first(self):
        body = self.call("ListRecentChangeOrder", app_id="app-1")
        self.assertFalse(body.change_order_list.change_order)
        first = self.restarted()
        simulator.pass_time(61)
        second = self.restarted()
        newest, oldest = self.recent()
        self.assertEqual((newest.change_order_id, newest.status), (second, 1))
        self.assertEqual((oldest.change_order_id, oldest.status), (first, 2))
        self.assertEqual((newest.source, newest.app_id), ("pop", "app-1"))
        self.assertRegex(oldest.finish_time, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")

    def test_the_status_of_an_application_has_its_eccs(self):
        info = self.call("QueryApplicationStatus", app_id="app-1").app_info
        self.assertEqual(info.application.application_id, "app-1")
        self.assertEqual(info.application.running_instance_count, 2)
        found = [(it.ecc_id, it.app_id, it.app_state) for it in info.ecc_list.ecc]
        self.assertEqual(found, [("ecc-1", "app-1", 7), ("ecc-2", "app-1", 7)])
        self.assertEqual(info.group_list.group[0].group_id, info.ecc_list.ecc[0].group_id)

    def test_applications_are_found_by_ids_and_by_a_name_that_needs_encoding(self):
        found = self.call("ListApplication", app_ids="app-1,app-2").application_list.application
        kinds = [(it.app_id, it.cluster_type) for it in found]
        self.assertEqual(kinds, [("app-1", 2), ("app-2", 5)])
        name = found[1].name
        body = self.call("ListApplication", app_name=name, current_page=1, page_size=10)
        self.assertEqual([it.name for it in body.application_list.application], [name])

    def test_a_running_order_is_aborted(self):
        order = self.restarted()
        body = self.call("AbortChangeOrder", change_order_id=order)
        self.assertEqual((body.code, body.data.change_order_id), (200, order))
        self.assertEqual(self.info(order).status, 6)

    def test_a_business_error_comes_as_a_good_answer_with_another_code(self):
        body = self.business_error("RestartApplication", app_id="nothing")
        self.assertIsNone(body.change_order_id)
        self.assertIn("nothing", body.message)
        self.business_error("GetChangeOrderInfo", change_order_id="nothing")

    def business_error(self, action, **parameters):
        body = self.call(action, refused_inside=(200, "601"), **parameters)
        self.assertEqual(body.code, 601)
        return body

    def test_temporary_credentials_work_with_their_token_and_with_no_other(self):
        key = (simulator.STS_KEY_ID, simulator.STS_KEY_SECRET)
        sdk = self.made_client(*key, simulator.STS_TOKEN)
        self.call("RestartApplication", sdk, app_id="app-1")
        sdk = self.made_client(*key, "another token")
        code = "InvalidSecurityToken.MismatchWithAccessKey"
        self.refused(code, "QueryApplicationStatus", sdk, app_id="app-1")

    def test_a_wrong_secret_and_an_unknown_key_are_refused_and_restart_nothing(self):
        sdk = self.made_client(simulator.KEY_ID, "wrong")
        for action, parameters in (
            ("RestartApplication", {"app_id": "app-1"}),
            ("QueryApplicationStatus", {"app_id": "app-1"}),
            ("AbortChangeOrder", {"change_order_id": "any"}),
        ):
            self.refused("SignatureDoesNotMatch", action, sdk, **parameters)
        sdk = self.made_client("nobody", simulator.KEY_SECRET)
        code = "InvalidAccessKeyId.NotFound"
        self.refused(code, "RestartApplication", sdk, http=404, app_id="app-1")
        self.assertEqual(simulator.restarts(), [])


class EdasWithAcs3(Calls, alibaba.ProductTest):
    scheme = alibaba.ACS3


class EdasWithRoa(Calls, alibaba.ProductTest):
    scheme = alibaba.ROA
