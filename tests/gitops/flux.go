package main

import (
	"context"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// override holds the expressions of a Flux Kustomization for one kind.
type override struct {
	apiVersion, kind string
	evaluator        *cel.StatusEvaluator
}

// readOverride reads the one healthCheckExprs entry of a Kustomization. Unknown fields are refused.
func readOverride(path string) (*override, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       struct {
			HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
		} `json:"spec"`
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file.Kind != "Kustomization" || len(file.Spec.HealthCheckExprs) != 1 {
		return nil, fmt.Errorf("%s: want one Kustomization with one entry of healthCheckExprs", path)
	}
	check := file.Spec.HealthCheckExprs[0]
	evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &override{check.APIVersion, check.Kind, evaluator}, nil
}

// evaluate gives the word that Flux shows. An expression that fails makes it Unknown there, and so it is
// for a kind that the file is not about.
func (o *override) evaluate(object *unstructured.Unstructured) string {
	if object.GetAPIVersion() != o.apiVersion || object.GetKind() != o.kind {
		return "Unknown"
	}
	result, err := o.evaluator.Evaluate(context.Background(), object)
	if err != nil {
		return "Unknown"
	}
	return result.Status.String()
}
