package fargate

import (
	"slices"
	"strings"
	"testing"
)

// tasks reads "old:serving,new:starting,new:hopeless": the deployment and the state of each task, named by its place.
func tasks(text string) (all []running) {
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		deployment, state, _ := strings.Cut(word, ":")
		all = append(all, running{id: string(rune('a' + i)), current: deployment == "new", serving: state == "serving", hopeless: state == "hopeless"})
	}
	return all
}

func TestPlanConverges(t *testing.T) {
	for name, c := range map[string]struct {
		desired int
		now     string
		start   int
		stop    string
	}{
		"nothing runs":                       {2, "", 2, ""},
		"all run":                            {2, "new:serving,new:serving", 0, ""},
		"they are starting":                  {2, "new:starting,new:starting", 0, ""},
		"one is missing":                     {2, "new:serving", 1, ""},
		"scaled up":                          {3, "new:serving", 2, ""},
		"scaled down, the oldest first":      {1, "new:serving,new:serving,new:serving", 0, "a b"},
		"scaled to nothing":                  {0, "new:serving,new:starting", 0, "a b"},
		"an unhealthy one is replaced":       {1, "new:hopeless", 1, "a"},
		"a new deployment starts beside":     {2, "old:serving,old:serving", 2, ""},
		"the old one waits for the new":      {2, "old:serving,old:serving,new:starting,new:starting", 0, ""},
		"one new for one old":                {2, "old:serving,old:serving,new:serving,new:starting", 0, "a"},
		"all new":                            {2, "old:serving,old:serving,new:serving,new:serving", 0, "a b"},
		"no more than twice as many":         {1, "old:serving,old:starting", 0, ""},
		"old ones that serve nobody go last": {1, "old:starting,new:serving", 0, "a"},
		"a deployment that fails":            {1, "old:serving,new:hopeless", 1, "b"},
		"replaced while scaled up":           {3, "old:serving", 3, ""},
		"replaced while scaled down":         {1, "old:serving,old:serving,old:serving", 1, "a b"},
		"nothing desired, old ones":          {0, "old:serving", 0, "a"},
	} {
		s := Service{Desired: c.desired, MinimumHealthy: 100, Maximum: 200}
		start, stop := plan(s, tasks(c.now))
		if start != c.start || !slices.Equal(stop, strings.Fields(c.stop)) {
			t.Errorf("%s (%d desired, %s): start %d, stop %v; want %d, %q", name, c.desired, c.now, start, stop, c.start, c.stop)
		}
	}
}
