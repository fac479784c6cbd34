package grpcapi

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/agentteam/agentteam/apps/workflow/internal/credential"
	"github.com/agentteam/agentteam/apps/workflow/internal/httpcall"
	"github.com/agentteam/agentteam/apps/workflow/internal/problem"
	"github.com/agentteam/agentteam/apps/workflow/internal/store"
	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

// Bounds of a credential. A shorter secret could be guessed, and taking it out of answers would garble them.
const (
	leastSecret = 8
	mostSecret  = 4096
	mostOrigins = 20
	mostURL     = 2048
)

// credentialOf checks what is asked for. No refusal repeats the value.
func credentialOf(request *workflowv1.CreateCredentialRequest) (store.Credential, error) {
	kind := request.GetKind()
	c := store.Credential{Name: request.GetName(), Header: request.GetHeader(), Username: request.GetUsername()}
	c.Kind = strings.ToLower(strings.TrimPrefix(kind.String(), credentialKindPrefix))
	if err := named(c.Name); err != nil {
		return c, err
	}
	if err := checkSecret(request.GetValue()); err != nil {
		return c, err
	}
	if err := checkKind(kind, c); err != nil {
		return c, err
	}
	var err error
	c.Origins, err = originsOf(request.GetOrigins())
	return c, err
}

func checkSecret(value string) error {
	if n := utf8.RuneCountInString(value); n < leastSecret || n > mostSecret {
		return refuse("value", problem.CodeOutOfRange, "value must have from %d to %d characters, got %d", leastSecret, mostSecret, n)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return refuse("value", problem.CodeInvalidFormat, "value must be what a header can hold: no line breaks, no control characters")
	}
	return nil
}

// checkKind refuses what does not belong to the kind.
func checkKind(kind workflowv1.CredentialKind, c store.Credential) error {
	wantsHeader, wantsUser := kind == workflowv1.CredentialKind_CREDENTIAL_KIND_HEADER, kind == workflowv1.CredentialKind_CREDENTIAL_KIND_BASIC
	switch {
	case kind == workflowv1.CredentialKind_CREDENTIAL_KIND_UNSPECIFIED || workflowv1.CredentialKind_name[int32(kind)] == "":
		return refuse("kind", problem.CodeUnknownValue, "kind must be bearer, header or basic, got %d", kind)
	case wantsHeader != (c.Header != ""), wantsHeader && !httpcall.Settable(c.Header):
		return refuse("header", problem.CodeInvalidFormat, "header must be the name of a header, such as X-Api-Key, for the kind header, and absent for others, got %q", c.Header)
	case wantsUser != (c.Username != ""), strings.Contains(c.Username, ":"), !httpguts.ValidHeaderFieldValue(c.Username):
		return refuse("username", problem.CodeInvalidFormat, "username must be given for the kind basic, without a colon, and be absent for others, got %q", c.Username)
	}
	return text("username", c.Username, maxName)
}

// originsOf gives each origin once, in one spelling.
func originsOf(given []string) (origins []string, err error) {
	if len(given) < 1 || len(given) > mostOrigins {
		return nil, refuse("origins", problem.CodeOutOfRange, "origins must have from 1 to %d items, got %d: name where the secret may be sent", mostOrigins, len(given))
	}
	for _, one := range given {
		origin, ok := credential.Origin(one)
		if !ok || len(one) > mostURL {
			return nil, refuse("origins", problem.CodeInvalidFormat, "origins must be scheme, host and perhaps port, such as https://api.example.com, got %q", one[:min(len(one), maxName)])
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins, nil
}

// named refuses a name that no list could show.
func named(name string) error {
	if strings.TrimSpace(name) == "" {
		return refuse("name", problem.CodeMissingField, "name must have from 1 to %d characters, got none", maxName)
	}
	return text("name", name, maxName)
}

func credentialMessage(c store.Credential) *workflowv1.Credential {
	return &workflowv1.Credential{
		Id: c.ID, Name: c.Name, Kind: workflowv1.CredentialKind(number(workflowv1.CredentialKind_value, credentialKindPrefix, c.Kind)),
		Header: c.Header, Username: c.Username, Origins: c.Origins, Created: actorMessage(c.CreatedBy, c.CreatedAt),
	}
}
