"""Application Auto Scaling: the tags of a scalable target, and its bounds."""
import json

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
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


@replaces(ApplicationAutoscalingBackend, "register_scalable_target")
def bring_within_bounds(original, self, namespace, r_id, *args, **kwargs):
    """A service keeps a number of tasks outside of its target's bounds, which AWS brings within them at once."""
    target = original(self, namespace, r_id, *args, **kwargs)
    if namespace == "ecs":
        _, cluster, name = r_id.split("/")
        service = self.ecs_backend._get_service(cluster, name)
        within = max(target.min_capacity, min(target.max_capacity, service.desired_count))
        if within != service.desired_count:
            self.ecs_backend.update_service({"cluster": cluster, "service": name, "desired_count": within})
    return target


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
