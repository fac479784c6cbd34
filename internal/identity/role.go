package identity

import "slices"

// Role is what a member of a workspace, or an API key of it, is there for.
type Role string

// The roles, from the one that may do everything to the one that may only look.
const (
	Owner    Role = "owner"
	Admin    Role = "admin"
	Editor   Role = "editor"
	Operator Role = "operator"
	Viewer   Role = "viewer"
)

// Permission is one kind of action within a workspace.
type Permission string

// The permissions. Every operation of the HTTP and of the gRPC API asks for one of them.
const (
	WorkflowsRead    Permission = "workflows.read"
	WorkflowsWrite   Permission = "workflows.write"   // drafts, validation of documents, trying out nodes
	WorkflowsPublish Permission = "workflows.publish" // publish and roll back
	AgentsRead       Permission = "agents.read"
	AgentsWrite      Permission = "agents.write"
	AgentsPublish    Permission = "agents.publish"
	RunsRead         Permission = "runs.read" // runs, steps, events, artifacts, approvals
	RunsStart        Permission = "runs.start"
	RunsControl      Permission = "runs.control" // cancel, retry, fork
	ApprovalsDecide  Permission = "approvals.decide"
	TriggersManage   Permission = "triggers.manage" // schedules, webhooks, webhook endpoints
	MemoryRead       Permission = "memory.read"     // threads, memory, documents
	MemoryWrite      Permission = "memory.write"    // the same
	UsageRead        Permission = "usage.read"
	WorkspaceRead    Permission = "workspace.read" // its name and its members
	WorkspaceManage  Permission = "workspace.manage"
	WorkspaceDelete  Permission = "workspace.delete"
	MembersManage    Permission = "members.manage" // add, change, remove; owners excepted
	OwnersManage     Permission = "owners.manage"  // make somebody an owner, or take it away
	KeysManage       Permission = "keys.manage"
	ToolsRead        Permission = "tools.read"  // credentials and MCP servers, without any secret
	ToolsWrite       Permission = "tools.write" // make, refresh and delete them
)

// RunHeader names the run that makes a request, on every request that leaves a run, whatever its document says.
const RunHeader = "Agent-Team-Run"

// Personal says whether an action is for people and their own programs alone. A run that was given an API key may not
// approve what it asks for, nor hand out keys to somebody who would.
func (p Permission) Personal() bool {
	return slices.Contains([]Permission{ApprovalsDecide, KeysManage, MembersManage, OwnersManage}, p)
}

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Editor, Operator, Viewer} }

// Permissions lists every permission.
func Permissions() []Permission {
	return []Permission{
		WorkflowsRead, WorkflowsWrite, WorkflowsPublish, AgentsRead, AgentsWrite, AgentsPublish, RunsRead, RunsStart, RunsControl, ApprovalsDecide, TriggersManage, MemoryRead, MemoryWrite, UsageRead,
		WorkspaceRead, WorkspaceManage, WorkspaceDelete, MembersManage, OwnersManage, KeysManage,
		ToolsRead, ToolsWrite,
	}
}

// May says whether the role allows the action; an unknown role allows nothing.
func (r Role) May(p Permission) bool { return slices.Contains(r.Permissions(), p) }

// Valid says whether the role is one of [Roles].
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Within says whether the role allows nothing that the other does not, so that who has the other may
// hand it out.
func (r Role) Within(other Role) bool {
	return r.Valid() && !slices.ContainsFunc(r.Permissions(), func(p Permission) bool { return !other.May(p) })
}

// Permissions is the whole table of roles and permissions; an unknown role has none. The owner may do everything and needs no line.
func (r Role) Permissions() []Permission {
	read := []Permission{WorkflowsRead, AgentsRead, RunsRead, MemoryRead, UsageRead, WorkspaceRead, ToolsRead}
	switch r {
	case Owner:
		return Permissions()
	case Admin:
		return append(read, WorkflowsWrite, WorkflowsPublish, AgentsWrite, AgentsPublish, RunsStart, RunsControl, ApprovalsDecide, TriggersManage, MemoryWrite,
			WorkspaceManage, MembersManage, KeysManage, ToolsWrite)
	case Editor:
		return append(read, WorkflowsWrite, WorkflowsPublish, AgentsWrite, AgentsPublish, RunsStart, RunsControl, ToolsWrite, TriggersManage, MemoryWrite)
	case Operator:
		return append(read, RunsStart, RunsControl, ApprovalsDecide, MemoryWrite)
	case Viewer:
		return read
	}
	return nil
}
