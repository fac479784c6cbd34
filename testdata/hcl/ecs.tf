resource "aws_cloudwatch_log_group" "ecs" {
  name              = "/ecs/${local.prefix}"
  retention_in_days = 7
}

resource "aws_ecs_cluster" "main" {
  name = "${local.prefix}-cluster"

  configuration {
    execute_command_configuration {
      logging = "OVERRIDE"

      log_configuration {
        cloud_watch_log_group_name = aws_cloudwatch_log_group.ecs.name
      }
    }
  }
}

# ECS acts as the execution role to start a task; the programs act as the task role.

data "aws_iam_policy_document" "ecs_tasks_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read_parameters" {
  statement {
    actions   = ["ssm:GetParameters"]
    resources = ["arn:aws:ssm:${var.aws_region}:${data.aws_caller_identity.current.account_id}:parameter/${local.prefix}/*"]
  }
}

data "aws_iam_policy_document" "execute_command" {
  statement {
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role" "ecs_execution" {
  name               = "${local.prefix}-ecs-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks_trust.json
}

resource "aws_iam_role_policy_attachment" "ecs_execution" {
  role       = aws_iam_role.ecs_execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "ecs_execution_ssm" {
  name   = "read-parameters"
  role   = aws_iam_role.ecs_execution.id
  policy = data.aws_iam_policy_document.read_parameters.json
}

resource "aws_iam_role" "ecs_task" {
  name               = "${local.prefix}-ecs-task"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks_trust.json
}

resource "aws_iam_role_policy" "ecs_task_exec" {
  name   = "execute-command"
  role   = aws_iam_role.ecs_task.id
  policy = data.aws_iam_policy_document.execute_command.json
}

locals {
  database_url = "postgresql://agentteam:${aws_ssm_parameter.db_password.value}@${aws_db_instance.main.endpoint}/agentteam"
  redis_url    = "redis://${aws_elasticache_cluster.main.cache_nodes[0].address}:6379"

  logging = {
    for service in ["api-gateway", "workflow-engine"] : service => {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.ecs.name
        "awslogs-region"        = var.aws_region
        "awslogs-stream-prefix" = service
      }
    }
  }
}

resource "aws_ecs_task_definition" "api_gateway" {
  family                   = "${local.prefix}-api-gateway"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.api_gateway_cpu
  memory                   = var.api_gateway_memory
  execution_role_arn       = aws_iam_role.ecs_execution.arn
  task_role_arn            = aws_iam_role.ecs_task.arn

  container_definitions = jsonencode([{
    name         = "api-gateway"
    image        = "${aws_ecr_repository.api_gateway.repository_url}:${var.image_tag}"
    essential    = true
    portMappings = [{ containerPort = 8000, hostPort = 8000, protocol = "tcp" }]

    environment = [
      { name = "DATABASE_URL", value = local.database_url },
      { name = "REDIS_URL", value = local.redis_url },
      { name = "WORKFLOW_SERVICE_HOST", value = "workflow-engine.${local.prefix}.local" },
      { name = "WORKFLOW_SERVICE_PORT", value = "50051" },
    ]

    secrets = [
      { name = "SUPABASE_URL", valueFrom = aws_ssm_parameter.supabase_url.arn },
      { name = "SUPABASE_ANON_KEY", valueFrom = aws_ssm_parameter.supabase_anon_key.arn },
      { name = "SUPABASE_SERVICE_ROLE_KEY", valueFrom = aws_ssm_parameter.supabase_service_role_key.arn },
    ]

    logConfiguration = local.logging["api-gateway"]
  }])
}

resource "aws_ecs_task_definition" "workflow_engine" {
  family                   = "${local.prefix}-workflow-engine"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.workflow_engine_cpu
  memory                   = var.workflow_engine_memory
  execution_role_arn       = aws_iam_role.ecs_execution.arn
  task_role_arn            = aws_iam_role.ecs_task.arn

  container_definitions = jsonencode([{
    name         = "workflow-engine"
    image        = "${aws_ecr_repository.workflow_engine.repository_url}:${var.image_tag}"
    essential    = true
    portMappings = [{ containerPort = 50051, hostPort = 50051, protocol = "tcp" }]

    environment = [
      { name = "DATABASE_URL", value = local.database_url },
      { name = "REDIS_URL", value = local.redis_url },
      { name = "GRPC_HOST", value = "0.0.0.0" },
      { name = "GRPC_PORT", value = "50051" },
    ]

    secrets = [
      { name = "OPENAI_API_KEY", valueFrom = aws_ssm_parameter.openai_api_key.arn },
      { name = "ANTHROPIC_API_KEY", valueFrom = aws_ssm_parameter.anthropic_api_key.arn },
    ]

    logConfiguration = local.logging["workflow-engine"]
  }])
}

resource "aws_ecs_service" "api_gateway" {
  name            = "${local.prefix}-api-gateway"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.api_gateway.arn
  desired_count   = var.desired_count
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.ecs_tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.api_gateway.arn
    container_name   = "api-gateway"
    container_port   = 8000
  }

  service_registries {
    registry_arn = aws_service_discovery_service.api_gateway.arn
  }

  depends_on = [aws_lb_listener.main]
}

resource "aws_ecs_service" "workflow_engine" {
  name            = "${local.prefix}-workflow-engine"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.workflow_engine.arn
  desired_count   = var.desired_count
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.ecs_tasks.id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.workflow_engine.arn
  }
}
