resource "aws_ssm_parameter" "supabase_url" {
  name  = "/${local.prefix}/supabase/url"
  type  = "SecureString"
  value = var.supabase_url
}

resource "aws_ssm_parameter" "supabase_anon_key" {
  name  = "/${local.prefix}/supabase/anon-key"
  type  = "SecureString"
  value = var.supabase_anon_key
}

resource "aws_ssm_parameter" "supabase_service_role_key" {
  name  = "/${local.prefix}/supabase/service-role-key"
  type  = "SecureString"
  value = var.supabase_service_role_key
}

resource "aws_ssm_parameter" "openai_api_key" {
  name  = "/${local.prefix}/openai/api-key"
  type  = "SecureString"
  value = var.openai_api_key
}

resource "aws_ssm_parameter" "anthropic_api_key" {
  name  = "/${local.prefix}/anthropic/api-key"
  type  = "SecureString"
  value = var.anthropic_api_key
}

# The data source gives another password at every read; the parameter keeps the first one.
data "aws_secretsmanager_random_password" "db" {
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "db_password" {
  name  = "/${local.prefix}/database/password"
  type  = "SecureString"
  value = data.aws_secretsmanager_random_password.db.random_password

  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_db_subnet_group" "main" {
  name       = "${local.prefix}-db-subnets"
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_instance" "main" {
  identifier              = "${local.prefix}-db"
  engine                  = "postgres"
  engine_version          = "16"
  instance_class          = var.db_instance_class
  allocated_storage       = var.db_allocated_storage
  storage_encrypted       = true
  db_name                 = "agentteam"
  username                = "agentteam"
  password                = aws_ssm_parameter.db_password.value
  db_subnet_group_name    = aws_db_subnet_group.main.name
  vpc_security_group_ids  = [aws_security_group.rds.id]
  multi_az                = true
  backup_retention_period = 7
  skip_final_snapshot     = true

  lifecycle {
    ignore_changes = [password]
  }
}
