package grpcapi

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentteam/agentteam/apps/workflow/internal/document"
	"github.com/agentteam/agentteam/apps/workflow/internal/graph"
	"github.com/agentteam/agentteam/apps/workflow/internal/interpreter"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/library"
	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Nodes is the NodeService.
type Nodes struct {
	workflowv1.UnimplementedNodeServiceServer
	library   *library.Library
	programs  map[string]node.Program
	performer node.Performer
}

// NewNodes makes the service. Programs are the node types that make calls.
func NewNodes(l *library.Library, programs map[string]node.Program, performer node.Performer) *Nodes {
	return &Nodes{library: l, programs: programs, performer: performer}
}

// ListNodeTypes lists all types, also those that cannot run here.
func (n *Nodes) ListNodeTypes(context.Context, *workflowv1.ListNodeTypesRequest) (*workflowv1.ListNodeTypesResponse, error) {
	answer := &workflowv1.ListNodeTypesResponse{}
	for _, t := range n.library.Types() {
		answer.NodeTypes = append(answer.NodeTypes, &workflowv1.NodeType{
			Name: t.Name, Description: t.Description, ConfigSchemaJson: string(t.Config), Ports: t.Ports,
			Available: t.Unavailable == "", UnavailableReason: t.Unavailable,
		})
	}
	return answer, nil
}

// ValidateNode checks one node by itself.
func (n *Nodes) ValidateNode(ctx context.Context, request *workflowv1.ValidateNodeRequest) (*workflowv1.ValidateNodeResponse, error) {
	_, problems, err := n.compile(ctx, request.GetNodeJson())
	if err != nil {
		return nil, err
	}
	return &workflowv1.ValidateNodeResponse{Problems: problemMessages(problems)}, nil
}

// TestNode evaluates one node with the given variables. A node whose `when` is false gives neither output nor failure.
func (n *Nodes) TestNode(ctx context.Context, request *workflowv1.TestNodeRequest) (*workflowv1.TestNodeResponse, error) {
	compiled, problems, err := n.compile(ctx, request.GetNodeJson())
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, unfit("the node", problems)
	}
	variables, err := variablesOf(request.GetVariablesJson())
	if err != nil {
		return nil, err
	}
	action := interpreter.Evaluate(compiled, variables)
	if action.Kind != interpreter.Start {
		return &workflowv1.TestNodeResponse{
			OutputJson: string(action.Output), Port: action.Port, Failure: failureMessage(action.Failure), Usage: &workflowv1.Usage{},
		}, nil
	}
	program := n.programs[compiled.Type]
	if program == nil {
		return nil, status.Errorf(codes.FailedPrecondition, "a node of type %s waits or holds other nodes: try it within a run", compiled.Type)
	}
	return n.try(ctx, compiled, program, action.Config)
}

func (n *Nodes) compile(ctx context.Context, text string) (*graph.Node, []problem.Problem, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	decoded, problems := document.DecodeNode([]byte(text))
	if decoded == nil {
		return nil, problems, nil
	}
	compiled, problems := graph.CompileNode(*decoded, n.library.Catalog(ctx, caller.Workspace))
	return compiled, problems, nil
}

// variablesOf are the variables that expressions may use.
func variablesOf(text string) (map[string]json.RawMessage, error) {
	if text == "" {
		return map[string]json.RawMessage{}, nil
	}
	const field = "variables_json"
	if len(text) > maxValue {
		return nil, refuse(field, problem.CodeTooLarge, "%s has at most %d bytes, got %d", field, maxValue, len(text))
	}
	if tree, problems := jsontree.Parse([]byte(text), document.MaxDepth); tree == nil || len(problems) > 0 {
		return nil, unfit(field, problems)
	}
	var variables map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &variables); err != nil || variables == nil {
		return nil, refuse(field, problem.CodeWrongType, "%s must be a JSON object", field)
	}
	for name := range variables {
		switch name {
		case "inputs", "nodes", "item", "index", "with", "run":
		default:
			return nil, refuse(field, problem.CodeUnknownField, "%s has %q; the variables are inputs, nodes, item, index, with and run", field, name)
		}
	}
	return variables, nil
}
