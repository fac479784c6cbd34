// Package node is the vocabulary that the engine's parts share about steps: how a step fails, what it
// consumes, which calls it wants made and what they gave.
package node

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Failure says why a step, a call or a run failed. It is stored and shown to users, so it holds no secret.
type Failure struct { //nolint:errname // it is stored and shown; an error only on its way there
	Code    string `json:"code"`           // a stable word, one of those below or a fail node's own
	Message string `json:"message"`        // what happened, and what to do
	Step    string `json:"step,omitempty"` // path of the step, in a run's failure
	// RetryAfter is the least pause that the other side asked for.
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	// Final failures are not worth another attempt, whatever the node's retry says.
	Final bool `json:"final,omitempty"`
}

// Failure codes.
const (
	CodeTimeout         = "timeout"
	CodeExpression      = "expression"       // an expression could not be evaluated
	CodeInvalidInput    = "invalid_input"    // a resolved config or an argument is out of bounds
	CodeHTTPStatus      = "http_status"      // the answer's status is not a success
	CodeConnection      = "connection"       // no answer
	CodeRefusedAddress  = "refused_address"  // the address is private, and no operator allowed it
	CodeTooLarge        = "too_large"        // a value or an answer exceeds its bound
	CodeModel           = "model"            // the provider refused the request
	CodeRateLimited     = "rate_limited"     // the provider's limit, even after waiting
	CodeUnavailable     = "unavailable"      // the provider is not configured here, or is down
	CodeOutput          = "invalid_output"   // the answer does not fit the output schema
	CodeMaxTurns        = "max_turns"        // the agent did not come to an end
	CodeLoop            = "loop_detected"    // an agent does the same again and again
	CodeOutcomeUnknown  = "outcome_unknown"  // a call was cut that must not be repeated
	CodeBudgetExhausted = "budget_exhausted" // the call would have exceeded the run's budget
	CodeCredential      = "credential"       // it is not there, or not for this address
	CodeTool            = "tool"             // a tool of an MCP server says that it failed
	CodeRejected        = "rejected"         // a person said no
	CodeExpired         = "expired"          // nobody decided in time
	CodeNotRecorded     = "not_recorded"     // the run that is replayed made no such call
	CodeStale           = "stale"            // a draft was changed while a model wrote another
	CodeInternal        = "internal"         // a fault of the engine
)

// Error makes a Failure an error, for functions that return one.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Code, f.Message) }

