//go:build live

package policy

func registryRules() []rule {
	const repository = "aws_ecr_repository"
	return []rule{
		{
			id: "ECR.1", title: "ECR private repositories should have image scanning configured",
			in: []string{account}, kind: repository, want: []property{yes("image_scanning_configuration.0.scan_on_push")},
		},
		{
			id: "ECR.2", title: "ECR private repositories should have tag immutability configured",
			in: []string{account}, kind: repository, want: []property{equal("image_tag_mutability", "IMMUTABLE", "MUTABLE")},
		},
		{
			id: "ECR.3", title: "ECR repositories should have at least one lifecycle policy configured",
			in: []string{account}, kind: repository, through: "aws_ecr_lifecycle_policy",
			want: []property{equal("policy.rules.0.action.type", "expire", "none")},
		},
	}
}
