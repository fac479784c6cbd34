package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands of the guide to a real account name flags, outputs, files and resources, none of which a reader can correct.

var (
	shellBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	targetFlags = regexp.MustCompile(`ARGS="?(--[a-z-]+)`)
	outputName  = regexp.MustCompile(`\$\(out (\w+)\)|production output (?:-raw |-json )?(\w+)`)
	filePath    = regexp.MustCompile(`(?:\s|@)((?:examples|stacks|constructs|docs)/[\w./-]+)`)
	madeName    = regexp.MustCompile(`agent-team-production[\w/-]*`)
)

// guideCommands are the shell commands of the guide.
func guideCommands(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(read(t, "docs/deploying.md"), -1) {
		all.WriteString(block[1])
	}
	return all.String()
}

func TestGuidePassesFlagsThatExist(t *testing.T) {
	files, err := filepath.Glob("cmd/agentteam/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		source.WriteString(read(t, file))
	}
	seen := 0
	for _, flag := range targetFlags.FindAllStringSubmatch(read(t, "docs/deploying.md")+read(t, "docs/pipeline.md"), -1) {
		seen++
		if name := strings.TrimPrefix(flag[1], "--"); !regexp.MustCompile(`Flags\(\)\.\w+\([\w.&]+, "` + name + `"`).MatchString(source.String()) {
			t.Errorf("a guide passes %s, which no command has", flag[1])
		}
	}
	if seen < 2 {
		t.Errorf("the guides pass %d flags: the test looks at nothing", seen)
	}
}

func TestGuideReadsOutputsThatExist(t *testing.T) {
	outputs, seen := golden(t).Output, 0
	for _, found := range outputName.FindAllStringSubmatch(guideCommands(t), -1) {
		name := found[1] + found[2]
		if _, exists := outputs[name]; !exists {
			t.Errorf("docs/deploying.md reads the output %s, which production does not have", name)
		}
		seen++
	}
	if seen < 5 {
		t.Errorf("the guide reads %d outputs: the test looks at nothing", seen)
	}
}

func TestGuideNamesFilesThatExist(t *testing.T) {
	seen := 0
	for _, path := range filePath.FindAllStringSubmatch(guideCommands(t), -1) {
		seen++
		if _, err := os.Stat(path[1]); err != nil {
			t.Errorf("docs/deploying.md: %v", err)
		}
	}
	if seen < 2 {
		t.Errorf("the guide names %d files: the test looks at nothing", seen)
	}
}

// TestGuideNamesWhatProductionMakes holds the names in the commands to the golden, where local.prefix stands for their first half.
func TestGuideNamesWhatProductionMakes(t *testing.T) {
	production, seen := read(t, "testdata/production.json"), 0
	for _, name := range madeName.FindAllString(guideCommands(t), -1) {
		seen++
		if end := strings.TrimPrefix(name, "agent-team-production"); !strings.Contains(production, "${local.prefix}"+end+`"`) {
			t.Errorf("docs/deploying.md names %s, which production does not make", name)
		}
	}
	if seen < 2 {
		t.Errorf("the guide names %d things: the test looks at nothing", seen)
	}
}
