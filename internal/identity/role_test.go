package identity_test

import (
	"slices"
	"testing"

	"github.com/agentteam/agentteam/internal/identity"
)

// TestRoles states the whole table again, by permission rather than by role.
func TestRoles(t *testing.T) {
	everyone := identity.Roles()
	table := map[identity.Permission][]identity.Role{
		identity.WorkflowsRead:    everyone,
		identity.AgentsRead:       everyone,
		identity.RunsRead:         everyone,
		identity.UsageRead:        everyone,
		identity.WorkspaceRead:    everyone,
		identity.WorkflowsWrite:   {identity.Owner, identity.Admin, identity.Editor},
		identity.WorkflowsPublish: {identity.Owner, identity.Admin, identity.Editor},
		identity.AgentsWrite:      {identity.Owner, identity.Admin, identity.Editor},
		identity.AgentsPublish:    {identity.Owner, identity.Admin, identity.Editor},
		identity.RunsStart:        {identity.Owner, identity.Admin, identity.Editor, identity.Operator},
		identity.RunsControl:      {identity.Owner, identity.Admin, identity.Editor, identity.Operator},
		identity.ApprovalsDecide:  {identity.Owner, identity.Admin, identity.Operator},
		identity.TriggersManage:   {identity.Owner, identity.Admin, identity.Editor},
		identity.MemoryRead:       everyone,
		identity.MemoryWrite:      {identity.Owner, identity.Admin, identity.Editor, identity.Operator},
		identity.WorkspaceManage:  {identity.Owner, identity.Admin},
		identity.MembersManage:    {identity.Owner, identity.Admin},
		identity.KeysManage:       {identity.Owner, identity.Admin},
		identity.ToolsRead:        everyone,
		identity.ToolsWrite:       {identity.Owner, identity.Admin, identity.Editor},
		identity.WorkspaceDelete:  {identity.Owner},
		identity.OwnersManage:     {identity.Owner},
	}
	if len(table) != len(identity.Permissions()) {
		t.Errorf("the table has %d permissions, the package %d", len(table), len(identity.Permissions()))
	}
	for _, permission := range identity.Permissions() {
		for _, role := range append(everyone, "", "root", "Owner") {
			if want := slices.Contains(table[permission], role); role.May(permission) != want {
				t.Errorf("may %q %s? got %t, want %t", role, permission, !want, want)
			}
		}
	}
}

func TestOnlyAsMuchAsOnesOwnMayBeHandedOut(t *testing.T) {
	within := map[identity.Role][]identity.Role{
		identity.Owner:    identity.Roles(),
		identity.Admin:    {identity.Admin, identity.Editor, identity.Operator, identity.Viewer},
		identity.Editor:   {identity.Editor, identity.Viewer}, // an operator decides approvals, an editor does not
		identity.Operator: {identity.Operator, identity.Viewer},
		identity.Viewer:   {identity.Viewer},
		"root":            nil,
	}
	for own, handed := range within {
		for _, role := range append(identity.Roles(), "", "root") {
			if want := slices.Contains(handed, role); role.Within(own) != want {
				t.Errorf("is %q within %q? got %t, want %t", role, own, !want, want)
			}
		}
	}
}
