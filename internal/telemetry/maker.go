package telemetry

import "go.opentelemetry.io/otel/metric"

// Upper bounds of the histograms' buckets, in seconds. That of calls is the one of the semantic conventions for
// generative AI, so that its dashboards fit, and goes on where agents do.
func calls() []float64 {
	return []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 300, 600}
}

func waits() []float64 {
	return []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
}

func runs() []float64 {
	return []float64{0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 21600, 86400, 604800}
}

func tokens() []float64 {
	return []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576}
}

// maker makes instruments and remembers what went wrong.
type maker struct {
	meter    metric.Meter
	problems []error
}

func (m *maker) counter(name, unit, what string) metric.Int64Counter {
	made, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
	m.note(err)
	return made
}

func (m *maker) gauge(name, unit, what string) metric.Int64UpDownCounter {
	made, err := m.meter.Int64UpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
	m.note(err)
	return made
}

func (m *maker) money(name, what string) metric.Float64Counter {
	made, err := m.meter.Float64Counter(name, metric.WithUnit("USD"), metric.WithDescription(what))
	m.note(err)
	return made
}

func (m *maker) seconds(name, what string, bounds []float64) metric.Float64Histogram {
	made, err := m.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), metric.WithExplicitBucketBoundaries(bounds...))
	m.note(err)
	return made
}

func (m *maker) tokens(name, what string) metric.Int64Histogram {
	made, err := m.meter.Int64Histogram(name, metric.WithUnit("{token}"), metric.WithDescription(what), metric.WithExplicitBucketBoundaries(tokens()...))
	m.note(err)
	return made
}

func (m *maker) note(err error) {
	if err != nil {
		m.problems = append(m.problems, err)
	}
}
