"""Application Auto Scaling: the tags of a scalable target."""
import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from patching import adds, replaces


tags = {}  # by the ARN of what they are on


def tags_of(self):
    """The tags of what the request names."""
    return tags.setdefault(self._get_param("ResourceARN"), {})


@replaces(ApplicationAutoScalingResponse, "register_scalable_target")
def keep_tags(original, self):
    """RegisterScalableTarget drops its tags, so that default_tags are planned again for ever."""
    answer = original(self)
    tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
    return answer


@adds(ApplicationAutoScalingResponse, "list_tags_for_resource")
def list_tags(self):
    """ListTagsForResource is missing (500), so a scalable target cannot be read."""
    return json.dumps({"Tags": tags_of(self)})


@adds(ApplicationAutoScalingResponse, "tag_resource")
def add_tags(self):
    """TagResource is missing (500)."""
    tags_of(self).update(self._get_param("Tags") or {})
    return "{}"


@adds(ApplicationAutoScalingResponse, "untag_resource")
def remove_tags(self):
    """UntagResource is missing (500)."""
    for key in self._get_param("TagKeys") or []:
        tags_of(self).pop(key, None)
    return "{}"
