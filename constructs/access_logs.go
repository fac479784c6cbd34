package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketlifecycleconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"
)

// ifAccessLogs counts what exists only where the load balancer's requests are logged.
const ifAccessLogs = X("var.alb_access_logs ? 1 : 0")

// AccessLogs is the bucket of the load balancer's log.
type AccessLogs struct {
	Bucket X // its name, once the load balancer may write; empty without a log
}

// NewAccessLogs declares the bucket: private, over TLS alone, written by the load balancer, and emptied as the logs are.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func NewAccessLogs(in Scope) *AccessLogs {
	bucket := X("aws_s3_bucket.alb_logs[0].id")
	declare(in, "alb_logs", s3bucket.NewS3Bucket, &s3bucket.S3BucketConfig{
		Count: ifAccessLogs.Num(),
		// Bucket names are taken world-wide; with the account's number this one is free. 63 characters at most.
		Bucket:       text("${local.prefix}-alb-logs-${data.aws_caller_identity.current.account_id}"),
		ForceDestroy: X("!var.deletion_protection").Any(),
	})
	declare(in, "alb_logs", s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock, &s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
		Count:                 ifAccessLogs.Num(),
		Bucket:                bucket.Str(),
		BlockPublicAcls:       true,
		BlockPublicPolicy:     true,
		IgnorePublicAcls:      true,
		RestrictPublicBuckets: true,
	})
	declare(in, "alb_logs", s3bucketlifecycleconfiguration.NewS3BucketLifecycleConfiguration,
		&s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationConfig{
			Count:  ifAccessLogs.Num(),
			Bucket: bucket.Str(),
			Rule: []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRule{{
				Id: new("expire"), Status: new("Enabled"),
				Filter:     []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleFilter{{Prefix: new("")}},
				Expiration: []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleExpiration{{Days: X("var.log_retention_days").Num()}},
			}},
		})
	declare(in, "alb_logs", s3bucketpolicy.NewS3BucketPolicy, &s3bucketpolicy.S3BucketPolicyConfig{
		Count:  ifAccessLogs.Num(),
		Bucket: bucket.Str(),
		Policy: policy(in, "alb_logs", writtenByBalancers(), tlsOnly(accessLogsARN)),
	})
	return &AccessLogs{Bucket: `var.alb_access_logs ? aws_s3_bucket_policy.alb_logs[0].bucket : ""`}
}

// accessLogsARN is written out, because the policy is read where the bucket is not there.
const accessLogsARN = "arn:${data.aws_partition.current.partition}:s3:::${local.prefix}-alb-logs-${data.aws_caller_identity.current.account_id}"

func writtenByBalancers() *statement {
	write := allow(accessLogsARN+"/AWSLogs/${data.aws_caller_identity.current.account_id}/*", "s3:PutObject")
	write.Principals = []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{
		{Type: new("Service"), Identifiers: texts("logdelivery.elasticloadbalancing.amazonaws.com")},
	}
	return write
}
