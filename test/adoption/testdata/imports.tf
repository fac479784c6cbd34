# What the account stack takes over from a team that had HCL: Terraform reads these blocks beside cdk.tf.json.
# Settings of the bucket and the registries need no import: to create one is to set it, whatever was there.

import {
  to = aws_s3_bucket.terraform_state
  id = "agent-team-terraform-state"
}

import {
  to = aws_ecr_repository.api_gateway
  id = "agent-team/api-gateway"
}

import {
  to = aws_ecr_repository.workflow_engine
  id = "agent-team/workflow-engine"
}
