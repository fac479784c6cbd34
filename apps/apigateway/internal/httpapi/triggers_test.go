package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	workflowv1 "github.com/agentteam/agentteam/proto/workflow/v1"
)

func TestAScheduleInJSON(t *testing.T) {
	w := newWorld(t)
	at := timestamppb.New(time.Date(2026, 11, 27, 5, 30, 0, 0, time.UTC))
	kept := func(id string, spec *workflowv1.ScheduleSpec) *workflowv1.Schedule {
		return &workflowv1.Schedule{Id: id, Spec: spec, Revision: 3, NextTimes: []*timestamppb.Timestamp{at},
			LastTicks: []*workflowv1.Tick{{DueTime: at, Outcome: workflowv1.TickOutcome_TICK_OUTCOME_SKIPPED, Reason: "why"}}, Created: &workflowv1.Actor{Subject: "u", Kind: "user", Time: at}}
	}
	var asked *workflowv1.CreateScheduleRequest
	w.engine.on("CreateSchedule", func(request any) (any, error) {
		asked = request.(*workflowv1.CreateScheduleRequest)
		return &workflowv1.CreateScheduleResponse{Schedule: kept(asked.GetId(), asked.GetSpec())}, nil
	})
	got := w.ask(t, "POST", "/v1/schedules", `{"name":"n","workflow":"wfl_1","cron":"30 6 * * 1-5","time_zone":"Europe/Berlin",
		"inputs":{"n":1.50},"overlap":"cancel_previous","catch_up":"last","catch_up_window_seconds":3600}`)
	spec := asked.GetSpec()
	if spec.GetOverlap() != workflowv1.Overlap_OVERLAP_CANCEL_PREVIOUS || spec.GetCatchUp() != workflowv1.CatchUp_CATCH_UP_LAST || spec.GetCatchUpWindow().AsDuration() != time.Hour ||
		spec.GetInputsJson() != `{"n":1.50}` || spec.GetTimeZone() != "Europe/Berlin" || spec.GetVersion() != 0 {
		t.Errorf("the engine was asked %v", asked)
	}
	if got.status != http.StatusCreated || got.header.Get("Location") != "/v1/schedules/"+asked.GetId() || got.header.Get("ETag") != `"3"` {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{`"overlap":"cancel_previous"`, `"catch_up":"last"`, `"catch_up_window_seconds":3600`, `"next_times":["2026-11-27T05:30:00Z"]`,
		`"outcome":"skipped"`, `"inputs":{"n":1.50}`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("want %s in %s", want, got.body)
		}
	}
	w.ask(t, "POST", "/v1/schedules", `{"name":"n","workflow":"wfl_1","cron":"@daily"}`)
	if spec := asked.GetSpec(); spec.GetOverlap() != workflowv1.Overlap_OVERLAP_SKIP || spec.GetCatchUp() != workflowv1.CatchUp_CATCH_UP_NONE ||
		spec.GetTimeZone() != "UTC" || spec.GetCatchUpWindow().AsDuration() != 24*time.Hour {
		t.Errorf("without more, the engine was asked %v", asked)
	}
	wellFormed(t, "another overlap", w.ask(t, "POST", "/v1/schedules", `{"name":"n","workflow":"wfl_1","cron":"@daily","overlap":"x"}`), 422, "invalid")
	w.engine.on("UpdateSchedule", func(request any) (any, error) {
		if request.(*workflowv1.UpdateScheduleRequest).GetRevision() != 2 {
			t.Errorf("the engine was asked %v", request)
		}
		return nil, status.Error(codes.Aborted, "it is at revision 3")
	})
	wellFormed(t, "stale", w.ask(t, "PUT", "/v1/schedules/sch_1", `{"name":"n","workflow":"wfl_1","cron":"@daily"}`, `If-Match: "2"`), http.StatusPreconditionFailed, "revision_mismatch")
	w.engine.on("TriggerSchedule", func(request any) (any, error) {
		return &workflowv1.TriggerScheduleResponse{Tick: &workflowv1.Tick{
			DueTime: at, Outcome: workflowv1.TickOutcome_TICK_OUTCOME_STARTED, RunId: request.(*workflowv1.TriggerScheduleRequest).GetRunId(),
		}}, nil
	})
	first, again := w.ask(t, "POST", "/v1/schedules/sch_1:trigger", "", "Idempotency-Key: k"), w.ask(t, "POST", "/v1/schedules/sch_1:trigger", "", "Idempotency-Key: k")
	if first.status != http.StatusAccepted || !strings.Contains(first.body, `"run_id":"run_`) || first.body != again.body {
		t.Errorf("%+v, then %+v", first, again)
	}
}

// TestASecretOfAWebhookIsShownOnce also holds that no answer which shows one is kept to be repeated.
func TestASecretOfAWebhookIsShownOnce(t *testing.T) {
	w := newWorld(t)
	w.engine.on("CreateWebhook", func(request any) (any, error) {
		asked := request.(*workflowv1.CreateWebhookRequest)
		if asked.GetForm() != workflowv1.WebhookForm_WEBHOOK_FORM_SLACK || asked.GetSecret() != "0123456789abcdef" {
			t.Errorf("the engine was asked %v", asked)
		}
		return &workflowv1.CreateWebhookResponse{Webhook: &workflowv1.Webhook{Id: "whk_1", Form: asked.GetForm()}, Secret: "whsec_AAAA"}, nil
	})
	w.engine.on("CreateEndpoint", func(any) (any, error) {
		return &workflowv1.CreateEndpointResponse{Endpoint: &workflowv1.Endpoint{Id: "whe_1"}, Secret: "whsec_AAAA"}, nil
	})
	for path, body := range map[string]string{
		"/v1/webhooks":          `{"name":"n","form":"slack","workflow":"wfl_1","secret":"0123456789abcdef"}`,
		"/v1/webhook-endpoints": `{"url":"https://example.com","event_types":["run.failed"]}`,
	} {
		key := "Idempotency-Key: " + path[4:]
		got := w.ask(t, "POST", path, body, key)
		if got.status != http.StatusCreated || got.json(t)["secret"] != "whsec_AAAA" || !strings.HasPrefix(got.header.Get("Location"), path+"/wh") {
			t.Errorf("%+v", got)
		}
		wellFormed(t, "repeated", w.ask(t, "POST", path, body, key), http.StatusConflict, "idempotency_unreplayable")
	}
	wellFormed(t, "another type", w.ask(t, "POST", "/v1/webhook-endpoints", `{"url":"https://example.com","event_types":["run.started"]}`), 422, "invalid")
}
