package page

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gotestshard/gotestshard/format/plain"
)

// Origin is the state of the sources that were tested, and the job of a CI that did so. All
// fields may be empty.
type Origin struct {
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	// Repository is the address of the repository, for a browser or for git.
	Repository string `json:"repository"`
	Job        string `json:"job"`
	JobURL     string `json:"job_url"`
	// OtherJobs are the jobs of the other nodes of a merged run, without labels.
	OtherJobs []Fact `json:"-"`
}

// scpForm matches an address of git without a scheme, such as git@github.com:owner/name.git.
var scpForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[^@/:]+@)?([^/:]+):([^/].*)$`) })

// website returns the address of the repository for a browser, without a user and a password,
// or nil if it has none.
func (o Origin) website() *url.URL {
	address := o.Repository
	if match := scpForm().FindStringSubmatch(address); match != nil && !strings.Contains(address, "://") {
		address = "https://" + match[1] + "/" + match[2]
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	switch u.Scheme {
	case "https", "http":
	case "ssh", "git":
		u.Scheme, u.Host = "https", u.Hostname()
	default:
		return nil
	}
	path := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + path}
}

// forge is how the addresses of a website with repositories look.
type forge struct{ file, line, commit string }

var forges = []struct {
	host string // a part of the host's name
	forge
}{
	{"github", forge{"/blob/", "#L", "/commit/"}},
	{"gitlab", forge{"/-/blob/", "#L", "/-/commit/"}},
	{"bitbucket", forge{"/src/", "#lines-", "/commits/"}},
	{"codeberg", forge{"/src/commit/", "#L", "/commit/"}},
	{"gitea", forge{"/src/commit/", "#L", "/commit/"}},
	{"forgejo", forge{"/src/commit/", "#L", "/commit/"}},
}

// forge returns the website of the repository and its form, or false if it is not known.
func (o Origin) forge() (website string, form forge, ok bool) {
	u := o.website()
	if u == nil || o.Commit == "" {
		return "", forge{}, false
	}
	if strings.Contains(o.JobURL, "/-/jobs/") { // GitLab on a host with any name
		return u.String(), forges[1].forge, true
	}
	for _, known := range forges {
		if strings.Contains(u.Host, known.host) {
			return u.String(), known.forge, true
		}
	}
	if strings.HasPrefix(o.JobURL, u.String()+"/actions/runs/") { // GitHub Enterprise
		return u.String(), forges[0].forge, true
	}
	return "", forge{}, false
}

// sources returns what comes before the path of a file in the address of its text, and before
// the number of a line.
func (o Origin) sources() (before, line string) {
	website, form, ok := o.forge()
	if !ok {
		return "", ""
	}
	return website + form.file + url.PathEscape(o.Commit) + "/", form.line
}

// mostJobs is how many jobs of a merged run are listed.
const mostJobs = 5

// facts are the lines about the origin.
func (o Origin) facts() []Fact {
	var facts []Fact
	if o.Commit != "" {
		fact := Fact{Label: "Commit", Value: o.Commit[:min(len(o.Commit), 12)]}
		if website, form, ok := o.forge(); ok {
			fact.URL = website + form.commit + url.PathEscape(o.Commit)
		}
		facts = append(facts, fact)
	}
	if o.Branch != "" {
		facts = append(facts, Fact{Label: "Branch", Value: o.Branch})
	}
	jobs := slices.Concat([]Fact{{Value: o.Job, URL: o.JobURL}}, o.OtherJobs)
	for _, job := range jobs[:min(len(jobs), mostJobs)] {
		fact := Fact{Label: "Job", Value: job.Value, URL: webAddress(job.URL)}
		if fact.Value == "" {
			fact.Value = fact.URL
		}
		if fact.Value != "" {
			facts = append(facts, fact)
		}
	}
	if n := len(jobs) - mostJobs; n > 0 {
		facts = append(facts, Fact{Label: "Job", Value: plain.Counted(n, "other job")})
	}
	return facts
}

// webAddress returns an address if a browser may open it, and otherwise nothing.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	return u.String()
}
