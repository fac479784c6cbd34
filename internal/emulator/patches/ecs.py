"""ECS: services that keep what CreateService was given, and whose tasks run."""
from moto.core.utils import camelcase_to_underscores
from moto.ec2.models import ec2_backends
from moto.ecs.models import Container, EC2ContainerServiceBackend, Service, Task
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.servicediscovery.models import servicediscovery_backends
from patching import replaces

KEPT_PARAMETERS = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
)


@replaces(EC2ContainerServiceResponse, "create_service")
def keep_parameters(original, self):
    """CreateService drops what UpdateService keeps, so a fresh service is planned for change at once."""
    result = original(self)
    cluster = self._get_param("cluster", "default")
    service = self.ecs_backend._get_service(cluster, self._get_param("serviceName"))
    given = self._get_params()
    for name in KEPT_PARAMETERS:
        if given.get(name) is not None:
            setattr(service, camelcase_to_underscores(name), given[name])
    choose_launch(service, given)
    for deployment in service.deployments:
        deployment["launchType"] = service.launch_type
        if given.get("serviceConnectConfiguration"):
            deployment["serviceConnectConfiguration"] = given["serviceConnectConfiguration"]
    return result


def choose_launch(service, given):
    """A service with a capacity provider strategy has no launch type; Fargate defaults to the LATEST platform."""
    if given.get("capacityProviderStrategy"):
        service.launch_type = None
    if given.get("capacityProviderStrategy") or service.launch_type == "FARGATE":
        service.platform_version = given.get("platformVersion") or "LATEST"


@replaces(Service, "__init__")
def run_desired_tasks(original, self, *args, **kwargs):
    """No task ever runs (or one fixed number for all), so the wait for a steady state never ends."""
    original(self, *args, **kwargs)
    settle(self)


@replaces(EC2ContainerServiceBackend, "update_service")
def run_changed_tasks(original, self, properties):
    """UpdateService leaves the old counts, the old task definition and the old launch type, and drops those parts of
    the deployment configuration that are not given again."""
    given = {"capacityProviderStrategy": properties.get("capacity_provider_strategy")}
    if properties.get("deployment_configuration"):
        current = self._get_service(properties.get("cluster", "default"), properties["service"])
        kept = getattr(current, "deployment_configuration", None) or {}
        properties["deployment_configuration"] = {**kept, **properties["deployment_configuration"]}
    service = original(self, properties)
    if given["capacityProviderStrategy"]:
        choose_launch(service, given)
    settle(service)
    return service


@replaces(EC2ContainerServiceBackend, "_calculate_task_resource_requirements")
def need_no_instance(original, self, task_definition):
    """RunTask fails where a container says no CPU of its own. On Fargate there is no instance whose room would be counted."""
    if "FARGATE" in (task_definition.requires_compatibilities or []):
        return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
    return original(task_definition)  # a static method


@replaces(Container, "__init__")
def speak_of_units_in_text(original, self, task_def):
    """A task's containers give CPU and memory as numbers, where AWS gives text: its clients cannot read that."""
    original(self, task_def)
    self.cpu, self.memory = str(self.cpu or 0), str(self.memory or 0)


@replaces(Task, "advance")
def run_until_stopped(original, self):
    """A task moves on towards its end whenever somebody looks at it. It ends when its program does, or when it is told to."""


@replaces(EC2ContainerServiceBackend, "stop_task")
def stop_whole_task(original, self, cluster_str, task_str, reason):
    """A stopped task keeps its network interface, which then holds the subnet, and its service does not notice. A task of
    the group service:<name> is one of that service's."""
    task = original(self, cluster_str, task_str, reason)
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                ec2_backends[self.account_id][self.region_name].delete_network_interface(detail["value"])
    if task.group.startswith("service:"):
        service = self._get_service(cluster_str, task.group.removeprefix("service:"))
        service.running_count = max(0, service.running_count - 1)
    return task


@replaces(EC2ContainerServiceBackend, "delete_service")
def leave_discovery(original, self, cluster_name, service_name, force):
    """A deleted service is INACTIVE at once, with its tasks still in Cloud Map. ECS takes them out before it says so, and
    Terraform then deletes the Cloud Map service, whose instances nobody else may be taking out at that time."""
    service = original(self, cluster_name, service_name, force)
    known = servicediscovery_backends[self.account_id][self.region_name].services
    for registry in service.service_registries:
        discovery = known.get(registry["registryArn"].rpartition("/")[2])
        if discovery:
            discovery.instances.clear()
    return service


def settle(service):
    """Every desired task runs, and the primary deployment has ended well."""
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment.update(
            desiredCount=service.desired_count,
            runningCount=service.desired_count,
            pendingCount=0,
            rolloutState="COMPLETED",
            rolloutStateReason=f"ECS deployment {deployment['id']} completed.",
            launchType=service.launch_type,
            taskDefinition=service.task_definition,
        )
