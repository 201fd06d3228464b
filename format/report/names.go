package report

import (
	"path"
	"regexp"
	"sync"

	"gotest.tools/gotestsum/testjson"
)

// majorForm matches the last element of a module path that is only its major version.
var majorForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^v[0-9]+$`) })

// ShortPackage returns a package relative to the module, as testjson does. The package of the
// module's root has the last element of its path as its name, where testjson has a dot.
func ShortPackage(pkg string) string {
	name := testjson.RelativePackagePath(pkg)
	if name != "." {
		return name
	}
	if name = path.Base(pkg); majorForm().MatchString(name) && path.Dir(pkg) != "." {
		name = path.Base(path.Dir(pkg))
	}
	return name
}
