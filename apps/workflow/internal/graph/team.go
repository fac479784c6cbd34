package graph

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/agentteam/agentteam/apps/workflow/internal/expression"
	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
)

// lead gives the field of the agent that leads a team; empty for none.
func lead(team string) (field string, is bool) {
	switch team {
	case "supervisor":
		return "supervisor", true
	case "plan_execute":
		return "planner", true
	case "parallel_agents":
		return "judge", true
	case "handoff":
		return "", true
	}
	return "", false
}

// team checks the agents of a team, and compiles their tools.
func (k *compiler) team(n *Node, config *jsontree.Value, v expression.Variables, pointer string) {
	leader, _ := lead(n.Type)
	taken := map[string]bool{leader: leader != ""}
	if agent := config.Get(leader); agent != nil {
		n.Tools = k.agent(agent, n.builtin.rules.Properties[leader], v, pointer, "/"+leader)
		k.leader(n, agent, taken, pointer)
	}
	members := items(config.Get("members"))
	names := make([]string, 0, len(members))
	for i, member := range members {
		at := problem.Join("/members", i)
		n.Tools = append(n.Tools, k.agent(member, n.builtin.rules.Properties["members"].Items, v, pointer, at)...)
		name := text(member.Get("name"))
		if taken[name] {
			k.problemf(pointer+at+"/name", problem.CodeDuplicateID, "something else in this team has the name %s: give one of them another", name)
		}
		taken[name] = true
		names = append(names, name)
	}
	if n.Type == "handoff" {
		k.handoffs(config, names, pointer)
		k.transfers(config, pointer)
	}
}

// leader checks what holds for the agent that leads, and says which names it takes.
func (k *compiler) leader(n *Node, agent *jsontree.Value, taken map[string]bool, pointer string) {
	switch n.Type {
	case "plan_execute":
		if agent.Get("output_schema") != nil {
			k.problemf(pointer+"/planner/output_schema", problem.CodeNotAllowed, "a planner answers with a plan: let a node after this one bring the text into shape")
		}
	case "supervisor":
		for _, tool := range items(agent.Get("tools")) {
			taken[text(tool.Get("name"))] = true
		}
	}
}

// handoffs checks who begins, and who may pass control to whom.
func (k *compiler) handoffs(config *jsontree.Value, names []string, pointer string) {
	known := func(name *jsontree.Value, at string) {
		if name != nil && name.Kind == jsontree.String && !slices.Contains(names, name.Text) {
			k.problemf(pointer+at, problem.CodeUnknownValue, "there is no member %s; the members are %s", name.Text, strings.Join(names, ", "))
		}
	}
	known(config.Get("start"), "/start")
	if config.Get("handoffs") == nil {
		return
	}
	for _, m := range config.Get("handoffs").Members {
		at := problem.Join("/handoffs", m.Key)
		known(&jsontree.Value{Kind: jsontree.String, Text: m.Key}, at)
		for i, to := range m.Value.Items {
			known(to, problem.Join(at, i))
			if to.Text == m.Key {
				k.problemf(pointer+problem.Join(at, i), problem.CodeNotAllowed, "%s cannot pass control to itself", m.Key)
			}
		}
	}
}

// transfers checks that no tool of a member looks like a hand-off.
func (k *compiler) transfers(config *jsontree.Value, pointer string) {
	for i, member := range items(config.Get("members")) {
		for j, tool := range items(member.Get("tools")) {
			if strings.HasPrefix(text(tool.Get("name"))+"_", "transfer_to_") {
				k.problemf(pointer+problem.Join("/members", i, "tools", j, "name"), problem.CodeNotAllowed, "names that begin with transfer_to_ are those of hand-offs: give the tool another")
			}
		}
	}
}

func items(list *jsontree.Value) []*jsontree.Value {
	if list == nil {
		return nil
	}
	return list.Items
}

// withAgents puts the schemas of a team's agents in the place of "$ref": "member" and "$ref": "lead".
func withAgents(config, node json.RawMessage) (json.RawMessage, error) {
	text := string(config)
	for name, fields := range map[string]map[string]any{
		"member": {
			"name":        map[string]any{"type": "string", "pattern": "^[A-Za-z0-9_-]{1,50}$", "x-expressions": "none"},
			"description": map[string]any{"type": "string", "maxLength": 10_000},
		},
		"lead": {},
	} {
		s, properties, err := agentSchema(node)
		if err != nil {
			return nil, err
		}
		maps.Copy(properties, fields)
		if name == "member" {
			s["required"] = []string{"name"}
		}
		encoded, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		text = strings.ReplaceAll(text, `{"$ref": "`+name+`"}`, string(encoded))
	}
	return json.RawMessage(text), nil
}
