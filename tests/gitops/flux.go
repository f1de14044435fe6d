package main

import (
	"context"
	"fmt"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// override holds the expressions of a Flux Kustomization for one kind.
type override struct {
	apiVersion, kind string
	evaluator        *cel.StatusEvaluator
}

// readKustomization reads a file into Flux's own type. A field that Flux does not know is refused.
func readKustomization(path string) (*kustomizev1.Kustomization, error) {
	file := &kustomizev1.Kustomization{}
	if err := readYAML(path, file); err != nil {
		return nil, err
	}
	if file.GroupVersionKind() != kustomizev1.GroupVersion.WithKind(kustomizev1.KustomizationKind) {
		return nil, fmt.Errorf("%s is no Kustomization of Flux", path)
	}
	return file, nil
}

// readOverride reads the one healthCheckExprs entry of a Kustomization.
func readOverride(path string) (*override, error) {
	file, err := readKustomization(path)
	if err != nil {
		return nil, err
	}
	if len(file.Spec.HealthCheckExprs) != 1 {
		return nil, fmt.Errorf("%s: want one entry of healthCheckExprs", path)
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
