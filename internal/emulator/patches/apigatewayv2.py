"""API Gateway v2: custom domain names that become available, changes of what is in place, and no deletion of what
is in use."""
import json
from urllib.parse import unquote

from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.models import ApiGatewayV2Backend, DomainName
from moto.apigatewayv2.responses import ApiGatewayV2Response
from patching import adds, replaces

STAGE_ATTRIBUTES = {
    "accessLogSettings": "access_log_settings",
    "autoDeploy": "auto_deploy",
    "defaultRouteSettings": "default_route_settings",
    "description": "description",
    "routeSettings": "route_settings",
    "stageVariables": "stage_variables",
}


@replaces(DomainName, "__init__")
def make_domain_available(original, self, *args, **kwargs):
    """A new domain name has no status, so the provider's wait ends with "unexpected state ''"."""
    original(self, *args, **kwargs)
    region = self.domain_name_arn.split(":")[3]
    for configuration in self.domain_name_configurations or []:
        configuration.setdefault("domainNameStatus", "AVAILABLE")
        configuration.setdefault("ipAddressType", "ipv4")
        configuration.setdefault("hostedZoneId", "Z1UJRXOUMOOFQ8")
        configuration.setdefault("apiGatewayDomainName", f"d-emulated.execute-api.{region}.amazonaws.com")


@replaces(DomainName, "to_json")
def omit_absent_mutual_tls(original, self):
    """An unset mutualTlsAuthentication comes back as an empty value, and the provider plans its removal for ever."""
    domain = original(self)
    if not domain.get("mutualTlsAuthentication"):
        domain.pop("mutualTlsAuthentication", None)
    return domain


@adds(ApiGatewayV2Response, "update_stage")
def update_stage(self):
    """UpdateStage is missing (500), so a changed throttle or log setting cannot be applied."""
    parts = self.path.split("/")
    stage = self.apigatewayv2_backend.get_stage(parts[-3], unquote(parts[-1]))
    for name, value in json.loads(self.body or "{}").items():
        if name in STAGE_ATTRIBUTES:
            setattr(stage, STAGE_ATTRIBUTES[name], value)
    return 200, {}, json.dumps(stage.to_json())


@adds(ApiGatewayV2Response, "update_api_mapping")
def update_api_mapping(self):
    """UpdateApiMapping is missing (500), so a domain name cannot be led to another stage."""
    parts, given = self.path.split("/"), json.loads(self.body or "{}")
    mapping = self.apigatewayv2_backend.get_api_mapping(api_mapping_id=parts[-1], domain_name=parts[-3])
    mapping.stage = given.get("stage", mapping.stage)
    mapping.api_mapping_key = given.get("apiMappingKey", mapping.api_mapping_key)
    return 200, {}, json.dumps(mapping.to_json())


@replaces(ApiGatewayV2Backend, "delete_vpc_link")
def refuse_link_in_use(original, self, vpc_link_id):
    """A VPC link that an integration uses can be deleted. AWS refuses: its replacement must come first.
    https://github.com/hashicorp/terraform-provider-aws/issues/12195"""
    for api in self.apis.values():
        for integration in api.integrations.values():
            if integration.connection_id == vpc_link_id:
                raise BadRequestException(f"Cannot delete vpc link. Vpc link '{vpc_link_id}', is referenced in [{api.api_id}]")
    return original(self, vpc_link_id)


@replaces(ApiGatewayV2Backend, "delete_stage")
def refuse_stage_in_use(original, self, api_id, stage_name):
    """A stage that a domain name leads to can be deleted. AWS refuses: the mapping must leave it first.
    https://github.com/terraform-aws-modules/terraform-aws-apigateway-v2/issues/83"""
    for mapping in self.api_mappings.values():
        if (mapping.api_id, mapping.stage) == (api_id, stage_name):
            raise BadRequestException(f"Deleting stage {stage_name} failed. Please remove all base path mappings related to the stage")
    return original(self, api_id, stage_name)
