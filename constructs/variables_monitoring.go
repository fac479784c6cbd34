package constructs

// Monitoring are the defaults of the variables of metrics, alarms and the dashboard.
type Monitoring struct {
	Dashboard             bool
	Alarms                string // none, few or all
	AlarmEmail            string // empty: nobody is written to
	AlarmErrorPercent     int    // of the requests
	AlarmLatencySeconds   int    // 99th percentile
	AlarmCPUPercent       int
	AlarmMemoryPercent    int
	AlarmDBFreeStorageGiB int
	AlarmDBConnections    int
	AlarmCacheEvictions   int // keys a minute
	AlarmModelCostUSD     int // an hour
}

func (m Monitoring) inputs() []input {
	return []input{
		{"dashboard", "bool", "Whether there is a CloudWatch dashboard, with metrics of runs and of what models cost.", m.Dashboard, nil},
		{"alarms", "string", "Alarms: none, few (what users notice) or all (also early signs, and a deployment that raises one is rolled back).", m.Alarms, []rule{
			oneOf("alarms", `["none", "few", "all"]`, "none, few or all"),
		}},
		{"alarm_email", "string", "Address that alarms write to, once it has confirmed. Empty: none.", m.AlarmEmail, []rule{
			matches("alarm_email", "^([^@\\\\s]+@[^@\\\\s]+\\\\.[^@\\\\s]+)?$", "an e-mail address, or empty"),
		}},
		whole("alarm_error_percent", "Percent of the requests that the server may fail.", m.AlarmErrorPercent, "1", "100", "percent"),
		whole("alarm_latency_seconds", "Seconds to the answer that 99 percent of the requests may take.", m.AlarmLatencySeconds, "1", "300", "seconds"),
		whole("alarm_cpu_percent", "Percent of the CPU that the services and PostgreSQL may use.", m.AlarmCPUPercent, "1", "100", "percent"),
		whole("alarm_memory_percent", "Percent of the memory that the services and Redis may use.", m.AlarmMemoryPercent, "1", "100", "percent"),
		whole("alarm_db_free_storage_gib", "Free storage that PostgreSQL must have, in GiB.", m.AlarmDBFreeStorageGiB, "1", "65536", "GiB"),
		whole("alarm_db_connections", "Connections that PostgreSQL may have; its instance class bounds them.", m.AlarmDBConnections, "1", "5000", "connections"),
		whole("alarm_cache_evictions", "Keys that Redis may evict a minute.", m.AlarmCacheEvictions, "0", "1000000", "keys"),
		whole("alarm_model_cost_usd", "US dollars that models may cost an hour, over all workspaces.", m.AlarmModelCostUSD, "1", "1000000", "US dollars"),
	}
}
