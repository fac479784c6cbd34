output "vpc_id" {
  value = aws_vpc.main.id
}

output "public_subnet_ids" {
  value = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  value = aws_subnet.private[*].id
}

output "ecs_cluster_name" {
  value = aws_ecs_cluster.main.name
}

output "ecs_cluster_arn" {
  value = aws_ecs_cluster.main.arn
}

output "api_gateway_service_name" {
  value = aws_ecs_service.api_gateway.name
}

output "workflow_engine_service_name" {
  value = aws_ecs_service.workflow_engine.name
}

output "load_balancer_dns_name" {
  value = aws_lb.main.dns_name
}

output "load_balancer_zone_id" {
  value = aws_lb.main.zone_id
}

output "api_gateway_url" {
  value = var.domain_name != "" ? "https://${var.domain_name}" : aws_apigatewayv2_stage.main.invoke_url
}

output "ecr_repository_urls" {
  value = {
    "api-gateway"     = aws_ecr_repository.api_gateway.repository_url
    "workflow-engine" = aws_ecr_repository.workflow_engine.repository_url
  }
}

output "rds_endpoint" {
  value = aws_db_instance.main.endpoint
}

output "redis_endpoint" {
  value     = aws_elasticache_cluster.main.cache_nodes[0].address
  sensitive = true
}
