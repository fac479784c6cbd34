package httpapi

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// word is an enum's value as the API writes it: RUN_STATUS_QUEUED is queued.
func word[E protoreflect.Enum](value E) string {
	described := value.Descriptor().Values().ByNumber(value.Number())
	if described == nil {
		return "unknown" // of an engine that is newer than this gateway
	}
	return strings.ToLower(strings.TrimPrefix(string(described.Name()), prefix(value.Descriptor())))
}

// values are the words' values. The words were checked against the enum of the API's document.
func values[E interface {
	protoreflect.Enum
	~int32
}](words []string) []E {
	var zero E
	described := zero.Descriptor()
	found := make([]E, 0, len(words))
	for _, w := range words {
		if value := described.Values().ByName(protoreflect.Name(prefix(described) + strings.ToUpper(w))); value != nil {
			found = append(found, E(value.Number()))
		}
	}
	return found
}

// valueOf is one word's value; the zero value without one.
func valueOf[E interface {
	protoreflect.Enum
	~int32
}](w string) E {
	found := values[E]([]string{w})
	if len(found) == 0 {
		return 0
	}
	return found[0]
}

// prefix is what buf's rules put before each value: that of its zero value.
func prefix(enum protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
}
