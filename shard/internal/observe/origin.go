package observe

import (
	"cmp"
	"net/url"

	"github.com/gotestshard/gotestshard/shard/internal/environ"
	"github.com/gotestshard/gotestshard/shard/internal/gotest"
	"github.com/gotestshard/gotestshard/shard/internal/node"
	"github.com/gotestshard/gotestshard/shard/internal/option"
	"github.com/gotestshard/gotestshard/shard/internal/source"
)

// Tree returns the repository whose tests run, nil if it cannot be found. workspace is the folder
// of the job of a CI.
func Tree(tests option.GoTest, workspace string, merges bool) *source.Tree {
	dir := cmp.Or(tests.Dir, ".")
	if !tests.RawCommand && !merges { // a result may be shown in another folder
		if other, ok := gotest.Args(tests.Args).Lookup("C"); ok {
			dir = other // relative to the folder of the go command
		}
	}
	tree, err := source.New(dir, workspace)
	if err != nil {
		return nil
	}
	return tree
}

// Origin returns the job of the CI and the state of the sources that this process tests. What
// the CI does not state comes from the repository, nil for none.
func Origin(env environ.List, tree *source.Tree) node.Job {
	job := node.JobOf(env.Get)
	if tree != nil {
		commit, branch, remote := tree.Checkout()
		job.Commit, job.Branch, job.Repository = cmp.Or(job.Commit, commit), cmp.Or(job.Branch, branch), cmp.Or(job.Repository, remote)
	}
	job.Repository, job.URL = withoutUser(job.Repository), withoutUser(job.URL)
	return job
}

// withoutUser returns an address without a user and a password, which may be the token with
// which a CI has cloned the repository.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address // git@host:path has no password
	}
	u.User = nil
	return u.String()
}
