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

// gate is a pool.Config.Hold.
type gate func(ctx context.Context, groups []string, alone bool) (release func(), ok bool)

// both returns a gate that is open if both are. Each may be nil.
func both(first, second gate) gate {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(ctx context.Context, groups []string, alone bool) (release func(), ok bool) {
		releaseFirst, ok := first(ctx, groups, alone)
		if !ok {
			return nil, false
		}
		releaseSecond, ok := second(ctx, groups, alone)
		if !ok {
			releaseFirst()
			return nil, false
		}
		return func() { releaseSecond(); releaseFirst() }, true
	}
}

// hold returns the gate for the groups that are limited over all runs on the machine, nil if there
// are none. say prints a message.
func hold(groups []option.GroupRule, say func(string)) gate {
	if !slices.ContainsFunc(groups, func(group option.GroupRule) bool { return group.Machine }) {
		return nil
	}
	groups = slices.SortedFunc(slices.Values(groups), func(a, b option.GroupRule) int {
		return strings.Compare(a.Name, b.Name) // each run takes several of them in this order, so that they do not wait for each other
	})
	return func(ctx context.Context, names []string, _ bool) (release func(), ok bool) {
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
