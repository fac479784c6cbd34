package grpcapi_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// methods gives every method of the package workflow.v1, from its descriptors.
func methods() (all []protoreflect.MethodDescriptor) {
	protoregistry.GlobalFiles.RangeFilesByPackage("workflow.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				all = append(all, service.Methods().Get(j))
			}
		}
		return true
	})
	return all
}

func fullName(m protoreflect.MethodDescriptor) string {
	return "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
}

// call makes any call, a stream up to its first message.
func call(ctx context.Context, conn *grpc.ClientConn, m protoreflect.MethodDescriptor, request proto.Message) (proto.Message, error) {
	answer := dynamicpb.NewMessage(m.Output())
	if !m.IsStreamingServer() {
		return answer, conn.Invoke(ctx, fullName(m), request, answer)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, fullName(m))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(stream.SendMsg(request), stream.CloseSend()); err != nil {
		return nil, err
	}
	if err := stream.RecvMsg(answer); !errors.Is(err, io.EOF) {
		return answer, err
	}
	return answer, nil
}

func TestEveryCallNeedsACaller(t *testing.T) {
	w := newWorld(t)
	valid := identity.Caller{Workspace: w.workspace, Subject: "ada", Kind: identity.KindUser, Role: identity.Owner}
	sign := func(key string, at time.Time) string {
		assertion, err := identity.Sign(key, valid, at)
		if err != nil {
			t.Fatal(err)
		}
		return assertion
	}
	for name, assertions := range map[string][]string{
		"none":        nil,
		"garbage":     {"hunter2"},
		"another key": {sign("another key of many characters", time.Now())},
		"an old one":  {sign(authKey, time.Now().Add(-2*time.Minute))},
		"two":         {sign(authKey, time.Now()), sign(authKey, time.Now())},
	} {
		ctx := metadata.NewOutgoingContext(t.Context(), metadata.MD{identity.MetadataKey: assertions})
		for _, m := range methods() {
			_, err := call(ctx, w.conn, m, dynamicpb.NewMessage(m.Input()))
			if fullName(m) == workflowv1.EngineService_GetEngineInfo_FullMethodName {
				expectCode(t, fullName(m), err, codes.OK)
				continue
			}
			expectCode(t, name+": "+fullName(m), err, codes.Unauthenticated)
		}
	}
	_, err := healthpb.NewHealthClient(w.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	expectCode(t, "health", err, codes.OK)
}

// TestEveryRoleMayWhatTheTableSays tries every method as every role, with an empty request.
func TestEveryRoleMayWhatTheTableSays(t *testing.T) {
	w := newWorld(t)
	refused := map[identity.Role][]string{
		identity.Owner: {}, identity.Admin: {},
		identity.Editor: {"DecideApproval"},
		identity.Operator: {"CreateMCPServer", "RefreshMCPServer", "DeleteMCPServer", "CreateCredential", "DeleteCredential",
			"CreateWorkflow", "UpdateWorkflow", "DeleteWorkflow", "ValidateDocument", "PublishWorkflow", "RollbackWorkflow", "ValidateNode", "TestNode",
			"GenerateWorkflow", "RefineWorkflow", "CreateEvaluation", "UpdateEvaluation", "DeleteEvaluation",
			"CreateAgent", "UpdateAgent", "DeleteAgent", "ValidateAgent", "PublishAgent", "RollbackAgent", "CreateSchedule", "UpdateSchedule", "DeleteSchedule", "CreateWebhook", "DeleteWebhook",
			"CreateEndpoint", "GetEndpoint", "ListEndpoints", "UpdateEndpoint", "DeleteEndpoint", "RotateEndpointSecret", "ListDeliveries", "Redeliver"},
		identity.Viewer: {
			"CreateWorkflow", "UpdateWorkflow", "DeleteWorkflow", "ValidateDocument", "PublishWorkflow", "RollbackWorkflow", "ValidateNode", "TestNode",
			"GenerateWorkflow", "RefineWorkflow", "CreateEvaluation", "UpdateEvaluation", "DeleteEvaluation", "RunEvaluation",
			"CreateAgent", "UpdateAgent", "DeleteAgent", "ValidateAgent", "PublishAgent", "RollbackAgent",
			"CreateMCPServer", "RefreshMCPServer", "DeleteMCPServer", "CreateCredential", "DeleteCredential",
			"StartRun", "CancelRun", "RetryRun", "ForkRun", "ReplayRun", "DecideApproval",
			"CreateSchedule", "UpdateSchedule", "DeleteSchedule", "PauseSchedule", "ResumeSchedule", "TriggerSchedule", "CreateWebhook", "DeleteWebhook",
			"CreateEndpoint", "GetEndpoint", "ListEndpoints", "UpdateEndpoint", "DeleteEndpoint", "RotateEndpointSecret", "ListDeliveries", "Redeliver",
			"CreateThread", "DeleteThread", "AppendMessages", "PutMemory", "DeleteMemory", "PutDocument", "DeleteDocument",
		},
	}
	for role, names := range refused {
		want := map[string]bool{}
		for _, name := range names {
			want[name] = true
		}
		for _, m := range methods() {
			_, err := call(as(t, w.workspace, role), w.conn, m, dynamicpb.NewMessage(m.Input()))
			if denied := status.Code(err) == codes.PermissionDenied; denied != want[string(m.Name())] {
				t.Errorf("%s as %s: %v", m.Name(), role, err)
			}
			if code := status.Code(err); code == codes.Internal || code == codes.Unauthenticated && m.Name() != "ReceiveWebhook" { // which asks for no role
				t.Errorf("%s as %s: %v", m.Name(), role, err)
			}
		}
	}
}
