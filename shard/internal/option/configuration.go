package option

import "github.com/gotestshard/gotestshard/shard/internal/config"

// Configuration is which configuration file and which part of it is used. A value of the file
// is used unless the command line or the environment has one.
type Configuration struct {
	config   string // the file, empty for the one of the module or workspace
	noConfig bool
	profile  string // empty for the one of a CI, if this is one and the file has it
	// configArgs is how many of the first GoTest.Args are from the file.
	configArgs int
	Tables
}

func (c *Configuration) flags() []flag {
	return []flag{
		{name: "config", to: &c.config, merge: true, once: true,
			help: "read defaults of flags from `FILE` (default " + config.Name + " at the root of the module or workspace)"},
		{name: "no-config", to: &c.noConfig, merge: true, once: true, help: "do not read a configuration file"},
		{name: "profile", to: &c.profile, env: "PROFILE", merge: true, once: true,
			help: "use the profile `NAME` of the configuration file (default ci in a CI, if the file has it)"},
	}
}

// profileCI is the profile that a CI uses without a flag.
const profileCI = "ci"

// The keys of a configuration file that are not flags.
const (
	keyArgs            = "args"
	keyInherits        = "inherits"
	keyProfile         = "profile"
	keyRequiredVersion = "required-version"
)

// configured is a configuration file and what it has for the flags.
type configured struct {
	file    *config.File
	profile string                   // empty for none
	values  map[string]*config.Value // by flag, or keyArgs
}
