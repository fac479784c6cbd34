# The network, the load balancer and the API as hand-written HCL, with the same choices as the constructs.
# test/adoption compares its plans with those of the same part of the synthesized production stack.

terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.99"
    }
  }
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = {
      Project     = var.project_name
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

locals {
  prefix = "${var.project_name}-${var.environment}"
  https  = var.certificate_arn != ""

  alb_logs = "${local.prefix}-alb-logs-${data.aws_caller_identity.current.account_id}"

  nat_gateways = {
    per_az = length(var.public_subnet_cidrs)
    single = 1
    none   = 0
  }[var.nat_mode]
}

data "aws_availability_zones" "available" {
  state = "available"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
