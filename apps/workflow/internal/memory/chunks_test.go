package memory

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestChunks(t *testing.T) {
	words := strings.Repeat("word ", 3000)
	for name, text := range map[string]string{
		"nothing": "", "short": "a short text", "words": words, "one long word": strings.Repeat("ä", 5000),
		"paragraphs": strings.Repeat(strings.Repeat("x", 700)+"\n\n", 9), "sentences": strings.Repeat("This is one. ", 900), "four bytes each": strings.Repeat("😀", 2000),
	} {
		chunks := Chunks(text)
		if strings.Join(chunks, "") != text {
			t.Errorf("%s: the chunks are not the text", name)
		}
		for i, chunk := range chunks {
			if chunk == "" || len(chunk) > chunkBytes || !utf8.ValidString(chunk) || i < len(chunks)-1 && len(chunk) < chunkBytes/2-utf8.UTFMax {
				t.Errorf("%s: chunk %d has %d bytes", name, i, len(chunk))
			}
		}
	}
	for _, chunk := range Chunks(strings.Repeat(strings.Repeat("x", 700)+"\n\n", 9)) {
		if !strings.HasSuffix(chunk, "\n\n") {
			t.Errorf("a chunk ends within a paragraph: …%q", chunk[len(chunk)-20:])
		}
	}
}

func FuzzChunks(f *testing.F) {
	f.Add(strings.Repeat("a\n\n", 2000))
	f.Add(strings.Repeat("\xff", 5000))
	f.Fuzz(func(t *testing.T, text string) {
		if got := strings.Join(Chunks(text), ""); got != text {
			t.Errorf("the chunks of %q are %q", text, got)
		}
	})
}
