// Package envconfig fills a service's configuration from its environment. It reports every problem at
// once, so an operator fixes a task definition in one go, and it never repeats a secret in an error.
package envconfig

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/agentteam/agentteam/contract"
)

// Load fills a T, whose fields carry `env:"NAME"` tags, from environ ("NAME=value", as os.Environ gives
// it). An empty value and contract.Unset count as absent. The variables say which of T's are required;
// a required one that is absent and a malformed one of any kind are both part of the error, an [Errors].
func Load[T any](environ []string, variables []contract.Variable) (T, error) {
	present := env.ToMap(environ)
	for name, value := range present {
		if value == "" || value == contract.Unset {
			delete(present, name)
		}
	}
	config, err := env.ParseAsWithOptions[T](env.Options{
		Environment: present,
		FuncMap:     map[reflect.Type]env.ParserFunc{reflect.TypeFor[bool](): parseBool},
	})
	problems := append(missing[T](present, variables), malformed[T](err)...)
	if len(problems) > 0 {
		return config, problems
	}
	return config, nil
}

// Names lists the environment variables that T reads, sorted.
func Names[T any]() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if name := field.Tag.Get("env"); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Errors is everything that is wrong with an environment, one sentence each.
type Errors []string

// Error lists the problems, one a line.
func (p Errors) Error() string {
	noun := "problems"
	if len(p) == 1 {
		noun = "problem"
	}
	return fmt.Sprintf("the environment has %d %s:\n  %s", len(p), noun, strings.Join(p, "\n  "))
}

func missing[T any](present map[string]string, variables []contract.Variable) Errors {
	read := Names[T]()
	var problems Errors
	for _, v := range variables {
		if _, ok := present[v.Name]; !ok && v.Required && slices.Contains(read, v.Name) {
			problems = append(problems, fmt.Sprintf("%s is not set; it is required: %s", v.Name, v.Purpose))
		}
	}
	return problems
}

// malformed names the variable where the parser names the struct's field.
func malformed[T any](err error) Errors {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return nil
	}
	var problems Errors
	for _, err := range all.Errors {
		var wrong env.ParseError
		if !errors.As(err, &wrong) {
			problems = append(problems, err.Error())
			continue
		}
		field, _ := reflect.TypeFor[T]().FieldByName(wrong.Name)
		problems = append(problems, field.Tag.Get("env")+" "+wrong.Err.Error())
	}
	return problems
}
