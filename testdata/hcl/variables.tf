variable "aws_region" {
  description = "AWS region of every resource"
  type        = string
  default     = "us-east-1"
}

variable "environment" {
  description = "Second half of every resource name"
  type        = string
  default     = "production"
}

variable "project_name" {
  description = "First half of every resource name"
  type        = string
  default     = "agent-team"
}

variable "image_tag" {
  description = "Tag of both services' images"
  type        = string
  default     = "latest"
}

# Network

variable "vpc_cidr" {
  description = "IPv4 range of the VPC"
  type        = string
  default     = "10.0.0.0/16"
}

variable "public_subnet_cidrs" {
  description = "IPv4 range of each public subnet, one per availability zone"
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]
}

variable "private_subnet_cidrs" {
  description = "IPv4 range of each private subnet, one per availability zone"
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
}

variable "domain_name" {
  description = "Host name of the API; empty for AWS's own"
  type        = string
  default     = ""
}

variable "certificate_arn" {
  description = "ACM certificate of domain_name; empty for plain HTTP"
  type        = string
  default     = ""
}

# Services

variable "api_gateway_cpu" {
  description = "CPU units of an API gateway task"
  type        = number
  default     = 512
}

variable "api_gateway_memory" {
  description = "Memory of an API gateway task, in MiB"
  type        = number
  default     = 1024
}

variable "workflow_engine_cpu" {
  description = "CPU units of a workflow engine task"
  type        = number
  default     = 1024
}

variable "workflow_engine_memory" {
  description = "Memory of a workflow engine task, in MiB"
  type        = number
  default     = 2048
}

variable "desired_count" {
  description = "Running tasks of each service"
  type        = number
  default     = 2
}

# Data

variable "db_instance_class" {
  description = "Instance class of PostgreSQL"
  type        = string
  default     = "db.t3.micro"
}

variable "db_allocated_storage" {
  description = "Storage of PostgreSQL, in GiB"
  type        = number
  default     = 20
}

# Secrets

variable "supabase_url" {
  description = "Base URL of the Supabase project"
  type        = string
  sensitive   = true
}

variable "supabase_anon_key" {
  description = "Publishable key of the Supabase project"
  type        = string
  sensitive   = true
}

variable "supabase_service_role_key" {
  description = "Secret key of the Supabase project"
  type        = string
  sensitive   = true
}

variable "openai_api_key" {
  description = "OpenAI API key"
  type        = string
  sensitive   = true
}

variable "anthropic_api_key" {
  description = "Anthropic API key"
  type        = string
  sensitive   = true
}
