"""That the checks on models see what they are there to see."""

import unittest

import shapes
from alibabacloud_sae20190506 import models as sae
from volcenginesdkecs import models as ecs


class ShapesTest(unittest.TestCase):
    def seen_in(self, answer):
        model = sae.DescribeChangeOrderResponseBody().from_map(answer)
        lost = shapes.losses(answer, model.to_map())
        return lost, shapes.wrong_types(model, sae.DescribeChangeOrderResponseBody)

    def test_a_good_answer_is_good(self):
        pipelines = [{"PipelineId": "p", "Status": 1, "StartTime": 1_700_000_000_000}]
        data = {"Status": 1, "Auto": True, "ErrorMessage": "", "Pipelines": pipelines}
        self.assertEqual(self.seen_in({"Code": "200", "Data": data}), ([], []))

    def test_a_member_that_the_model_does_not_have_is_seen_at_any_depth(self):
        lost, _ = self.seen_in({"Data": {"Pipelines": [{"Pipelineid": "p"}]}})
        self.assertEqual(lost, ["/Data/Pipelines/0/Pipelineid: 'p' has become None"])

    def test_a_wrong_type_is_seen_at_any_depth(self):
        for answer, where in (
            ({"Code": 200}, ".code"),
            ({"Success": "true"}, ".success"),
            ({"Data": {"Status": "1"}}, ".data.status"),
            ({"Data": {"Status": True}}, ".data.status"),
            ({"Data": {"Pipelines": [{"StartTime": "1"}]}}, ".data.pipelines[0].start_time"),
        ):
            _, wrong = self.seen_in(answer)
            self.assertEqual([it.split(":")[0] for it in wrong], [where])

    def test_a_value_that_volcengine_has_turned_into_another_is_seen(self):
        model = ecs.DescribeInstancesResponse(total_count=1, next_token="")
        answer = {"TotalCount": "1", "NextToken": "", "Unheard": 1}
        self.assertEqual(
            shapes.losses(answer, shapes.as_json(model)),
            ["/TotalCount: '1' has become 1", "/Unheard: 1 has become None"],
        )
