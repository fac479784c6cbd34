package grpcapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

const adder = `{"name": "Adder", "description": "adds", "provider": "openai", "model": "m", "max_turns": 3}`

func TestAnAgentsLife(t *testing.T) {
	d := newDesk(t)
	created, err := d.agents.CreateAgent(d.owner(t), &workflowv1.CreateAgentRequest{DocumentJson: `{"name": "Adder", "max_turns": 0}`})
	if err != nil || len(created.GetProblems()) != 3 || created.GetAgent().GetName() != "Adder" {
		t.Fatalf("created %v, %v", created, err)
	}
	agent := created.GetAgent().GetId()
	_, err = d.agents.PublishAgent(d.owner(t), &workflowv1.PublishAgentRequest{Id: agent})
	expectCode(t, "publish what is broken", err, codes.InvalidArgument)
	if fields := violations(t, err); !slices.Contains(fields, "/max_turns") {
		t.Errorf("the violations are of %q", fields)
	}
	_, err = d.agents.UpdateAgent(d.owner(t), &workflowv1.UpdateAgentRequest{Id: agent, Revision: 7, DocumentJson: adder})
	expectCode(t, "a stale change", err, codes.Aborted)
	updated, err := d.agents.UpdateAgent(d.owner(t), &workflowv1.UpdateAgentRequest{Id: agent, Revision: 1, DocumentJson: adder})
	if err != nil || len(updated.GetProblems()) != 0 || updated.GetAgent().GetRevision() != 2 || updated.GetAgent().GetDescription() != "adds" {
		t.Fatalf("updated %v, %v", updated, err)
	}
	for n := range 2 {
		published, err := d.agents.PublishAgent(d.owner(t), &workflowv1.PublishAgentRequest{Id: agent, Note: "at last"})
		if v := published.GetVersion(); err != nil || int(v.GetVersion()) != n+1 || v.GetDocumentJson() != adder || v.GetAgentId() != agent || v.GetNote() != "at last" {
			t.Fatalf("published %v, %v", published, err)
		}
	}
	back, err := d.agents.RollbackAgent(d.owner(t), &workflowv1.RollbackAgentRequest{Id: agent, Version: 1})
	if err != nil || back.GetVersion().GetVersion() != 3 {
		t.Errorf("rolled back to %v, %v", back, err)
	}
	versions, err := d.agents.ListAgentVersions(d.owner(t), &workflowv1.ListAgentVersionsRequest{AgentId: agent, Page: &workflowv1.Page{Size: 2}})
	if err != nil || len(versions.GetVersions()) != 2 || versions.GetNextToken() == "" {
		t.Errorf("listed %v, %v", versions, err)
	}
	list, err := d.agents.ListAgents(d.owner(t), &workflowv1.ListAgentsRequest{NameContains: "add"})
	if err != nil || len(list.GetAgents()) != 1 || list.GetAgents()[0].GetPublishedVersion() != 3 || list.GetAgents()[0].GetDocumentJson() != "" {
		t.Errorf("listed %v, %v", list, err)
	}
}

// A workflow keeps to the version that it names, also after the agent is gone; a new one cannot name it then.
func TestAWorkflowNamesAnAgentsVersion(t *testing.T) {
	d := newDesk(t)
	created, err := d.agents.CreateAgent(d.owner(t), &workflowv1.CreateAgentRequest{DocumentJson: adder})
	if err != nil {
		t.Fatal(err)
	}
	document := fmt.Sprintf(`{"schema": "agentteam/v1", "name": "W", "nodes": [{"id": "a", "type": "agent", "config": {"agent": %q, "version": 1, "prompt": "?"}}]}`,
		created.GetAgent().GetId())
	validate := func() string {
		answer, err := d.workflows.ValidateDocument(d.owner(t), &workflowv1.ValidateDocumentRequest{DocumentJson: document})
		if err != nil {
			t.Fatal(err)
		}
		var problems []string
		for _, p := range answer.GetProblems() {
			problems = append(problems, p.GetPointer()+" "+p.GetCode())
		}
		return strings.Join(problems, ", ")
	}
	if got := validate(); got != "/nodes/0/config/version unknown_version" {
		t.Errorf("a draft's agent: %s", got)
	}
	if _, err := d.agents.PublishAgent(d.owner(t), &workflowv1.PublishAgentRequest{Id: created.GetAgent().GetId()}); err != nil {
		t.Fatal(err)
	}
	if got := validate(); got != "" {
		t.Errorf("a published agent: %s", got)
	}
	workflow := d.create(t, document).GetWorkflow().GetId()
	if _, err := d.workflows.PublishWorkflow(d.owner(t), &workflowv1.PublishWorkflowRequest{Id: workflow}); err != nil {
		t.Fatal(status.Convert(err).Message())
	}
	if _, err := d.agents.DeleteAgent(d.owner(t), &workflowv1.DeleteAgentRequest{Id: created.GetAgent().GetId()}); err != nil {
		t.Fatal(err)
	}
	if got := validate(); got != "/nodes/0/config/version unknown_version" {
		t.Errorf("a deleted agent: %s", got)
	}
	if _, err := d.library.Graph(t.Context(), d.workspace, workflow, 1); err != nil {
		t.Errorf("a run of the workflow: %v", err)
	}
}
