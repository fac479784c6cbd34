package grpcapi

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// What the names of the API's enumerations begin with. Without it, in lower case, they are the words that the
// tables hold.
const (
	runStatusPrefix      = "RUN_STATUS_"
	stepStatusPrefix     = "STEP_STATUS_"
	approvalStatusPrefix = "APPROVAL_STATUS_"
	resultStatusPrefix   = "RESULT_STATUS_"
	likenessPrefix       = "LIKENESS_"
	approvalKindPrefix   = "APPROVAL_KIND_"
	credentialKindPrefix = "CREDENTIAL_KIND_" //nolint:gosec // the name of an enumeration
	approvalPolicyPrefix = "APPROVAL_POLICY_"
	messageRolePrefix    = "MESSAGE_ROLE_"
	threadPolicyPrefix   = "THREAD_POLICY_"
)

// mostWords bounds a filter: no enumeration has so many.
const mostWords = 20

// number is a word of the tables as the API numbers it; 0 for one that the API does not know.
func number(values map[string]int32, prefix, word string) int32 {
	return values[prefix+strings.ToUpper(word)]
}

// words are the numbers of a filter as the tables spell them.
func words[E protoreflect.Enum](field, prefix string, numbers []E) ([]string, error) {
	if len(numbers) > mostWords {
		return nil, refuse(field, "out_of_range", "%s has at most %d values, got %d", field, mostWords, len(numbers))
	}
	var found []string
	for _, n := range numbers {
		value := n.Descriptor().Values().ByNumber(n.Number())
		if value == nil || n.Number() == 0 {
			return nil, refuse(field, "unknown_value", "%s must be values of %s, got %d", field, n.Descriptor().Name(), n.Number())
		}
		word := strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix))
		if !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found, nil
}
