package livetest

import (
	"context"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// Config is how AWS's own clients reach the world's API.
func (w *World) Config(t testing.TB) aws.Config {
	t.Helper()
	loaded, err := config.LoadDefaultConfig(t.Context(),
		config.WithBaseEndpoint(w.API.URL()), config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	must(t, err)
	return loaded
}

// Certificate issues a certificate and returns its ARN.
func (w *World) Certificate(t testing.TB, domain string) (arn string) {
	t.Helper()
	issued, err := acm.NewFromConfig(w.Config(t)).RequestCertificate(t.Context(), &acm.RequestCertificateInput{
		DomainName: &domain, ValidationMethod: "DNS",
	})
	must(t, err)
	return *issued.CertificateArn
}

// Parameters returns the decrypted SSM parameters below a path, by name.
func (w *World) Parameters(t testing.TB, path string) map[string]string {
	t.Helper()
	found := map[string]string{}
	pages := ssm.NewGetParametersByPathPaginator(ssm.NewFromConfig(w.Config(t)), &ssm.GetParametersByPathInput{
		Path: &path, Recursive: new(true), WithDecryption: new(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, parameter := range page.Parameters {
			found[*parameter.Name] = *parameter.Value
		}
	}
	return found
}

// ObjectVersions returns the content of every version of every object of a bucket, by key and version.
func (w *World) ObjectVersions(t testing.TB, bucket string) map[string][]byte {
	t.Helper()
	client := s3.NewFromConfig(w.Config(t))
	found := map[string][]byte{}
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, version := range page.Versions {
			content, err := download(t.Context(), client, &s3.GetObjectInput{Bucket: &bucket, Key: version.Key, VersionId: version.VersionId})
			must(t, err)
			found[*version.Key+" version "+*version.VersionId] = content
		}
	}
	return found
}

func download(ctx context.Context, client *s3.Client, object *s3.GetObjectInput) ([]byte, error) {
	answer, err := client.GetObject(ctx, object)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// DeleteDatabase asks AWS to delete a database instance, past Terraform.
func (w *World) DeleteDatabase(t testing.TB, identifier string) error {
	t.Helper()
	_, err := rds.NewFromConfig(w.Config(t)).DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: &identifier, SkipFinalSnapshot: new(true),
	})
	return err
}
