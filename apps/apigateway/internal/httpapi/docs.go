package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

//go:embed docs.html
var docsTemplate string

//go:embed docs.css
var docsStyle string

// describe serves the API's document, and a page for people that is made of it: without a script, so that it works
// without a network, and its policy lets nothing run. Both are made once, after the last operation was registered.
func (s *Server) describe() {
	document, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		panic(err) // of constants and types: any test would show it
	}
	s.get("/openapi.json", fixed("application/openapi+json", document))
	page := s.docsPage()
	digest := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s.get("/docs", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		fixed("text/html; charset=utf-8", page).ServeHTTP(w, r)
	}))
}

func fixed(contentType string, body []byte) http.Handler {
	digest := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "public, max-age=300")
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Type", contentType)
		_, _ = w.Write(body)
	})
}

func (s *Server) docsPage() []byte {
	var page bytes.Buffer
	functions := template.FuncMap{
		"anchor": func(reference string) string { return reference[strings.LastIndex(reference, "/")+1:] },
		"lower":  strings.ToLower,
		"paragraphs": func(text string) []string {
			return strings.Split(text, "\n\n")
		},
		"style": func() template.CSS { return template.CSS(docsStyle) }, //nolint:gosec // our own file
	}
	parsed := template.Must(template.New("docs").Funcs(functions).Parse(docsTemplate)) // our own file: any test would show a fault
	if err := parsed.Execute(&page, pageOf(s.api.OpenAPI())); err != nil {
		panic(err) // as above
	}
	return page.Bytes()
}
