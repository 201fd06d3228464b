package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gotestshard/gotestshard/shard/internal/machine"
	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// hold returns the pool.Config.Hold for the groups that are limited over all runs on the machine,
// nil if there are none. say prints a message.
func hold(groups []option.GroupRule, say func(string)) func(ctx context.Context, groups []string) (release func(), ok bool) {
	if !slices.ContainsFunc(groups, func(group option.GroupRule) bool { return group.Machine }) {
		return nil
	}
	groups = slices.SortedFunc(slices.Values(groups), func(a, b option.GroupRule) int {
		return strings.Compare(a.Name, b.Name) // each run takes several of them in this order, so that they do not wait for each other
	})
	return func(ctx context.Context, names []string) (release func(), ok bool) {
		var held []func()
		release = func() {
			for _, one := range held {
				one()
			}
		}
		for _, group := range groups {
			if !group.Machine || !slices.Contains(names, group.Name) {
				continue
			}
			places := machine.Places{Dir: machine.Dir(), Name: "group " + group.Name, Most: group.MaxWorkers}
			one, err := places.Wait(ctx, func() {
				say(fmt.Sprintf("waiting for the group %s, which another run on this machine uses", group.Name))
			})
			switch {
			case err == nil:
				held = append(held, one)
			case errors.Is(err, ctx.Err()):
				release()
				return nil, false
			default:
				say(fmt.Sprintf("tests of the group %s may run at the same time as those of other runs: %v", group.Name, err))
			}
		}
		return release, true
	}
}
