"""Elastic Load Balancing v2: targets that are asked whether they are healthy."""
import http.client

from moto.elbv2.models import FakeTargetGroup
from patching import replaces


@replaces(FakeTargetGroup, "health_for")
def probe(original, self, target, ec2_backend):
    """A registered address is always healthy. Here the health check of its group is made, when somebody asks for its result."""
    status = original(self, target, ec2_backend)
    if self.target_type == "ip" and target["Id"] in self.targets:
        status.status, status.reason, status.description = check(self, target["Id"], status.port)
    return status


def check(group, address, port):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""
    connection = http.client.HTTPConnection(address, int(port), timeout=1)
    try:
        connection.request("GET", group.health_check_path or "/")
        code = str(connection.getresponse().status)
    except TimeoutError:
        return "unhealthy", "Target.Timeout", "Request timed out"
    except OSError:
        return "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
    finally:
        connection.close()
    if code != (group.matcher or {}).get("HttpCode", "200"):
        return "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]"
    return "healthy", None, None
