package model

import "testing"

func TestWhoIsAskedThroughTheResponsesAPI(t *testing.T) {
	for baseURL, want := range map[string]bool{
		"":                             true,
		"https://api.openai.com/v1":    true,
		"https://eu.api.openai.com/v1": true,
		"https://mine.openai.azure.com/openai/v1/":  true,
		"http://127.0.0.1:11434/v1":                 false,
		"https://openrouter.ai/api/v1":              false,
		"https://notapi.openai.com.example.com/v1":  false,
		"https://evil-api.openai.com.attacker.test": false,
	} {
		if _, got := NewOpenAI("key", baseURL).(responsesAPI); got != want {
			t.Errorf("%q: %t", baseURL, got)
		}
	}
}