// Fail is a failure with a formatted message.
func Fail(code, format string, arguments ...any) *Failure {
	return &Failure{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Usage is what calls consumed, or may consume at most.
type Usage struct {
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	Cost         int64 `json:"cost_micro_usd"` // millionths of a US dollar
	ModelCalls   int64 `json:"model_calls"`
	ToolCalls    int64 `json:"tool_calls"`
}

// Event is something for the run's log; docs/events.md lists the types and their data.
type Event struct {
	Type string
	Data any
}

// CallKind says whom a call asks.
type CallKind string

// The kinds of calls.
const (
	ModelCall CallKind = "model"
	ToolCall  CallKind = "tool"
)

// Call is one request to a model or a tool. Each is one durable step: once it has a result, it is never
// made again.
type Call struct {
	Number     int      `json:"number"` // within the step's attempt, from 1
	Kind       CallKind `json:"kind"`
	Agent      string   `json:"agent,omitempty"` // of a team, that wants the call
	Name       string   `json:"name"`            // provider/model, or the tool's
	Idempotent bool     `json:"idempotent"`      // may be made again when its first try was cut
	// Request is for the performer alone.
	Request json.RawMessage `json:"request"`
	// Reserve is the most that the call can consume; it is held back from the budget while it is made.
	Reserve Usage `json:"reserve"`
	// Timeout bounds the call; 0 leaves it to the attempt's.
	Timeout time.Duration `json:"timeout,omitempty"`
	// Approval is what a person has to approve first; nil: nothing.
	Approval *Approval `json:"approval,omitempty"`
	// Refusal is why the call is not made after all: it is told instead of a result.
	Refusal *Failure `json:"refusal,omitempty"`
}

// Approval is what a person is asked before a call is made.
type Approval struct {
	Title     string          `json:"title"`
	Details   json.RawMessage `json:"details"` // all that the decision is about
	ExpiresIn time.Duration   `json:"expires_in"`
}

// Decision is what became of an Approval.
type Decision struct {
	Status  string `json:"status"` // approved, rejected, expired or canceled
	Comment string `json:"comment"`
}

// Apply gives the call as the decision leaves it. One that is refused is not made, so it may be told again.
func (d Decision) Apply(call Call) Call {
	call.Approval = nil
	switch d.Status {
	case "approved":
		return call
	case "expired":
		call.Refusal = Fail(CodeExpired, "nobody approved the call in time: it was not made")
	default:
		call.Refusal = Fail(CodeRejected, "a person refused the call: it was not made. %s", d.Comment)
	}
	call.Idempotent = true
	return call
}

// Digest is the same for calls that ask the same of the same, in whichever run.
func (c Call) Digest() []byte {
	sum := sha256.Sum256(append([]byte(string(c.Kind)+"\n"), c.Request...))
	return sum[:]
}

// CallStatus is how a call ended.
type CallStatus string

// The ends of a call. Unknown: it was started, and no result of it was recorded.
const (
	Succeeded CallStatus = "succeeded"
	Failed    CallStatus = "failed"
	Unknown   CallStatus = "unknown"
)

// CallResult is what a call gave.
type CallResult struct {
	Number   int             `json:"number"`
	Status   CallStatus      `json:"status"`
	Response json.RawMessage `json:"response,omitempty"` // for the program alone
	Failure  *Failure        `json:"failure,omitempty"`
	Usage    Usage           `json:"usage"`
	// Replayed: nobody was asked, the answer is that of another run.
	Replayed bool `json:"replayed,omitempty"`
	// Events go into the log together with the result, once.
	Events  []CallEvent `json:"events,omitempty"`
	Started time.Time   `json:"started"`
	Ended   time.Time   `json:"ended"`
}

// CallEvent is an Event that can be stored.
type CallEvent struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// Program is what a step that makes calls does, as a pure function: the same config and results give the
// same next move, on every process and after every crash.
type Program interface {
	Next(config json.RawMessage, results []CallResult) Move
}

// Move is a program's next move: calls that may be made at the same time, or the end.
type Move struct {
	Calls   []Call
	Events  []CallEvent     // what the program has to tell beside what its calls do; they go into the log once
	Output  json.RawMessage // the step's output, when there are no calls and no failure
	Failure *Failure
	// Said is what the step adds to its thread together with its output; nil: nothing.
	Said *Said
}

// Said is an exchange in a thread. It is added in the transaction that records the step's end: once.
type Said struct {
	Thread         string
	Prompt, Answer string
	// Summary stands for all messages up to and with number Through; 0: it stays what it is.
	Summary string
	Through int64
}

// Recalled is what an agent's thread held when its step began, as the ledger puts it into the step's config.
type Recalled struct {
	Summary  string           `json:"summary,omitempty"`
	Messages []RecalledSpeech `json:"messages"` // after those of the summary, the oldest first
}

// RecalledSpeech is one message of a thread.
type RecalledSpeech struct {
	Seq  int64  `json:"seq"`
	Role string `json:"role"` // user or assistant
	Text string `json:"text"`
}

// CallID names one call in the whole system, and its try.
type CallID struct {
	Workspace, Run, Step string
	Generation, Attempt  int
	Number               int
	// Replays is the run whose recorded answers stand for calls; empty: none. Live lets a call be made that it did not make.
	Replays string
	Live    bool
}

// String is the same for the same call, whichever process makes it.
func (id CallID) String() string {
	return fmt.Sprintf("%s/%s/%d/%d/%d", id.Run, id.Step, id.Generation, id.Attempt, id.Number)
}

// Performer makes calls. It returns when the context ends; a failure is part of the result. Emit appends to the run's log at
// once, for what a reader wants to see before the result.
type Performer interface {
	Perform(ctx context.Context, id CallID, call Call, emit func(Event)) CallResult
}
