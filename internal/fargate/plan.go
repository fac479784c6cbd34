package fargate

import "slices"

// Health is what a container's health check says of it.
type Health string

// The states of a task's health, as ECS names them.
const (
	Unknown   Health = "UNKNOWN" // it has just started
	Healthy   Health = "HEALTHY"
	Unhealthy Health = "UNHEALTHY"
)

// running is a task as a plan sees it. Tasks are in the order of their start.
type running struct {
	id       string
	current  bool // of the newest deployment
	serving  bool // healthy, and so are its targets
	hopeless bool // unhealthy, to be replaced
}

// plan says how many tasks of the newest deployment to start and which tasks to stop, so that their number becomes the
// desired one while the service keeps its minimum and stays below its maximum.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
func plan(s Service, tasks []running) (start int, stop []string) {
	keep := slices.Clone(tasks)
	remove := func(unwanted func(running) bool) {
		keep = slices.DeleteFunc(keep, func(t running) bool {
			if !unwanted(t) {
				return false
			}
			stop = append(stop, t.id)
			return true
		})
	}
	remove(func(t running) bool { return t.hopeless })
	current := func(t running) bool { return t.current }
	serving := func(t running) bool { return t.serving }
	done := count(keep, func(t running) bool { return t.current && t.serving }) >= s.Desired
	spare := count(keep, serving) - roundUp(s.Desired*s.MinimumHealthy)
	remove(func(t running) bool {
		if t.current || !done && (!t.serving || spare <= 0) {
			return false
		}
		spare--
		return true
	})
	extra := count(keep, current) - s.Desired
	remove(func(t running) bool {
		if !t.current || extra <= 0 {
			return false
		}
		extra--
		return true
	})
	room := max(1, s.Desired*s.Maximum/100) - len(keep)
	return max(0, min(s.Desired-count(keep, current), room)), stop
}

func roundUp(percentages int) int { return (percentages + 99) / 100 }

func count(tasks []running, which func(running) bool) (number int) {
	for _, t := range tasks {
		if which(t) {
			number++
		}
	}
	return number
}
