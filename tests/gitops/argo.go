package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// customizations is a folder laid out as Argo CD wants it: GROUP/KIND/health.lua and
// GROUP/KIND/actions/{discovery.lua, NAME/action.lua}.
type customizations string

// health is what Argo CD shows of an object.
type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// statuses are those that Argo CD takes from a script.
var statuses = []string{"Healthy", "Progressing", "Suspended", "Degraded", "Missing", "Unknown"}

// health runs the health script of the object's kind; nil without one.
func (c customizations) health(object *unstructured.Unstructured) (*health, error) {
	script, err := c.script(object, "health.lua")
	if script == "" || err != nil {
		return nil, err
	}
	fields, err := runLua(script, object.Object)
	if err != nil {
		return nil, err
	}
	status, _ := fields["status"].(string)
	message, _ := fields["message"].(string)
	if !slices.Contains(statuses, status) {
		return nil, fmt.Errorf("the script says %q, which is no health", status)
	}
	return &health{status, message}, nil
}

// discover runs the discovery script: which actions there are, and whether each is disabled.
func (c customizations) discover(object *unstructured.Unstructured) (map[string]bool, error) {
	script, err := c.script(object, "actions", "discovery.lua")
	if script == "" || err != nil {
		return nil, err
	}
	fields, err := runLua(script, object.Object)
	if err != nil {
		return nil, err
	}
	disabled := map[string]bool{}
	for name, field := range fields {
		action, ok := field.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("action %s is no table", name)
		}
		disabled[name], _ = action["disabled"].(bool)
	}
	return disabled, nil
}

// act runs an action and gives the object that Argo CD would write.
func (c customizations) act(object *unstructured.Unstructured, action string) (map[string]any, error) {
	script, err := c.script(object, "actions", action, "action.lua")
	if err != nil {
		return nil, err
	}
	if script == "" {
		return nil, fmt.Errorf("there is no action %s", action)
	}
	return runLua(script, object.Object)
}

// script reads a file of the object's kind; empty if there is none.
func (c customizations) script(object *unstructured.Unstructured, path ...string) (string, error) {
	kind := object.GroupVersionKind()
	folder := filepath.Join(string(c), kind.Group, kind.Kind)
	text, err := os.ReadFile(filepath.Join(append([]string{folder}, path...)...))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}
