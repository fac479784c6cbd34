//go:build live

package policy

import (
	"fmt"
	"slices"
	"strings"
)

func storageRules() []rule {
	const bucket = "aws_s3_bucket"
	return []rule{
		{
			id: "S3.5", title: "S3 general purpose buckets should require requests to use SSL",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_policy",
			want: []property{{path: "policy.Statement", says: "one that denies everyone everything without TLS", bad: []any{}, is: requiresTLS}},
			mutations: []mutation{
				weaker("Effect", "Allow"), weaker("Action", "s3:GetObject"), weaker("Principal", map[string]any{"AWS": "arn:aws:iam::123456789012:root"}),
				weaker("Condition.Bool.aws:SecureTransport", "true"), weaker("Resource", []any{"arn:aws:s3:::bucket"}),
			},
		},
		{
			id: "S3.8", title: "S3 general purpose buckets should block public access",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_public_access_block",
			want: []property{yes("block_public_acls"), yes("block_public_policy"), yes("ignore_public_acls"), yes("restrict_public_buckets")},
		},
		{
			id: "S3.9", title: "S3 general purpose buckets should have server access logging enabled",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_logging",
		},
		{
			id: "S3.13", title: "S3 general purpose buckets should have Lifecycle configurations",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_lifecycle_configuration",
		},
		{
			id: "S3.14", title: "S3 general purpose buckets should have versioning enabled",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_versioning",
			want: []property{equal("versioning_configuration.0.status", "Enabled", "Suspended")},
		},
		{
			id: "SEC08-BP02", title: "Enforce encryption at rest: buckets say how they encrypt",
			in: hasBuckets(), kind: bucket, through: "aws_s3_bucket_server_side_encryption_configuration",
			want: []property{matching("rule.0.apply_server_side_encryption_by_default.0.sse_algorithm", "^(AES256|aws:kms)$", "")},
		},
	}
}

func requiresTLS(statements any) bool {
	list, _ := statements.([]any)
	return slices.ContainsFunc(list, func(each any) bool {
		s, _ := each.(map[string]any)
		resources, _ := s["Resource"].([]any)
		objects := slices.ContainsFunc(resources, func(r any) bool { return strings.HasSuffix(fmt.Sprint(r), "/*") })
		everyone := s["Principal"] == "*" || lookUp(s, []string{"Principal", "AWS"}) == "*"
		return s["Effect"] == "Deny" && s["Action"] == "s3:*" && everyone && isAboutTLS(s) && len(resources) == 2 && objects
	})
}

func isAboutTLS(statement any) bool {
	return lookUp(statement, []string{"Condition", "Bool", "aws:SecureTransport"}) == "false"
}

// weaker changes one argument of the statement that asks for TLS.
func weaker(argument string, value any) mutation {
	return mutation{fmt.Sprintf("%s of the statement on TLS = %v", argument, value), func(s *stack, bucket *resource) bool {
		for _, policy := range s.of("aws_s3_bucket_policy") {
			statements, _ := policy.get("policy.Statement").([]any)
			for _, each := range statements {
				if statement, _ := each.(map[string]any); policy.refersTo(bucket) && isAboutTLS(statement) {
					set(statement, argument, value)
					return true
				}
			}
		}
		return false
	}}
}
