package constructs

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsecrrepository"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrlifecyclepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrrepository"

	"github.com/agentteam/agentteam/contract"
)

// images pairs each image's Terraform name with its service.
func images() map[string]contract.Service {
	return map[string]contract.Service{"api_gateway": contract.APIGateway(), "workflow_engine": contract.WorkflowEngine()}
}

// NewECR declares the image registries. They belong to the account, not to an environment: an image is
// built once and promoted, and it must exist before any service can start.
func NewECR(in Scope) {
	for name, service := range images() {
		repository := declare(in, name, ecrrepository.NewEcrRepository, &ecrrepository.EcrRepositoryConfig{
			Name: repositoryName(service),
			// What was tested under a tag is what runs under it.
			ImageTagMutability:         new("IMMUTABLE"),
			ImageScanningConfiguration: &ecrrepository.EcrRepositoryImageScanningConfiguration{ScanOnPush: true},
			EncryptionConfiguration:    []*ecrrepository.EcrRepositoryEncryptionConfiguration{{EncryptionType: new("AES256")}},
		})
		declare(in, name, ecrlifecyclepolicy.NewEcrLifecyclePolicy, &ecrlifecyclepolicy.EcrLifecyclePolicyConfig{
			Repository: repository.Name(),
			Policy:     jsonencode(imageLifecycle()),
		})
	}
}

// Registries are the account's image registries as an environment sees them.
type Registries struct {
	APIGateway, WorkflowEngine Registry
}

// Registry is one of them.
type Registry struct {
	ARN *string
	URL X
}

// NewRegistries looks the registries up. An environment whose account stack is not deployed yet fails
// here, naming the registry that it misses.
func NewRegistries(in Scope) *Registries {
	forgetRegistries(in)
	found := map[string]Registry{}
	for name, service := range images() {
		repository := declare(in, name, dataawsecrrepository.NewDataAwsEcrRepository,
			&dataawsecrrepository.DataAwsEcrRepositoryConfig{Name: repositoryName(service)})
		found[name] = Registry{ARN: repository.Arn(), URL: X("data.aws_ecr_repository." + name + ".repository_url")}
	}
	return &Registries{APIGateway: found["api_gateway"], WorkflowEngine: found["workflow_engine"]}
}

// forgetRegistries makes an environment whose state still owns the registries let go of them without
// deleting an image. Where the state has none, it does nothing.
func forgetRegistries(in Scope) {
	keep := map[string]any{"destroy": false}
	in.Stack.AddOverride(new("removed"), []map[string]any{
		{"from": "aws_ecr_lifecycle_policy.api_gateway", "lifecycle": keep},
		{"from": "aws_ecr_lifecycle_policy.workflow_engine", "lifecycle": keep},
		{"from": "aws_ecr_repository.api_gateway", "lifecycle": keep},
		{"from": "aws_ecr_repository.workflow_engine", "lifecycle": keep},
	})
}

func repositoryName(service contract.Service) *string {
	return text("${var.project_name}/%s", service.Name)
}

// imagesKept of each service: what is deployed must be among them, however far an environment is behind. They cost less than a
// dollar a month.
const imagesKept = 100

// imageLifecycle keeps the newest images with what is attached to them, and drops after a day what lost its tag. An image
// that an index names counts as untagged, and goes after its index alone.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func imageLifecycle() map[string]any {
	return map[string]any{"rules": []map[string]any{
		expire(1, "Keep the last 100 images", keep(imagesKept, contract.ImageTagPrefix)),
		expire(2, "Keep their attachments", keep(imagesKept*contract.AttachmentsPerImage, contract.AttachmentTagPrefix)),
		expire(3, "Drop untagged images after a day", map[string]any{
			"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1,
		}),
	}}
}

func expire(priority int, description string, selection map[string]any) map[string]any {
	return map[string]any{
		"rulePriority": priority, "description": description, "selection": selection, "action": map[string]any{"type": "expire"},
	}
}

// keep selects all but the newest that have a tag with the prefix.
func keep(newest int, prefix string) map[string]any {
	return map[string]any{"tagStatus": "tagged", "tagPatternList": []string{prefix + "*"}, "countType": "imageCountMoreThan", "countNumber": newest}
}
