"""Application Auto Scaling: the tag calls of a scalable target."""
import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from patching import adds


@adds(ApplicationAutoScalingResponse, "list_tags_for_resource")
def list_no_tags(self):
    """ListTagsForResource is missing (500), so a scalable target cannot be read. Tags are not kept."""
    return json.dumps({"Tags": {}})


@adds(ApplicationAutoScalingResponse, "tag_resource")
def accept_tags(self):
    """TagResource is missing (500), so default_tags cannot be set on a scalable target."""
    return "{}"


@adds(ApplicationAutoScalingResponse, "untag_resource")
def accept_untag(self):
    """UntagResource is missing (500)."""
    return "{}"
