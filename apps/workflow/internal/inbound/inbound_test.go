package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		h.Set(pair[0], pair[1])
	}
	return h
}

func mac(secret, message string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(message))
	return hex.EncodeToString(m.Sum(nil))
}

// The example of GitHub's documentation.
func TestGitHub(t *testing.T) {
	const secret, body = "It's a Secret to Everybody", "Hello, World!"
	const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	d, err := Verify(GitHub, []byte(secret), header("X-Hub-Signature-256", signature, "X-GitHub-Delivery", "d1", "X-GitHub-Event", "push"), []byte(body), time.Now())
	if err != nil || d != (Delivery{ID: "d1"}) {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = Verify(GitHub, []byte(secret), header("X-Hub-Signature-256", signature, "X-GitHub-Delivery", "d1", "X-GitHub-Event", "ping"), []byte(body), time.Now())
	if err != nil || !d.Trial {
		t.Errorf("a ping: %+v, %v", d, err)
	}
	for name, h := range map[string]http.Header{
		"no signature": header("X-GitHub-Delivery", "d1"), "no id": header("X-Hub-Signature-256", signature), "not hexadecimal": header("X-Hub-Signature-256", "sha256=zz", "X-GitHub-Delivery", "d1"),
		"half of it": header("X-Hub-Signature-256", signature[:40], "X-GitHub-Delivery", "d1"), "the old one": header("X-Hub-Signature", "sha1=0", "X-GitHub-Delivery", "d1"),
		"a long id": header("X-Hub-Signature-256", signature, "X-GitHub-Delivery", strings.Repeat("d", 300)), "an odd id": header("X-Hub-Signature-256", signature, "X-GitHub-Delivery", "a\x00b"),
	} {
		if d, err := Verify(GitHub, []byte(secret), h, []byte(body), time.Now()); !errors.Is(err, ErrUnsigned) || d != (Delivery{}) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// The example of Slack's documentation.
func TestSlack(t *testing.T) {
	const secret, timestamp = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
	const body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner" +
		"&command=%2Fwebhook-collect" +
		"&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	const signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	h, then := header("X-Slack-Request-Timestamp", timestamp, "X-Slack-Signature", signature), time.Unix(1531420618, 0)
	if d, err := Verify(Slack, []byte(secret), h, []byte(body), then.Add(Tolerance)); err != nil || d != (Delivery{ID: signature}) {
		t.Errorf("%+v, %v", d, err)
	}
	for _, off := range []time.Duration{Tolerance + time.Second, -Tolerance - time.Second} {
		if _, err := Verify(Slack, []byte(secret), h, []byte(body), then.Add(off)); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%s off: %v", off, err)
		}
	}
	for body, want := range map[string]Delivery{
		`{"type":"event_callback","event_id":"Ev1"}`:       {ID: "Ev1"},
		`{"type":"url_verification","challenge":"3eZbrw"}`: {Trial: true, Challenge: "3eZbrw"},
	} {
		signature := "v0=" + mac(secret, "v0:"+timestamp+":"+body)
		if want.ID == "" {
			want.ID = signature
		}
		if d, err := Verify(Slack, []byte(secret), header("X-Slack-Request-Timestamp", timestamp, "X-Slack-Signature", signature), []byte(body), then); err != nil || d != want {
			t.Errorf("%s: %+v, %v", body, d, err)
		}
	}
}

func TestStandard(t *testing.T) {
	secret, now, body := NewSecret(), time.Unix(1_800_000_000, 0), []byte(`{"a": 1}`)
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := webhook.Sign("msg_1", now, body)
	if err != nil {
		t.Fatal(err)
	}
	h := header("webhook-id", "msg_1", "webhook-timestamp", strconv.FormatInt(now.Unix(), 10), "webhook-signature", "v1,b3RoZXI= "+signature)
	if d, err := Verify(Standard, []byte(secret), h, body, now.Add(-Tolerance)); err != nil || d.ID != "msg_1" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Verify(Standard, []byte(secret), h, body, now.Add(Tolerance+time.Second)); !errors.Is(err, ErrUnsigned) {
		t.Errorf("old: %v", err)
	}
	h.Set("Webhook-Id", "msg_2")
	if _, err := Verify(Standard, []byte(secret), h, body, now); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another id: %v", err)
	}
}

func TestGeneric(t *testing.T) {
	const secret, body = "0123456789abcdef", `{"a": 1}`
	signature := "sha256=" + mac(secret, body)
	if d, err := Verify(Generic, []byte(secret), header("X-Signature", signature, "X-Delivery-Id", "1"), []byte(body), time.Now()); err != nil || d.ID != "1" {
		t.Errorf("%+v, %v", d, err)
	}
	d, err := Verify(Generic, []byte(secret), header("X-Signature", "sha256="+strings.ToUpper(mac(secret, body))), []byte(body), time.Now())
	if err != nil || d.ID != signature {
		t.Errorf("the same content is the same delivery: %+v, %v", d, err)
	}
	if _, err := Verify(Generic, []byte("another secret !"), header("X-Signature", signature), []byte(body), time.Now()); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := Verify("none", []byte(secret), header("X-Signature", signature, "X-Delivery-Id", "1"), []byte(body), time.Now()); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another form: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	for _, form := range []string{GitHub, Slack, Standard, Generic} {
		if err := CheckSecret(form, NewSecret()); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 257), "with a space inside", "with\nline breaks in"} {
		if err := CheckSecret(GitHub, bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if CheckSecret(Standard, "whsec_not base64 at all") == nil || CheckSecret(Standard, "whsec_*****************") == nil {
		t.Error("what is no base64 is taken for a secret of Standard Webhooks")
	}
}

func TestValues(t *testing.T) {
	for _, test := range [][3]string{
		{"application/json; charset=utf-8", `{"a": 1.0}`, `{"a": 1.0}`}, {"application/cloudevents+json", `[1]`, `[1]`}, {"text/plain", "a\xff", "a\uFFFD"}, {"", "x", "x"},
		{"application/x-www-form-urlencoded", "a=1&a=2&b=%20", "map[a:1 b: ]"},
	} {
		got, err := Values(map[string]string{"content-type": test[0]}, nil, []byte(test[1]))
		text := fmt.Sprintf("%s", got["body"])
		if err != nil || text != test[2] {
			t.Errorf("%s: %q, %v", test[0], text, err)
		}
	}
	for _, test := range [][2]string{{"application/json", `{`}, {"application/json", ``}, {"application/x-www-form-urlencoded", "a=%zz"}} {
		if _, err := Values(map[string]string{"content-type": test[0]}, nil, []byte(test[1])); err == nil {
			t.Errorf("%q is %s", test[1], test[0])
		}
	}
}

// FuzzVerify holds that nothing without the secret is taken for signed, and that nothing panics.
func FuzzVerify(f *testing.F) {
	f.Add("v0=00", "1531420618", "d1", []byte(`{"event_id": 3}`))
	f.Add("sha256=", "", "", []byte(``))
	f.Add("v1, v1,, v1,AA==", "99999999999999999999", "msg_1", []byte("\x00"))
	f.Fuzz(func(t *testing.T, signature, timestamp, name string, body []byte) {
		h := http.Header{}
		for _, key := range []string{"X-Hub-Signature-256", "X-Slack-Signature", "X-Signature", "webhook-signature"} {
			h.Set(key, signature)
		}
		h.Set("X-Slack-Request-Timestamp", timestamp)
		h.Set("Webhook-Timestamp", timestamp)
		for _, key := range []string{"X-GitHub-Delivery", "webhook-id", "X-Delivery-Id"} {
			h.Set(key, name)
		}
		for _, form := range []string{GitHub, Slack, Standard, Generic, ""} {
			if d, err := Verify(form, []byte("whsec_AAECAwQFBgcICQoLDA0ODw=="), h, body, time.Unix(1531420618, 0)); err == nil {
				t.Errorf("%s takes %q for signed: %+v", form, signature, d)
			}
		}
		for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", timestamp} {
			_, _ = Values(map[string]string{"content-type": kind}, nil, body)
		}
	})
}
