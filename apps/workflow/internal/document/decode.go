package document

// Decode reads a document. All problems are reported at once; the document is nil if there are any.
func Decode(data []byte) (*Document, []Problem) {
	return nil, []Problem{{Code: "not_yet"}}
}

// DecodeNode reads one node by itself.
func DecodeNode(data []byte) (*Node, []Problem) {
	return nil, []Problem{{Code: "not_yet"}}
}
