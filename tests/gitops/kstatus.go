package main

import (
	"fmt"

	flux "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	upstream "sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// kstatus asks the original and the copy that Flux and Helm are built with. They have to agree.
func kstatus(object *unstructured.Unstructured) (string, error) {
	original, err := upstream.Compute(object)
	if err != nil {
		return "", err
	}
	copied, err := flux.Compute(object)
	if err != nil {
		return "", err
	}
	if original.Status.String() != copied.Status.String() {
		return "", fmt.Errorf("kstatus says %s, the copy of Flux says %s", original.Status, copied.Status)
	}
	return original.Status.String(), nil
}
