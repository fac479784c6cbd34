package constructs

// Scaling are the defaults of the variables that say how the number of tasks follows the load.
type Scaling struct {
	MaxCount            int // tasks of each service; not above DesiredCount, nothing scales
	ScaleCPUPercent     int
	ScaleMemoryPercent  int
	ScaleRequests       int    // a minute, of each gateway task
	ScaleTasksPerEngine int    // of the 100 that an engine carries out at a time
	NightBegins         string // cron expression; empty: no nights
	NightEnds           string
	NightTimezone       string
}

func (s Scaling) inputs() []input {
	return []input{
		{"max_count", "number", "Most tasks of each service. Not above desired_count: their number never changes by itself.", s.MaxCount, []rule{
			between("max_count", "0", "100", "tasks"), connectionsFit(),
		}},
		whole("scale_cpu_percent", "Percent of the CPU that the number of tasks follows.", s.ScaleCPUPercent, "10", "95", "percent"),
		whole("scale_memory_percent", "Percent of the memory that the number of tasks follows.", s.ScaleMemoryPercent, "10", "95", "percent"),
		whole("scale_requests_per_task", "Requests a minute of each api-gateway task that their number follows.", s.ScaleRequests, "1", "1000000", "requests a minute"),
		whole("scale_tasks_per_engine", "Steps queued and in flight for each workflow-engine task that their number follows; each carries out 100 at a time.", s.ScaleTasksPerEngine, "1", "1000", "steps"),
		{"night_begins", "string", "When the services stop, such as cron(0 20 ? * MON-FRI *). Empty: never. Needs night_ends.", s.NightBegins, []rule{
			matches("night_begins", schedule, "a schedule such as cron(0 20 ? * MON-FRI *), or empty"),
			{`(var.night_begins == "") == (var.night_ends == "")`,
				`night_begins is "${var.night_begins}" and night_ends is "${var.night_ends}": set both, or neither.`},
		}},
		{"night_ends", "string", "When the services start again, such as cron(0 6 ? * MON-FRI *).", s.NightEnds, []rule{
			matches("night_ends", schedule, "a schedule such as cron(0 6 ? * MON-FRI *), or empty"),
		}},
		{"night_timezone", "string", "Time zone of night_begins and night_ends.", s.NightTimezone, []rule{
			matches("night_timezone", "^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", "a time zone such as UTC or Europe/Berlin"),
		}},
	}
}

// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
const schedule = `^(cron\\([^ ]+( [^ ]+){5}\\))?$`
