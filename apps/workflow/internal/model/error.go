package model

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/agentteam/agentteam/apps/workflow/internal/node"
	"github.com/agentteam/agentteam/apps/workflow/internal/retryafter"
)

// Error is why a provider gave no whole answer.
type Error struct {
	Code       string // a failure code of package node
	Message    string
	Status     int // of HTTP; 0 if there was none
	RetryAfter time.Duration
	// Repeatable errors may pass by themselves.
	Repeatable bool
	// Spent is what the provider is likely to charge all the same, for an answer that was cut.
	Spent Tokens
}

// Error is for logs; users see the failure.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Failure is the error as a part of a step's result.
func (e *Error) Failure() *node.Failure {
	return &node.Failure{Code: e.Code, Message: e.Message, RetryAfter: e.RetryAfter, Final: e.Code == node.CodeModel}
}

// answered makes an error of an answer's status. The message is the provider's own.
func answered(provider string, status int, header http.Header, kind, message string) *Error {
	e := &Error{Code: codeOf(status, kind), Status: status, Message: cmp.Or(clip(message), "no reason was given")}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		// The provider's message quotes a part of the key.
		e.Message = "the API key is refused; an operator has to replace it"
	}
	if e.Code != node.CodeModel {
		e.Repeatable, e.RetryAfter = true, retryafter.Parse(header)
	}
	e.Message = provider + " answered " + strconv.Itoa(status) + ": " + e.Message
	return e
}

// codeOf goes by the provider's word for the error first: a spent quota has the status of a limit, and does
// not pass by itself.
func codeOf(status int, kind string) string {
	switch kind {
	case "insufficient_quota", "billing_error":
		return node.CodeModel
	case "rate_limit_error":
		return node.CodeRateLimited
	case "overloaded_error", "api_error", "server_error":
		return node.CodeUnavailable
	}
	switch {
	case status == http.StatusTooManyRequests:
		return node.CodeRateLimited
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout, status == http.StatusConflict:
		return node.CodeUnavailable
	}
	return node.CodeModel
}

// cut is an answer that did not come to its end, or none at all.
func cut(provider string, spent Tokens) *Error {
	return &Error{Code: node.CodeConnection, Message: "the connection to " + provider + " was lost before the answer was whole", Repeatable: true, Spent: spent}
}

func clip(text string) string {
	const most = 500
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
