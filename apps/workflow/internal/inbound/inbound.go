// Package inbound reads what other systems send to a webhook: whether it is signed by the secret, and which delivery it is. It
// is pure: the time is given.
package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The forms of signatures.
const (
	GitHub   = "github"
	Slack    = "slack"
	Standard = "standard"
	Generic  = "generic"
)

// Tolerance is how far the time of a signature may be from now, either way.
const Tolerance = 5 * time.Minute

// maxID bounds the id of a delivery.
const maxID = 200

// ErrUnsigned says nothing of what is wrong: who sends is nobody yet.
var ErrUnsigned = errors.New("the delivery is not signed by the webhook's secret")

// Delivery is a signed message.
type Delivery struct {
	ID        string // the sender's; the same for a repeat
	Trial     bool   // only tries the connection
	Challenge string // to be answered, of a trial
}

// Verify gives the delivery, or ErrUnsigned.
//
// GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries,
// Slack: https://docs.slack.dev/authentication/verifying-requests-from-slack, Standard: https://www.standardwebhooks.com.
func Verify(form string, secret []byte, header http.Header, body []byte, now time.Time) (Delivery, error) {
	var d Delivery
	var signed bool
	switch form {
	case GitHub:
		signed = hexSigned(secret, body, header.Get("X-Hub-Signature-256"), "sha256=")
		d = Delivery{ID: header.Get("X-Github-Delivery"), Trial: header.Get("X-Github-Event") == "ping"}
	case Slack:
		signed, d = slack(secret, header, body, now)
	case Standard:
		signed, d.ID = standard(secret, header, body, now), header.Get("Webhook-Id")
	case Generic:
		signature := header.Get("X-Signature")
		signed, d.ID = hexSigned(secret, body, signature, "sha256="), header.Get("X-Delivery-Id")
		if d.ID == "" { // the same content is the same delivery: else whoever saw one could send it again
			d.ID = strings.ToLower(signature)
		}
	}
	if !signed || !named(d.ID) {
		return Delivery{}, ErrUnsigned
	}
	return d, nil
}

func named(delivery string) bool {
	return delivery != "" && len(delivery) <= maxID && !strings.ContainsFunc(delivery, unprintable)
}

// hexSigned compares in a time that does not depend on how much is right.
func hexSigned(secret, message []byte, given, prefix string) bool {
	digits, found := strings.CutPrefix(given, prefix)
	signature, err := hex.DecodeString(digits)
	if !found || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(message)
	return hmac.Equal(signature, mac.Sum(nil))
}

func slack(secret []byte, header http.Header, body []byte, now time.Time) (signed bool, d Delivery) {
	timestamp, signature := header.Get("X-Slack-Request-Timestamp"), header.Get("X-Slack-Signature")
	if !recent(timestamp, now) || !hexSigned(secret, append([]byte("v0:"+timestamp+":"), body...), signature, "v0=") {
		return false, d
	}
	var message struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		EventID   string `json:"event_id"`
	}
	_ = json.Unmarshal(body, &message) // a command of Slack is a form, and has no id of its own
	d = Delivery{ID: message.EventID}
	if d.ID == "" {
		d.ID = strings.ToLower(signature)
	}
	if message.Type == "url_verification" {
		d.Trial, d.Challenge = true, message.Challenge
	}
	return true, d
}

func standard(secret []byte, header http.Header, body []byte, now time.Time) bool {
	webhook, err := standardwebhooks.NewWebhook(string(secret))
	return err == nil && recent(header.Get("Webhook-Timestamp"), now) &&
		webhook.VerifyIgnoringTimestamp(body, header) == nil // its own clock is the process's
}

func recent(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= Tolerance
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }
