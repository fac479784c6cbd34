package expression

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/agentteam/agentteam/apps/workflow/internal/jsontree"
)

// maxDepth of values, which also ends values that hold themselves.
const maxDepth = 100

// Value is a JSON value made ready for expressions; several templates may use it.
type Value struct{ value ref.Val }

func (v Value) orNull() ref.Val {
	if v.value == nil {
		return types.NullValue
	}
	return v.value
}

// Decode prepares a JSON value; no text at all is null. Whole numbers become ints, as far as they fit, all
// others doubles.
func Decode(raw json.RawMessage) (Value, error) {
	if len(raw) == 0 {
		return Value{value: types.NullValue}, nil
	}
	value, err := decode(raw)
	return Value{value: value}, err
}

func decode(raw []byte) (ref.Val, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("this is no JSON: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("this is more than one JSON value")
	}
	return adapt(value, 1)
}

func adapt(value any, depth int) (ref.Val, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the JSON is nested deeper than %d", maxDepth)
	}
	switch v := value.(type) {
	case nil:
		return types.NullValue, nil
	case bool:
		return types.Bool(v), nil
	case string:
		return types.String(v), nil
	case json.Number:
		return number(v.String())
	case float64: // encoding/json knows no other numbers
		return number(strconv.FormatFloat(v, 'f', -1, 64))
	case []any:
		return adaptList(v, depth)
	case map[string]any:
		return adaptMap(v, depth)
	default:
		return nil, fmt.Errorf("a %T is no JSON value", value)
	}
}

func number(text string) (ref.Val, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return types.Int(i), nil
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return types.Uint(u), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("the number %s is too large", clip(text))
	}
	return types.Double(f), nil
}

func adaptList(list []any, depth int) (ref.Val, error) {
	values := make([]ref.Val, len(list))
	for i, item := range list {
		v, err := adapt(item, depth+1)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values), nil
}

func adaptMap(object map[string]any, depth int) (ref.Val, error) {
	values := make(map[ref.Val]ref.Val, len(object))
	for key, item := range object {
		v, err := adapt(item, depth+1)
		if err != nil {
			return nil, err
		}
		values[types.String(key)] = v
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, values), nil
}

// encode writes a CEL value as JSON. Keys are sorted: the same value is always the same text.
func encode(value ref.Val) (json.RawMessage, error) {
	w := writer{}
	if err := w.value(value, 1); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

type writer struct{ bytes.Buffer }

var errTooLarge = fmt.Errorf("the value has more than %d bytes as JSON", MaxValue)

func (w *writer) value(value ref.Val, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the value is nested deeper than %d", maxDepth)
	}
	if w.Len() > MaxValue {
		return errTooLarge
	}
	switch v := value.(type) {
	case types.String:
		w.text(string(v))
	case *types.Optional:
		if !v.HasValue() {
			w.WriteString("null")
			break
		}
		return w.value(v.GetValue(), depth+1)
	case traits.Mapper:
		return w.object(v, depth)
	case traits.Lister:
		return w.list(v, depth)
	default:
		return w.scalar(value)
	}
	if w.Len() > MaxValue {
		return errTooLarge
	}
	return nil
}

func (w *writer) scalar(value ref.Val) error {
	switch v := value.(type) {
	case types.Null:
		w.WriteString("null")
	case types.Bool:
		w.WriteString(strconv.FormatBool(bool(v)))
	case types.Int:
		w.WriteString(strconv.FormatInt(int64(v), 10))
	case types.Uint:
		w.WriteString(strconv.FormatUint(uint64(v), 10))
	case types.Double:
		return w.double(float64(v))
	case types.Bytes:
		w.text(base64.StdEncoding.EncodeToString(v))
	case types.Timestamp:
		w.text(v.Time.UTC().Format(time.RFC3339Nano))
	case types.Duration:
		w.text(v.String())
	default:
		return fmt.Errorf("a %s cannot be written as JSON", value.Type().TypeName())
	}
	return nil
}

func (w *writer) double(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("the number is %v, which JSON cannot hold", f)
	}
	text, err := json.Marshal(f)
	w.Write(text)
	return err
}

func (w *writer) text(s string) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) //nolint:errchkjson // a string can always be encoded
	w.Truncate(w.Len() - 1)
}

func (w *writer) list(list traits.Lister, depth int) error {
	w.WriteByte('[')
	for it, first := list.Iterator(), true; it.HasNext() == types.True; first = false {
		if !first {
			w.WriteByte(',')
		}
		if err := w.value(it.Next(), depth+1); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

func (w *writer) object(object traits.Mapper, depth int) error {
	type member struct {
		key   string
		value ref.Val
	}
	var members []member
	for it := object.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		text, ok := key.ConvertToType(types.StringType).(types.String)
		if !ok {
			return fmt.Errorf("a %s cannot be the key of a JSON object", key.Type().TypeName())
		}
		members = append(members, member{string(text), object.Get(key)})
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	w.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			w.WriteByte(',')
			if members[i-1].key == m.key {
				return fmt.Errorf("two keys of the map are %q as JSON", clip(m.key))
			}
		}
		w.text(m.key)
		w.WriteByte(':')
		if err := w.value(m.value, depth+1); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// plain is how a value looks within a longer text: a string as it is, all else as JSON.
func plain(value ref.Val) (string, error) {
	if s, ok := value.(types.String); ok {
		if len(s) > MaxValue {
			return "", errTooLarge
		}
		return string(s), nil
	}
	text, err := encode(value)
	if err == nil && len(text) > 0 && text[0] == '"' { // times and bytes
		if v, problems := jsontree.Parse(text, 1); problems == nil {
			return v.Text, nil
		}
	}
	return string(text), err
}

// Equal compares two JSON values as expressions do: 1 equals 1.0.
func Equal(a, b json.RawMessage) bool {
	left, err := decode(a)
	if err != nil {
		return false
	}
	right, err := decode(b)
	if err != nil {
		return false
	}
	return left.Equal(right) == types.True
}
