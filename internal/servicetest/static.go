package servicetest

import (
	"debug/elf"
	"runtime"
	"testing"
)

// ExpectStatic fails the test if a binary for Linux needs a C library or a dynamic linker: the images
// have neither.
func ExpectStatic(t *testing.T, binary string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return // the format differs, and the images are for Linux
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("%s needs libraries %v, %v", binary, libraries, err)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			t.Errorf("%s needs a dynamic linker", binary)
		}
	}
}
