package store

import "github.com/agentteam/agentteam/internal/identity"

// Actor is who did something, as the tables keep it.
type Actor struct {
	Subject string `json:"subject"`
	Kind    string `json:"kind"` // identity.KindUser or identity.KindAPIKey
}

// ActorOf is the caller as the tables keep it.
func ActorOf(c identity.Caller) Actor { return Actor{Subject: c.Subject, Kind: c.Kind} }
