package suite

import "testing"

// Which TestMain may end the process with another result than that of its tests.
func TestOwnEnd(t *testing.T) {
	for source, want := range map[string]string{
		"func TestX(t *testing.T) {}":                                                                                         "",
		"func TestMain(m *testing.M) { os.Exit(m.Run()) }":                                                                    "",
		"func TestMain(m *testing.M) { m.Run() }":                                                                             "",
		"func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }":                                                            "",
		"func TestMain(m *testing.M) { if err := up(); err != nil { log.Fatal(err) }; os.Exit(m.Run()) }":                     "",
		"func TestMain(m *testing.M) { if !ok { os.Exit(2) }; code := m.Run(); down(); os.Exit(code) }":                       "",
		"func TestMain(m *testing.M) { os.Exit(run(m)) }; func run(m *testing.M) int { defer down(); return m.Run() }":        "",
		"func TestMain(m *testing.M) { os.Exit(run(m)) }; func run(m *testing.M) int { if !ok { return 1 }; return m.Run() }": "",
		"func TestMain(m *testing.M) { var code int; defer func() { os.Exit(code) }(); code = m.Run() }":                      "",
		"func TestMain(m *testing.M) { var code = m.Run(); os.Exit(code) }":                                                   "",
		"func TestMain(m *testing.M) { m.Run(); os.Exit(3) }":                                                                 "TestMain calls os.Exit with another code than that of m.Run",
		"func TestMain(m *testing.M) { code := m.Run(); if err := down(); err != nil { log.Fatalf(\"x\") }; os.Exit(code) }":  "TestMain calls log.Fatalf after m.Run",
		"func TestMain(m *testing.M) { code := m.Run(); if down() != nil { code = 4 }; os.Exit(code) }":                       "TestMain changes the code of m.Run",
		"func TestMain(m *testing.M) { defer func() { if down() != nil { os.Exit(1) } }(); m.Run() }":                         "TestMain calls os.Exit with another code than that of m.Run",
		"func TestMain(m *testing.M) { os.Exit(run(m)) }; func run(m *testing.M) int { m.Run(); return 2 }":                   "run returns another code than that of m.Run",
		"func TestMain(m *testing.M) { testenv.Main(m) }":                                                                     "TestMain does not call m.Run itself",
	} {
		if got := read(t, "package p\n"+source).OwnEnd; got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
