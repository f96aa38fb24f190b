"""What our own key makes of payloads, wherever in a run they stood."""

from collections.abc import Mapping, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from workflows.codec import ENCODING, make_data_converter

KINDS = ("look", "texts", "report", "verify", "pay", "enquire", "sweep", "tell_returned")


def of_activity(kind: str, workflow_id: str) -> ActivitySerializationContext:
    """The place of what an activity is asked and answers."""
    return ActivitySerializationContext(
        namespace="default",
        workflow_id=workflow_id,
        workflow_type="case",
        activity_id="1",
        activity_type=kind,
        activity_task_queue="cases",
        is_local=False,
    )


async def opened(
    keys: Mapping[str, bytes], workflow_id: str, payloads: Sequence[Payload]
) -> list[Payload]:
    """All that are enciphered, each from its own place; it fails if one has none."""
    sealed = [one for one in payloads if one.metadata["encoding"] == ENCODING]
    found = []
    for place in (
        WorkflowSerializationContext(namespace="default", workflow_id=workflow_id),
        *(of_activity(kind, workflow_id) for kind in KINDS),
    ):
        codec = make_data_converter(keys).with_context(place).payload_codec
        assert codec is not None
        tried = await codec.decode(sealed)
        found += [one for one in tried if one.metadata["encoding"] != b"binary/refused"]
    assert len(found) == len(sealed)
    return found
