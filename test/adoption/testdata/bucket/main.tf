# The state bucket that a team with HCL has had since before any of this.

provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "state" {
  bucket = "agent-team-terraform-state"
}
