variable "aws_region" {
  type    = string
  default = "us-east-1"
}

variable "project_name" {
  type    = string
  default = "agent-team"
}

variable "environment" {
  type    = string
  default = "production"
}

variable "vpc_cidr" {
  type    = string
  default = "10.0.0.0/16"
}

variable "public_subnet_cidrs" {
  type    = list(string)
  default = ["10.0.1.0/24", "10.0.2.0/24"]
}

variable "private_subnet_cidrs" {
  type    = list(string)
  default = ["10.0.10.0/24", "10.0.20.0/24"]
}

variable "database_subnet_cidrs" {
  type    = list(string)
  default = ["10.0.100.0/24", "10.0.110.0/24"]
}

variable "nat_mode" {
  type    = string
  default = "per_az"
}

variable "domain_name" {
  type    = string
  default = ""
}

variable "certificate_arn" {
  type    = string
  default = ""
}

variable "deletion_protection" {
  type    = bool
  default = true
}

variable "log_retention_days" {
  type    = number
  default = 30
}

variable "cors_allow_origins" {
  type    = list(string)
  default = ["*"]
}

variable "api_throttling_burst_limit" {
  type    = number
  default = 5000
}

variable "api_throttling_rate_limit" {
  type    = number
  default = 10000
}

variable "interface_endpoints" {
  type    = list(string)
  default = []
}

variable "alb_access_logs" {
  type    = bool
  default = true
}
