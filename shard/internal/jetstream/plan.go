package jetstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gotestshard/gotestshard/shard/internal/queue"
)

// mostPlanText is how large a plan may be once it is not compressed any more. What another node
// stored must not fill the memory of this one.
const mostPlanText = 256 << 20

// Plan stores the plan if the build has none, and returns that of the build.
func (q *Queue) Plan(ctx context.Context, mine queue.Plan) (queue.Plan, error) {
	const doing = "storing the plan"
	data, err := encode(mine)
	if err != nil {
		return queue.Plan{}, fmt.Errorf("%s: %w", doing, err)
	}
	var at planTime
	err = q.do(ctx, doing, func(ctx context.Context) (err error) {
		if at, err = q.planTime(ctx); err != nil {
			return err
		}
		existing, err := q.createOnce(ctx, planStream, q.name.plan(), data)
		if existing != nil {
			data = existing
		}
		return err
	})
	if err != nil {
		return queue.Plan{}, err
	}
	return q.adopt(data, at)
}

// Stored returns the plan of the build, and false if it has none.
func (q *Queue) Stored(ctx context.Context) (plan queue.Plan, ok bool, err error) {
	var data []byte
	var at planTime
	_, err = q.read(ctx, "reading the plan", planStream, func(ctx context.Context) (err error) {
		if at, err = q.planTime(ctx); err != nil {
			return err
		}
		data, ok, err = q.get(ctx, planStream, q.name.plan())
		return err
	})
	if err != nil || !ok {
		return queue.Plan{}, false, err
	}
	plan, err = q.adopt(data, at)
	return plan, err == nil, err
}

// knownPlan is the plan of the build, once this node knows it.
type knownPlan struct {
	data []byte // as stored
	planTime
}

// planTime is when the plan was known to be on the server: since the stream of plans was made, and
// after so many reconnections.
type planTime struct {
	made       time.Time
	reconnects uint64
}

func (q *Queue) planTime(ctx context.Context) (planTime, error) {
	reconnects := q.Reconnects()
	stream, err := q.js.Stream(ctx, planStream)
	if err != nil {
		return planTime{}, err
	}
	return planTime{stream.CachedInfo().Created, reconnects}, nil
}

// adopt decodes the plan of the build, and remembers it: if the server loses it, it is stored
// again.
func (q *Queue) adopt(data []byte, at planTime) (queue.Plan, error) {
	plan, err := decode(data)
	if err != nil {
		return queue.Plan{}, fmt.Errorf("reading the plan of the build from the queue at %s: %w; "+
			"a node with another version of gotestshard stored it, or another program did", q.at, err)
	}
	q.plan.Store(&knownPlan{data, at})
	return plan, nil
}

// verifyPlan makes sure that the build still has the plan that this node knows, after the server
// was away. It may have come back without what it stored, and another node may have made all again.
func (q *Queue) verifyPlan(ctx context.Context) error {
	known := q.plan.Load()
	if known == nil || known.reconnects == q.Reconnects() {
		return nil
	}
	now, err := q.planTime(ctx)
	if err == nil && !now.made.Equal(known.made) {
		err = q.restorePlan(ctx, known.data)
	}
	if err == nil {
		q.plan.CompareAndSwap(known, &knownPlan{known.data, now})
	}
	return err
}

// restorePlan stores the plan again after the server lost it. Meanwhile, another node may have
// stored one with other units.
func (q *Queue) restorePlan(ctx context.Context, data []byte) error {
	existing, err := q.createOnce(ctx, planStream, q.name.plan(), data)
	if err == nil && existing != nil && !bytes.Equal(existing, data) {
		err = fatal{errors.New("the server lost the plan of the build, and another node has stored another one since; run the build again with another --build")}
	}
	return err
}

// encode returns the plan as it is stored. The same plan has the same bytes.
func encode(plan queue.Plan) ([]byte, error) {
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	if err := json.NewEncoder(compressed).Encode(plan); err != nil {
		return nil, err
	}
	if err := compressed.Close(); err != nil {
		return nil, err
	}
	if buffer.Len() > mostPlan-overhead {
		return nil, fmt.Errorf("it has %d bytes, more than %d; share the tests out without a queue: --partition", buffer.Len(), mostPlan-overhead)
	}
	return buffer.Bytes(), nil
}

func decode(data []byte) (plan queue.Plan, err error) {
	text, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return plan, err
	}
	limited := io.LimitReader(text, mostPlanText)
	if err := json.NewDecoder(limited).Decode(&plan); err != nil {
		return plan, err
	}
	if len(plan.Units) > queue.MostUnits {
		return plan, fmt.Errorf("it has %d units, more than %d", len(plan.Units), queue.MostUnits)
	}
	for _, unit := range plan.Units {
		for _, pkg := range unit.Packages {
			if !isArgument(pkg.Name) || slices.ContainsFunc(pkg.Tests, func(test string) bool { return !isArgument(test) }) {
				return plan, fmt.Errorf("it has a package or a test whose name could be something else to go test: %q, %q", pkg.Name, pkg.Tests)
			}
		}
	}
	return plan, nil
}

// isArgument reports whether go test reads a name as that of a package or test, and not as a flag:
// a plan must not make a node run a program.
func isArgument(name string) bool {
	return name != "" && name[0] != '-' && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}
