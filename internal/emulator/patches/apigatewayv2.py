"""API Gateway v2: custom domain names that become available, and stages that can be changed."""
import json
from urllib.parse import unquote

from moto.apigatewayv2.models import DomainName
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
