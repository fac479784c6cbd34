package contract

// The messages of the log lines that the infrastructure makes metrics of. The engine writes them whatever its log level is.
const (
	// LogWork is a line a minute about all engines and runs, from one engine process.
	LogWork = "work"
	// LogSpend is a line a minute from each engine process, about what its calls to models have cost since the last one.
	LogSpend = "spend"
)

// Metric is a number in a log line that CloudWatch keeps.
type Metric struct {
	Name    string // in CloudWatch
	Message string // of the line
	Field   string // of the line's JSON
	Purpose string // one line for readers of the dashboard
}

// The metrics that more than the dashboard uses.
const (
	// TasksPerEngine is what the engine is scaled by: each carries out 100 at a time.
	TasksPerEngine = "TasksPerEngine"
	// ModelCost is in US dollars.
	ModelCost = "ModelCost"
)

// Metrics are the numbers that the engine publishes in its log.
func Metrics() []Metric {
	return []Metric{
		{TasksPerEngine, LogWork, "tasks_per_engine", "tasks queued and in flight, by the number of engines"},
		{"TasksQueued", LogWork, "tasks_queued", "tasks that no engine has taken yet"},
		{"TasksInFlight", LogWork, "tasks_in_flight", "tasks that engines carry out"},
		{"Engines", LogWork, "engines", "engine processes that are alive"},
		{"RunsQueued", LogWork, "runs_queued", "runs that have not begun"},
		{"RunsRunning", LogWork, "runs_running", "runs under way"},
		{"RunsPaused", LogWork, "runs_paused", "runs that wait for a person or a time"},
		{"RunsCompleted", LogWork, "runs_completed", "runs that ended well in the last minute"},
		{"RunsFailed", LogWork, "runs_failed", "runs that failed in the last minute"},
		{"RunsCanceled", LogWork, "runs_canceled", "runs that were canceled in the last minute"},
		{"RunsBudgetExhausted", LogWork, "runs_budget_exhausted", "runs that their budget ended in the last minute"},
		{ModelCost, LogSpend, "cost_usd", "price of the calls to models, in US dollars"},
		{"ModelCalls", LogSpend, "model_calls", "calls to models"},
	}
}
