package reports

import (
	"regexp"
	"strings"
	"sync"
)

var (
	// secretForm matches the name of something secret before its value.
	secretForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)([\w.-]*(?:token|secret|passw|credential|auth|api[-_]?key|private[-_]?key|access[-_]?key|dsn)[\w.-]*\s*[=:]\s*)(?:(?:bearer|basic)\s+)?("[^"]*"|'[^']*'|[^\s"']+)`)
	})
	// secretFlagForm matches a flag whose value is the next word.
	secretFlagForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^--?[\w.-]*(?:token|secret|passw|credential|auth|api[-_]?key|private[-_]?key|access[-_]?key|dsn)[\w.-]*$`)
	})
	// userForm matches the user and password in an address.
	userForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://)[^/@\s]*@`) })
)

const hidden = "***"

// hideSecrets returns a command line without what looks like a secret, because a report may be
// shown to more people than the command.
func hideSecrets(program string, args []string) string {
	var words []string
	if program != "" {
		words = append(words, program)
	}
	secret := false
	for _, arg := range args {
		if secret {
			arg = hidden
		}
		secret = secretFlagForm().MatchString(arg)
		arg = secretForm().ReplaceAllString(arg, "${1}"+hidden)
		words = append(words, userForm().ReplaceAllString(arg, "${1}"+hidden+"@"))
	}
	return strings.Join(words, " ")
}
