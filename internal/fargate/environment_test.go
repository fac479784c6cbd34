package fargate

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestTheEnvironmentIsTheDefinitionsWithOneRule(t *testing.T) {
	c := Container{
		Environment: []Variable{{"HOST", "0.0.0.0"}, {"ALLOW", "0.0.0.0/0"}, {"EMPTY", ""}},
		Secrets:     []Secret{{"KEY", "/team/key"}},
	}
	got, err := environment(c, []string{"PATH=/bin"}, map[string]string{"KEY": "a=b", "OTHER": "x"}, netip.MustParseAddr("127.77.3.10"))
	want := []string{"PATH=/bin", "HOST=127.77.3.10", "ALLOW=0.0.0.0/0", "EMPTY=", "KEY=a=b"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := environment(c, nil, nil, netip.Addr{}); err == nil || !strings.Contains(err.Error(), "secret KEY has no value at /team/key") {
		t.Errorf("without the secret: %v", err)
	}
}

func TestImagesOfECRComeFromTheLocalRegistry(t *testing.T) {
	m := Machine{Registry: "127.0.0.1:5000"}
	for deployed, want := range map[string]string{
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:v1":     "127.0.0.1:5000/team/app:v1",
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app:v1": "127.0.0.1:5000/team/app:v1",
		"gcr.io/team/app:v1": "gcr.io/team/app:v1",
		"example.com/123456789012.dkr.ecr.us-east-1.amazonaws.com/app": "example.com/123456789012.dkr.ecr.us-east-1.amazonaws.com/app",
	} {
		if got := m.Image(deployed); got != want {
			t.Errorf("%s is %s, want %s", deployed, got, want)
		}
	}
}

func TestParametersAreNamedByTheirARN(t *testing.T) {
	for from, want := range map[string]string{
		"arn:aws:ssm:us-east-1:123456789012:parameter/team/db/url": "/team/db/url",
		"arn:aws-us-gov:ssm:us-gov-west-1:1:parameter/x":           "/x",
		"/team/key": "/team/key",
	} {
		if got := parameterName(from); got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
}

func TestUsersAreNumbers(t *testing.T) {
	for user, want := range map[string]int{"65532": 65532, "65532:1000": 65532, "": 0} {
		if got, err := userID(user); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", user, got, err, want)
		}
	}
	if _, err := userID("nonroot"); err == nil || !strings.Contains(err.Error(), `"nonroot"`) {
		t.Errorf("a name: %v", err)
	}
}
