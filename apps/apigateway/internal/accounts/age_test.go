package accounts

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentteam/agentteam/internal/identity"
)

func TestAnswersFromBeforeAChangeAreNotKept(t *testing.T) {
	c := newCache()
	age := c.now()
	c.forget(scope{Workspace: "wsp_other"})
	c.putKey(age, Hash{1}, Credential{Workspace: "wsp_1"})
	c.putMemberships(age, "ada", []Membership{{"wsp_1", identity.Owner}})
	if _, found := c.key(Hash{1}); found {
		t.Error("a key is kept that may have been revoked meanwhile")
	}
	if _, found := c.membershipsOf("ada"); found {
		t.Error("memberships are kept that may have changed meanwhile")
	}
}

func TestAnswersAreBelievedForSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache()
		c.putKey(c.now(), Hash{1}, Credential{Workspace: "wsp_1"})
		c.putMemberships(c.now(), "ada", nil)
		time.Sleep(29 * time.Second)
		if _, found := c.membershipsOf("ada"); !found {
			t.Error("memberships are forgotten too early")
		}
		time.Sleep(time.Second)
		if _, found := c.membershipsOf("ada"); found {
			t.Error("memberships are believed for longer than 30 s")
		}
		if _, found := c.key(Hash{1}); !found {
			t.Error("a key is forgotten too early")
		}
		time.Sleep(30 * time.Second)
		if _, found := c.key(Hash{1}); found {
			t.Error("a key is believed for longer than a minute")
		}
	})
}

func TestForgetDropsWhatTheChangeIsAbout(t *testing.T) {
	c := newCache()
	c.putKey(c.now(), Hash{1}, Credential{Workspace: "wsp_1"})
	c.putKey(c.now(), Hash{2}, Credential{Workspace: "wsp_2"})
	c.putMemberships(c.now(), "ada", []Membership{{"wsp_1", identity.Owner}, {"wsp_2", identity.Viewer}})
	c.putMemberships(c.now(), "bob", []Membership{{"wsp_2", identity.Owner}})
	c.putMemberships(c.now(), "eve", nil)
	c.forget(scope{Workspace: "wsp_1", User: "eve"})
	_, one := c.key(Hash{1})
	_, two := c.key(Hash{2})
	_, ada := c.membershipsOf("ada")
	_, bob := c.membershipsOf("bob")
	_, eve := c.membershipsOf("eve")
	if one || !two || ada || !bob || eve {
		t.Errorf("known are key one %t, two %t, ada %t, bob %t, eve %t", one, two, ada, bob, eve)
	}
}

func TestAKeyExpiresInTheCacheToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &Accounts{cache: newCache()}
		end := time.Now().Add(10 * time.Second)
		a.cache.putKey(a.cache.now(), Hash{1}, Credential{ExpiresAt: &end})
		if _, found := a.CachedKey(Hash{1}); !found {
			t.Error("expired too early")
		}
		time.Sleep(10 * time.Second)
		if _, found := a.CachedKey(Hash{1}); found {
			t.Error("an expired key works on")
		}
	})
}
