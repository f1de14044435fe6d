package main

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// limit is the time that Argo CD gives a script.
const limit = time.Second

// libraries are those that Argo CD opens for the scripts of a user, less its cut-down os, which none of ours
// needs: what runs here runs there. There is no string and no math.
var libraries = map[string]lua.LGFunction{
	lua.LoadLibName: lua.OpenPackage,
	lua.BaseLibName: lua.OpenBase,
	lua.TabLibName:  lua.OpenTable,
}

// runLua runs a script with the global obj and gives the table that it returns, as plain Go values.
func runLua(script string, object map[string]any) (map[string]any, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range libraries {
		call := lua.P{Fn: state.NewFunction(open), Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the script returned a %s, not a table", state.Get(-1).Type())
	}
	fields, ok := fromLua(table, object).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the script returned a list, not a table with keys")
	}
	return fields, nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case string:
		return lua.LString(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case []any:
		list := state.CreateTable(len(value), 0)
		for _, item := range value {
			list.Append(toLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

// fromLua turns a value back. Lua has one empty table for lists and for maps: there it is what it was before.
func fromLua(value lua.LValue, before any) any {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value)
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return float64(value)
	case *lua.LTable:
		return fromTable(value, before)
	default:
		return nil
	}
}

func fromTable(table *lua.LTable, before any) any {
	list, wasList := before.([]any)
	if length := table.Len(); length > 0 || wasList {
		items := make([]any, length)
		for i := range items {
			var old any
			if i < len(list) {
				old = list[i]
			}
			items[i] = fromLua(table.RawGetInt(i+1), old)
		}
		return items
	}
	old, _ := before.(map[string]any)
	fields := map[string]any{}
	table.ForEach(func(key, item lua.LValue) {
		fields[key.String()] = fromLua(item, old[key.String()])
	})
	return fields
}
