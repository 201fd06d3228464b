package caching

import (
	"context"
	"errors"
	"io"

	"github.com/gotestshard/gotestshard/shard/internal/option"
)

// explain is gotestshard cache explain.
func explain(_ context.Context, _ option.Cache, _, _ io.Writer) error {
	return errors.New("gotestshard cache explain is not written yet")
}
