package memory

import (
	"strings"
	"unicode/utf8"
)

// chunkBytes bounds a part of a document: about what a model can be shown several of.
const chunkBytes = 2_000

// Chunks cuts a text into parts that together are the text: at the end of a paragraph where there is one, else of a line, a sentence, a word.
func Chunks(text string) (chunks []string) {
	for len(text) > chunkBytes {
		at := cutAt(text[:chunkBytes])
		chunks = append(chunks, text[:at])
		text = text[at:]
	}
	if text != "" {
		chunks = append(chunks, text)
	}
	return chunks
}

// cutAt is where a text that is too long ends best, in its second half.
func cutAt(text string) int {
	for _, separator := range []string{"\n\n", "\n", ". ", " "} {
		if at := strings.LastIndex(text, separator); at >= len(text)/2 {
			return at + len(separator)
		}
	}
	at := len(text)
	for at > len(text)-utf8.UTFMax && at > 1 && !utf8.ValidString(text[:at]) {
		at--
	}
	return at
}
