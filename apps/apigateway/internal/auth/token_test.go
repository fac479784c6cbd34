package auth

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/agentteam/agentteam/apps/apigateway/internal/accounts"
)

// FuzzTokenHeader says anything about a signature that is none: nobody is let in, whatever it names.
func FuzzTokenHeader(f *testing.F) {
	p := newProject(f, elliptic256(f, "es"))
	u, _ := p.users(secret)
	encode := base64.RawURLEncoding.EncodeToString
	claims := encode([]byte(`{"sub": "` + ada + `", "iss": "` + u.issuer + `", "aud": "authenticated", "exp": 4102444800}`))
	for _, seed := range []string{
		`{"alg":"ES256","kid":"es"}`, `{"alg":"none"}`, `{"alg":"HS256"}`, `{"alg":"HS256","kid":"es"}`, `{"alg":"RS256","kid":"es"}`, `{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}`,
		`{"alg":"ES256","kid":["es"]}`, `{"alg":"ES256","kid":"es","alg":"none"}`, `{"ALG":"HS256"}`, `{"alg":"ES256","kid":"es","jwk":{}}`, "", "null", "[]",
	} {
		f.Add(seed, "")
		f.Add(seed, strings.Repeat("\x01", 64))
	}
	f.Fuzz(func(t *testing.T, header, signature string) {
		who, failure := u.verify(t.Context(), encode([]byte(header))+"."+claims+"."+encode([]byte(signature)))
		if failure == nil || failure.Status != http.StatusUnauthorized {
			t.Errorf("%q with the signature %q: %+v, %+v", header, signature, who, failure)
		}
	})
}

// FuzzClaims signs anything: whoever is let in has an id, and an address only if it is one.
func FuzzClaims(f *testing.F) {
	p := newProject(f)
	u, _ := p.users(secret)
	known := `"iss":"` + u.issuer + `","aud":"authenticated","exp":4102444800`
	for _, seed := range []string{
		`{` + known + `,"sub":"` + ada + `"}`, `{` + known + `,"sub":""}`, `{` + known + `,"sub":7}`, `{` + known + `,"sub":"a","is_anonymous":"no"}`,
		`{` + known + `,"sub":"a","email":["x"]}`, `{` + known + `,"sub":"a","nbf":1e400}`, `{` + known + `,"sub":"a","sub":"b"}`, `{"exp":-1}`, "null", "[]", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		token, err := jws.Sign([]byte(claims), jws.WithKey(jwa.HS256(), []byte(secret)))
		if err != nil {
			t.Fatal(err)
		}
		who, failure := u.verify(t.Context(), string(token))
		switch {
		case failure != nil && failure.Status != http.StatusUnauthorized && failure.Status != http.StatusForbidden:
			t.Errorf("%q: %+v", claims, failure)
		case failure == nil && (!accounts.ValidUserID(who.Subject) || who.Email != "" && !accounts.ValidEmail(who.Email)):
			t.Errorf("%q is taken for %+v", claims, who)
		}
	})
}
