package contract

// The tags in the image registries, by which they tell what to keep from what to expire.
const (
	// ImageTagPrefix begins the tag of an image; its commit follows.
	ImageTagPrefix = "git-"
	// AttachmentTagPrefix begins the tag of what is attached to an image, such as its SBOM; the image's digest follows.
	AttachmentTagPrefix = "sha256-"
	// AttachmentsPerImage is an SBOM for each of two architectures, and one for the index over them.
	AttachmentsPerImage = 3
)
