package emulator

// Env points terraform, the AWS provider, the S3 state backend and the AWS CLI at the emulator. A shell that
// exports it deploys there and nowhere else: the credentials mean nothing to AWS.
func (e *Emulator) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + e.URL(),
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_SESSION_TOKEN=",
		"AWS_PROFILE=", // a profile of the user's would win over the two keys
		"AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1", // what the AWS CLI of version 1 calls it
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_MAX_ATTEMPTS=2", // an answer that the emulator lacks fails in a second instead of minutes
		"CHECKPOINT_DISABLE=1",
	}
}

// serverEnv are moto's own settings: AWS's managed policies exist, and a certificate is validated at once.
func serverEnv() []string {
	return []string{
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true",
		"MOTO_ACM_VALIDATION_WAIT=1",
		"PYTHONUNBUFFERED=1",
	}
}
