//go:build live

package policy

import "fmt"

func storageRules() []rule {
	const bucket = "aws_s3_bucket"
	return []rule{
		{
			id: "S3.5", title: "S3 general purpose buckets should require requests to use SSL",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_policy",
			want: []property{
				equal("policy.Statement.0.Condition.Bool.aws:SecureTransport", "false", "true"),
				equal("policy.Statement.0.Effect", "Deny", "Allow"),
				equal("policy.Statement.0.Principal", "*", "arn:aws:iam::123456789012:root"),
				{path: "policy.Statement.0.Resource", says: "the bucket and what is in it", bad: []any{"arn:aws:s3:::bucket"}, is: func(v any) bool {
					resources, _ := v.([]any)
					return len(resources) == 2 && fmt.Sprint(resources[0], "/*") == resources[1] || len(resources) == 2 && fmt.Sprint(resources[1], "/*") == resources[0]
				}},
			},
		},
		{
			id: "S3.8", title: "S3 general purpose buckets should block public access",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_public_access_block",
			want: []property{yes("block_public_acls"), yes("block_public_policy"), yes("ignore_public_acls"), yes("restrict_public_buckets")},
		},
		{
			id: "S3.9", title: "S3 general purpose buckets should have server access logging enabled",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_logging",
		},
		{
			id: "S3.13", title: "S3 general purpose buckets should have Lifecycle configurations",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_lifecycle_configuration",
		},
		{
			id: "S3.14", title: "S3 general purpose buckets should have versioning enabled",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_versioning",
			want: []property{equal("versioning_configuration.0.status", "Enabled", "Suspended")},
		},
		{
			id: "S3.4", title: "S3 buckets should have server-side encryption enabled",
			in: []string{account}, kind: bucket, through: "aws_s3_bucket_server_side_encryption_configuration",
			want: []property{matching("rule.0.apply_server_side_encryption_by_default.0.sse_algorithm", "^(AES256|aws:kms)$", "")},
		},
	}
}
