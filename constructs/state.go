package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketserversideencryptionconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketversioning"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// StateBucketProps are the bucket's name and region, as every stack's backend has them.
type StateBucketProps struct{ Name, Region string }

// NewStateBucket declares the bucket of every stack's state: versioned so that a bad write can be
// undone, encrypted, private, reached over TLS only, and refused to terraform destroy.
func NewStateBucket(in Scope, p StateBucketProps) {
	bucket := declare(in, "terraform_state", s3bucket.NewS3Bucket, &s3bucket.S3BucketConfig{
		Bucket:    &p.Name,
		Lifecycle: &cdktf.TerraformResourceLifecycle{PreventDestroy: new(true), Precondition: inRegion(p.Region)},
	})
	declare(in, "terraform_state", s3bucketversioning.NewS3BucketVersioningA, &s3bucketversioning.S3BucketVersioningAConfig{
		Bucket:                  bucket.Id(),
		VersioningConfiguration: &s3bucketversioning.S3BucketVersioningVersioningConfiguration{Status: new("Enabled")},
	})
	declare(in, "terraform_state", s3bucketserversideencryptionconfiguration.NewS3BucketServerSideEncryptionConfigurationA,
		&s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationAConfig{
			Bucket: bucket.Id(),
			Rule: []*s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleA{{
				ApplyServerSideEncryptionByDefault: &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA{
					SseAlgorithm: new("AES256"), // what the backend asks for with encrypt, and no key to pay for
				},
			}},
		})
	declare(in, "terraform_state", s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock, &s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
		Bucket:                bucket.Id(),
		BlockPublicAcls:       true,
		BlockPublicPolicy:     true,
		IgnorePublicAcls:      true,
		RestrictPublicBuckets: true,
	})
	declare(in, "terraform_state", s3bucketpolicy.NewS3BucketPolicy, &s3bucketpolicy.S3BucketPolicyConfig{
		Bucket: bucket.Id(),
		Policy: policy(in, "terraform_state", tlsOnly(*bucket.Arn())),
	})
}

// inRegion refuses to make the bucket where no backend would find it.
func inRegion(region string) *[]*cdktf.Precondition {
	return &[]*cdktf.Precondition{{
		Condition: X(`var.aws_region == "` + region + `"`).Str(),
		ErrorMessage: text(`aws_region is ${var.aws_region}, and the backends look for the states in %s: `+
			"write both the same, the region of the states in stacks/environments.go.", region),
	}}
}

// tlsOnly is AWS Foundational Security control S3.5.
// https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5
func tlsOnly(bucketARN string) *statement {
	return &statement{
		Sid: new("TLSOnly"), Effect: new("Deny"), Actions: texts("s3:*"), Resources: texts(bucketARN, bucketARN+"/*"),
		Principals: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{
			{Type: new("*"), Identifiers: texts("*")},
		},
		Condition: []*dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{
			{Test: new("Bool"), Variable: new("aws:SecureTransport"), Values: texts("false")},
		},
	}
}
