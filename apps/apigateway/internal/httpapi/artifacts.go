package httpapi

import (
	"context"
	"net/http"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

type artifactOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition" doc:"Always an attachment: no browser shows it as a page of ours."`
	Run         string `header:"X-Run-Id" doc:"The run that it belongs to."`
	Body        []byte
}

func (s *Server) artifacts() {
	register(s, operation{
		id: "get-artifact", method: http.MethodGet, path: "/v1/artifacts/{id}", tag: "Runs", summary: "Get an artifact's content",
		detail: "An output above 64 KiB is an artifact. The answer is the content itself.",
		access: may(identity.RunsRead), errors: []int{http.StatusNotFound},
	}, s.getArtifact)
}

// ArtifactPath names an artifact.
type ArtifactPath struct {
	ID string `path:"id" maxLength:"64" example:"art_01jcz3x8v9k2m4n6p8q0r2s4t6"`
}

func (s *Server) getArtifact(ctx context.Context, in *ArtifactPath) (*artifactOutput, error) {
	answer, err := s.engine.Runs.GetArtifact(ctx, &workflowv1.GetArtifactRequest{Id: in.ID})
	if err != nil {
		return nil, err
	}
	return &artifactOutput{ContentType: answer.GetMediaType(), Disposition: "attachment", Run: answer.GetRunId(), Body: answer.GetContent()}, nil
}
