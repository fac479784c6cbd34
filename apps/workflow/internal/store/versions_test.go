package store_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/agentteam/agentteam/apps/workflow/internal/store"
)

func (s shelf) publish(t *testing.T, workflow string, revision int64, note string) store.Version {
	t.Helper()
	v, err := s.Publish(t.Context(), s.workspace, workflow, revision, note, bob)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAVersionIsTheDraftOfItsDay(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "one")
	_, err := s.Version(t.Context(), s.workspace, w.ID, store.NewestVersion)
	wantError(t, err, store.ErrNotFound, "publish its draft first")
	first := s.publish(t, w.ID, 1, "the first")
	if first.Version != 1 || first.Text != w.Text || first.Note != "the first" || first.PublishedBy != bob || first.DocumentID != w.ID {
		t.Errorf("published %+v", first)
	}
	if _, err := s.Update(t.Context(), s.workspace, w.ID, 1, draft("two", ann)); err != nil {
		t.Fatal(err)
	}
	second := s.publish(t, w.ID, 2, "")
	for number, want := range map[int32]store.Version{1: first, 2: second, store.NewestVersion: second} {
		if got, err := s.Version(t.Context(), s.workspace, w.ID, number); err != nil || got != want {
			t.Errorf("version %d is %+v, %v\nwant %+v", number, got, err, want)
		}
	}
	for _, absent := range []int32{3, -1} {
		_, err = s.Version(t.Context(), s.workspace, w.ID, absent)
		wantError(t, err, store.ErrNotFound, "version", w.ID)
	}
	if read, err := s.Get(t.Context(), s.workspace, w.ID); err != nil || read.PublishedVersion != 2 || read.Revision != 2 || read.UpdatedBy != ann {
		t.Errorf("the workflow is %+v, %v", read, err)
	}
}

func TestARollbackIsANewVersionAndTheDraft(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "good")
	good := s.publish(t, w.ID, 1, "")
	if _, err := s.Update(t.Context(), s.workspace, w.ID, 1, draft("bad", ann)); err != nil {
		t.Fatal(err)
	}
	s.publish(t, w.ID, 2, "")
	back, err := s.Rollback(t.Context(), s.workspace, w.ID, 1, "good", "again", "was better", bob)
	if err != nil || back.Version != 3 || back.Text != good.Text || back.Note != "was better" || back.PublishedBy != bob {
		t.Errorf("rolled back to %+v, %v", back, err)
	}
	read, err := s.Get(t.Context(), s.workspace, w.ID)
	if err != nil || read.Text != good.Text || read.Name != "good" || read.Description != "again" || read.Revision != 3 || read.PublishedVersion != 3 || read.UpdatedBy != bob {
		t.Errorf("the draft is %+v, %v", read, err)
	}
	_, err = s.Rollback(t.Context(), s.workspace, w.ID, 4, "", "", "", bob)
	wantError(t, err, store.ErrNotFound, "version 4")
}

func TestPublishedAtOnceVersionsAreNumberedWithoutGaps(t *testing.T) {
	s := newShelf(t)
	w := s.create(t, "w")
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := s.Publish(t.Context(), s.workspace, w.ID, 1, "", ann); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var got []int32
	below := int32(0)
	for {
		page, err := s.Versions(t.Context(), s.workspace, w.ID, below, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page {
			got = append(got, v.Version)
			below = v.Version
		}
		if len(page) < 4 {
			break
		}
	}
	if want := []int32{6, 5, 4, 3, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("the versions are %v, want %v", got, want)
	}
}
