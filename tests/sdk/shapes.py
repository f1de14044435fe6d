"""Whether the model of an SDK takes over an answer: every member of it, each with its type.

The SDKs of Alibaba take any JSON without a word: an unknown member is dropped, a number stays
a number in a member that is declared to be a text. So both are looked at here.
"""

import re
import typing

from darabonba.model import DaraModel


def words(action):
    """The words of an action: the SDKs name their methods after them."""
    return [word.lower() for word in re.findall("[A-Z][a-z]*", action)]


def losses(answer, model, path=""):
    """Members of the answer that are not in what the model gives back, or are different there."""
    if isinstance(answer, dict) and isinstance(model, dict):
        return [
            loss
            for name, value in answer.items()
            if value is not None
            for loss in losses(value, model.get(name), f"{path}/{name}")
        ]
    if isinstance(answer, list) and isinstance(model, list) and len(answer) == len(model):
        pairs = enumerate(zip(answer, model))
        return [loss for at, (a, m) in pairs for loss in losses(a, m, f"{path}/{at}")]
    if type(answer) is type(model) and answer == model:
        return []
    return [f"{path}: {answer!r} has become {model!r}"]


def as_json(model):
    """The JSON that a model of Volcengine stands for."""
    if isinstance(model, list):
        return [as_json(item) for item in model]
    names = getattr(model, "attribute_map", None)
    if names is None:
        return model
    return {json: as_json(getattr(model, name)) for name, json in names.items()}


def wrong_types(value, wanted, path=""):
    """Values that are not of the type that the model of Alibaba declares."""
    if value is None or wanted is typing.Any:
        return []
    if isinstance(value, DaraModel):
        # A wrong class of model is told below, and not looked into.
        if type(value) is wanted:
            hints = typing.get_type_hints(wanted.__init__)
            members = [(name, getattr(value, name), hint) for name, hint in hints.items()]
            return [it for n, v, hint in members for it in wrong_types(v, hint, f"{path}.{n}")]
    origin = typing.get_origin(wanted) or wanted
    if type(value) is not origin:
        return [f"{path}: {value!r} is no {wanted}"]
    inner = typing.get_args(wanted)
    if origin is list and inner:
        items = enumerate(value)
        return [it for at, item in items for it in wrong_types(item, inner[0], f"{path}[{at}]")]
    return []
