package uncached

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// identity is what the go command looks for a result by: the test binary, its arguments, and the
// words of -exec.
type identity struct {
	// Action and Content are the first and last part of the binary's build id. A result is found
	// by either.
	Action, Content string
	Args            []string // that are part of the key
	// Program, Timeout and Part are in the words of -exec.
	Program, Timeout, Part string
	Dir                    string // of the package

	// What the binary was built from, to say what is new.
	Go       string
	Settings map[string]string // of the build: hashes, since some come from the environment
	// Built has partSize bytes for each module version and each package without a version.
	Built []byte
}

func (i identity) isSameBinary(other identity) bool {
	return i.Action == other.Action && i.Action != "" || i.Content == other.Content && i.Content != ""
}

func (i identity) isSameTest(other state) bool {
	return i.isSameBinary(other.identity) && slices.Equal(i.Args, other.Args) && i.Program == other.Program && i.Timeout == other.Timeout && i.Part == other.Part
}

// current is what the result of a test binary that starts depends on.
type current struct {
	state
	settings map[string]string // of the build, by their names
	module   string            // the path of the main module
	root     string            // its folder, empty if there is none
	built    []part            // with names
	pkg      string
}

// part is a module with its version, or a package with the content part of its build id and a hash of
// its source, if that is known.
type part struct{ path, id, source string }

// partSize is the size of a partHash in bytes.
const partSize = 12

// partHash has 4 bytes each of the hashes of a part's path, id and source.
type partHash [partSize]byte

func (p part) hash() (hash partHash) {
	for i, text := range []string{p.path, p.id, p.source} {
		sum := sha256.Sum256([]byte(text))
		copy(hash[4*i:], sum[:4])
	}
	return hash
}

// describe returns what the result of a test binary depends on. What cannot be read is missing.
func describe(w *Watch, binary string, args []string, dir string) current {
	now := current{root: moduleRoot(dir)}
	now.identity = identity{Args: keyArgs(args), Program: w.config.Program, Timeout: w.config.Timeout, Part: w.config.Part, Dir: dir}
	now.Zone, now.Key = zone(), make([]byte, 16)
	_, _ = rand.Read(now.Key)
	id := strings.Split(buildID(binary), "/")
	now.Action, now.Content = id[0], id[len(id)-1]
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return now
	}
	now.pkg = strings.TrimSuffix(info.Path, ".test")
	now.module, now.Go, now.Settings = info.Main.Path, info.GoVersion, map[string]string{}
	now.settings = map[string]string{}
	for _, setting := range info.Settings {
		now.settings[setting.Key] = setting.Value
		now.Settings[setting.Key] = now.secret(setting.Value, true)
	}
	for name, value := range w.config.Build {
		if value == "" {
			continue
		}
		now.settings[name], now.Settings[name] = value, now.secret(value, true)
	}
	now.Modules = w.surroundings(now.root).hash(readFile)
	now.built = w.parts(info, filepath.Dir(binary), w.surroundings(now.root))
	for i, p := range now.built {
		if p.source == "" {
			now.built[i].source = w.sourceOf(p.path, now)
		}
	}
	for _, p := range now.built {
		hash := p.hash()
		now.Built = append(now.Built, hash[:]...)
	}
	return now
}

// Build returns what identifies the contents of a test binary: the last part of its build id.
// It is empty if there is none.
func Build(binary string) string {
	id := buildID(binary)
	return id[strings.LastIndexByte(id, '/')+1:]
}

// zone identifies the local time zone, by winter and summer time.
func zone() string {
	const form = "-0700 MST"
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.Local).Format(form) + " " + time.Date(2024, 7, 1, 0, 0, 0, 0, time.Local).Format(form)
}

// importFile is the list of packages for the linker, which the go command leaves beside a test
// binary while it runs (cmd/go/internal/work, Builder.writeLinkImportcfg).
const importFile = "importcfg.link"

// parts returns the modules that a test binary was built from, and the packages of those that have
// no version.
func (w *Watch) parts(info *debug.BuildInfo, dir string, around surroundings) (all []part) {
	local := []string{info.Main.Path}
	for _, module := range around.modules { // the build information of a test does not list them
		local = append(local, module.path)
	}
	for _, module := range info.Deps {
		version := module.Version
		if module.Replace != nil {
			version = module.Replace.Version
		}
		if version == "" || version == "(devel)" {
			local = append(local, module.Path)
		} else {
			all = append(all, part{module.Path, version, version})
		}
	}
	isLocal := func(pkg string) bool {
		return slices.ContainsFunc(local, func(module string) bool {
			return module != "" && (pkg == module || strings.HasPrefix(pkg, module+"/") || strings.HasPrefix(pkg, module+"_test"))
		})
	}
	file, err := os.Open(filepath.Join(dir, importFile))
	if err != nil {
		return all
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), "packagefile ")
		path, output, _ := strings.Cut(line, "=")
		if ok && path != info.Path && isLocal(path) {
			all = append(all, part{path: path, id: w.packageID(output)})
		}
	}
	return all
}

// packageID returns the content part of the build id of a compiled package, which its header has
// (cmd/internal/buildid, readArchive).
func (w *Watch) packageID(output string) string {
	w.mu.Lock()
	id, ok := w.ids[output]
	w.mu.Unlock()
	if ok {
		return id
	}
	if file, err := os.Open(output); err == nil {
		head := make([]byte, 1024)
		n, _ := io.ReadFull(file, head)
		_ = file.Close()
		id = quotedAfter(head[:n], "\nbuild id ")
	}
	id = id[strings.LastIndexByte(id, '/')+1:]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids[output] = id
	return id
}

// buildID returns the build id of a program, empty if it has none that can be found
// (cmd/internal/buildid).
func buildID(name string) string {
	if file, err := elf.Open(name); err == nil {
		defer func() { _ = file.Close() }()
		const head = 16 // sizes, type, "Go\x00\x00"
		if section := file.Section(".note.go.buildid"); section != nil {
			if data, err := section.Data(); err == nil && len(data) > head {
				return strings.TrimRight(string(data[head:]), "\x00")
			}
		}
		return ""
	}
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 64<<10)
	n, _ := io.ReadFull(file, head)
	return quotedAfter(head[:n], "\xff Go build ID: ")
}

// quotedAfter returns the quoted string after some words.
func quotedAfter(text []byte, words string) string {
	_, after, ok := bytes.Cut(text, []byte(words))
	if !ok {
		return ""
	}
	quoted, err := strconv.QuotedPrefix(string(after))
	if err != nil {
		return ""
	}
	value, _ := strconv.Unquote(quoted)
	return value
}

// secret returns a keyed hash of the value of an environment variable. It is so short that a guess
// cannot be confirmed, and long enough that a change is hardly ever missed.
func (s state) secret(value string, ok bool) string {
	if !ok {
		return ""
	}
	mac := hmac.New(sha256.New, s.Key)
	_, _ = io.WriteString(mac, value)
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil)[:3])
}
