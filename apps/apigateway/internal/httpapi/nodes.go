package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/agentteam/agentteam/internal/identity"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// NodeType is what a document may use.
type NodeType struct {
	Name              string          `json:"name" example:"agent"`
	Description       string          `json:"description"`
	ConfigSchema      json.RawMessage `json:"config_schema" doc:"JSON Schema of the node's config."`
	Ports             []string        `json:"ports" nullable:"false" doc:"Ports an edge may leave from; * when the config names them."`
	Available         bool            `json:"available"`
	UnavailableReason string          `json:"unavailable_reason,omitempty" example:"OPENAI_API_KEY is not set"`
}

func nodeType(t *workflowv1.NodeType) NodeType {
	return NodeType{
		Name: t.GetName(), Description: t.GetDescription(), ConfigSchema: raw(t.GetConfigSchemaJson()),
		Ports: append([]string{}, t.GetPorts()...), Available: t.GetAvailable(), UnavailableReason: t.GetUnavailableReason(),
	}
}

// NodeTestRequest is a node and what it is to be tried out with.
type NodeTestRequest struct {
	Node      json.RawMessage `json:"node" doc:"The node, as in a document."`
	Variables json.RawMessage `json:"variables,omitempty" doc:"What its expressions may use: inputs, nodes, item, index, with."`
}

// NodeTest is what a node gave when it was tried out.
type NodeTest struct {
	Output  json.RawMessage `json:"output,omitempty"`
	Port    string          `json:"port,omitempty" doc:"The port it took, for nodes with several."`
	Failure *Failure        `json:"failure,omitempty"`
	Usage   Usage           `json:"usage"`
}

func (s *Server) nodes() {
	tag := "Nodes"
	node := map[string]any{"id": "greet", "type": "template", "config": map[string]any{"template": "Hello ${{ inputs.name }}"}}
	register(s, operation{
		id: "list-node-types", method: http.MethodGet, path: "/v1/node-types", tag: tag, summary: "List the node types of this engine",
		access: may(identity.WorkflowsRead),
	}, s.listNodeTypes)
	register(s, operation{
		id: "validate-node", method: http.MethodPost, path: "/v1/nodes:validate", tag: tag, summary: "Check one node by itself",
		detail: "The body is the node. Its shape and its expressions are checked, not its references to other nodes.",
		access: may(identity.WorkflowsWrite), status: http.StatusOK, example: node, verbatim: true,
	}, s.validateNode)
	register(s, operation{
		id: "test-node", method: http.MethodPost, path: "/v1/nodes:test", tag: tag, summary: "Try one node out with given data",
		detail: "Calls go out for real and are paid. Nodes that wait or hold other nodes cannot be tried out.",
		access: may(identity.WorkflowsWrite), status: http.StatusOK,
		example: map[string]any{"node": node, "variables": map[string]any{"inputs": map[string]any{"name": "Ada"}}},
	}, s.testNode)
}

func (s *Server) listNodeTypes(ctx context.Context, _ *struct{}) (*listOutput[NodeType], error) {
	answer, err := s.engine.Nodes.ListNodeTypes(ctx, &workflowv1.ListNodeTypesRequest{})
	if err != nil {
		return nil, err
	}
	return listOf(answer.GetNodeTypes(), "", nodeType), nil
}

func (s *Server) validateNode(ctx context.Context, in *DocumentBody) (*verdictOutput, error) {
	answer, err := s.engine.Nodes.ValidateNode(ctx, &workflowv1.ValidateNodeRequest{NodeJson: string(in.RawBody)})
	if err != nil {
		return nil, err
	}
	return verdict(answer.GetProblems()), nil
}

func (s *Server) testNode(ctx context.Context, in *struct {
	Body NodeTestRequest
}) (*struct{ Body NodeTest }, error) {
	answer, err := s.engine.Nodes.TestNode(ctx, &workflowv1.TestNodeRequest{
		NodeJson: string(in.Body.Node), VariablesJson: string(in.Body.Variables),
	})
	if err != nil {
		return nil, below("/node", err)
	}
	return &struct{ Body NodeTest }{NodeTest{
		Output: raw(answer.GetOutputJson()), Port: answer.GetPort(), Failure: failure(answer.GetFailure()), Usage: usage(answer.GetUsage()),
	}}, nil
}
