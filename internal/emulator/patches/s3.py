"""S3: bucket policies."""
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from patching import replaces


@replaces(IAMPolicyStatement, "is_action_permitted")
def honour_secure_transport(original, statement, *args, **kwargs):
    """Conditions are ignored, so a policy that denies plain HTTP denies everything. Requests count as made over TLS."""
    conditions = statement._statement.get("Condition") or {}
    if conditions.get("Bool", {}).get("aws:SecureTransport") == "false":
        return PermissionResult.NEUTRAL
    return original(statement, *args, **kwargs)
