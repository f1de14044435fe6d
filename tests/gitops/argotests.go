package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// healthTests is Argo CD's format of health_test.yaml.
type healthTests struct {
	Tests []struct {
		HealthStatus health `json:"healthStatus"`
		InputPath    string `json:"inputPath"`
	} `json:"tests"`
}

// actionTests is Argo CD's format of action_test.yaml.
type actionTests struct {
	DiscoveryTests []struct {
		InputPath string `json:"inputPath"`
		Result    []struct {
			Name     string `json:"name"`
			Disabled bool   `json:"disabled"`
		} `json:"result"`
	} `json:"discoveryTests"`
	ActionTests []struct {
		Action             string `json:"action"`
		InputPath          string `json:"inputPath"`
		ExpectedOutputPath string `json:"expectedOutputPath"`
	} `json:"actionTests"`
}

// argoTests runs every test file below a folder. A folder with a script and without a test is a failure.
func argoTests(root string) error {
	var failures []error
	passed := 0
	note := func(path string, err error) {
		if err == nil {
			passed++
			return
		}
		failures = append(failures, fmt.Errorf("%s: %w", path, err))
	}
	argo := customizations(root)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch folder := filepath.Dir(path); entry.Name() {
		case "health.lua":
			return argo.healthTests(folder, note)
		case "discovery.lua":
			return argo.actionTests(folder, note)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if passed == 0 && len(failures) == 0 {
		return fmt.Errorf("%s has no test", root)
	}
	fmt.Printf("%d passed\n", passed)
	return errors.Join(failures...)
}

func (c customizations) healthTests(folder string, note func(string, error)) error {
	var file healthTests
	if err := readYAML(filepath.Join(folder, "health_test.yaml"), &file); err != nil {
		return err
	}
	for _, test := range file.Tests {
		path := filepath.Join(folder, test.InputPath)
		note(path, c.healthTest(path, test.HealthStatus))
	}
	return nil
}

func (c customizations) healthTest(path string, want health) error {
	object, err := readObject(path)
	if err != nil {
		return err
	}
	got, err := c.health(object)
	if err != nil {
		return err
	}
	if got == nil || *got != want {
		return fmt.Errorf("got %+v, want %+v", got, want)
	}
	return nil
}

func (c customizations) actionTests(folder string, note func(string, error)) error {
	var file actionTests
	if err := readYAML(filepath.Join(folder, "action_test.yaml"), &file); err != nil {
		return err
	}
	for _, test := range file.DiscoveryTests {
		want := map[string]bool{}
		for _, action := range test.Result {
			want[action.Name] = action.Disabled
		}
		path := filepath.Join(folder, test.InputPath)
		note(path, c.discoveryTest(path, want))
	}
	for _, test := range file.ActionTests {
		path := filepath.Join(folder, test.InputPath)
		output := filepath.Join(folder, test.ExpectedOutputPath)
		note(path+" "+test.Action, c.actionTest(path, test.Action, output))
	}
	return nil
}

func (c customizations) discoveryTest(path string, want map[string]bool) error {
	object, err := readObject(path)
	if err != nil {
		return err
	}
	got, err := c.discover(object)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("disabled: got %v, want %v", got, want)
	}
	return nil
}

func (c customizations) actionTest(path, action, output string) error {
	object, err := readObject(path)
	if err != nil {
		return err
	}
	got, err := c.act(object, action)
	if err != nil {
		return err
	}
	var want map[string]any
	if err := readYAML(output, &want); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		text, _ := json.Marshal(got)
		return fmt.Errorf("got %s", text)
	}
	return nil
}

func readObject(path string) (*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(text)
}

// readYAML reads a file into plain values or a struct; a field that the struct has not is refused.
func readYAML(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
