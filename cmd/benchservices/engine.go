package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// engine asks the workflow engine directly, as the gateway does.
type engine struct {
	conn      *grpc.ClientConn
	key       string
	workspace string
	workflows workflowv1.WorkflowServiceClient
	runs      workflowv1.RunServiceClient
}

func dialEngine(address, key, workspace string) (*engine, error) {
	e := &engine{key: key, workspace: workspace}
	var err error
	e.conn, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			ctx, err := e.sign(ctx)
			if err != nil {
				return err
			}
			return invoke(ctx, method, in, out, conn, options...)
		}))
	if err != nil {
		return nil, err
	}
	e.workflows, e.runs = workflowv1.NewWorkflowServiceClient(e.conn), workflowv1.NewRunServiceClient(e.conn)
	return e, nil
}

func (e *engine) sign(ctx context.Context) (context.Context, error) {
	caller := identity.Caller{Workspace: e.workspace, Subject: "bench", Kind: identity.KindAPIKey, Role: identity.Admin, RequestID: "bench"}
	assertion, err := identity.Sign(e.key, caller, time.Now())
	return metadata.AppendToOutgoingContext(ctx, identity.MetadataKey, assertion), err
}

// publish stores a document and gives the workflow's id.
func (e *engine) publish(ctx context.Context, document map[string]any) (string, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return "", err
	}
	created, err := e.workflows.CreateWorkflow(ctx, &workflowv1.CreateWorkflowRequest{DocumentJson: string(text)})
	if err != nil {
		return "", fmt.Errorf("create %v: %w", document["name"], err)
	}
	id := created.GetWorkflow().GetId()
	if _, err := e.workflows.PublishWorkflow(ctx, &workflowv1.PublishWorkflowRequest{Id: id}); err != nil {
		return "", fmt.Errorf("publish %v: %w, problems %v", document["name"], err, created.GetProblems())
	}
	return id, nil
}

func (e *engine) start(ctx context.Context, workflow, inputs string) (string, error) {
	started, err := e.runs.StartRun(ctx, &workflowv1.StartRunRequest{WorkflowId: workflow, InputsJson: inputs})
	return started.GetRun().GetId(), err
}

// await follows a run's events to its end.
func (e *engine) await(ctx context.Context, run string) error {
	ctx, err := e.sign(ctx)
	if err != nil {
		return err
	}
	stream, err := e.runs.StreamRunEvents(ctx, &workflowv1.StreamRunEventsRequest{RunId: run})
	if err != nil {
		return err
	}
	for {
		message, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("events of %s: %w", run, err)
		}
		for _, event := range message.GetEvents() {
			switch event.GetType() {
			case "run.failed", "run.canceled", "run.budget_exhausted":
				return fmt.Errorf("%s: %s: %s", run, event.GetType(), event.GetDataJson())
			case "done":
				return nil
			}
		}
	}
}
