//go:build tools

// Package tools names the program that tests/test_workflows.py builds, so that `go mod tidy` keeps what it needs.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
