locals {
  # The last ten releases stay; what has lost its tag goes after a day.
  image_lifecycle = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Keep the last 10 releases"
        action       = { type = "expire" }
        selection = {
          tagStatus     = "tagged"
          tagPrefixList = ["v"]
          countType     = "imageCountMoreThan"
          countNumber   = 10
        }
      },
      {
        rulePriority = 2
        description  = "Drop untagged images after a day"
        action       = { type = "expire" }
        selection = {
          tagStatus   = "untagged"
          countType   = "sinceImagePushed"
          countUnit   = "days"
          countNumber = 1
        }
      },
    ]
  })
}

resource "aws_ecr_repository" "api_gateway" {
  name                 = "${var.project_name}/api-gateway"
  image_tag_mutability = "MUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_repository" "workflow_engine" {
  name                 = "${var.project_name}/workflow-engine"
  image_tag_mutability = "MUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "api_gateway" {
  repository = aws_ecr_repository.api_gateway.name
  policy     = local.image_lifecycle
}

resource "aws_ecr_lifecycle_policy" "workflow_engine" {
  repository = aws_ecr_repository.workflow_engine.name
  policy     = local.image_lifecycle
}
