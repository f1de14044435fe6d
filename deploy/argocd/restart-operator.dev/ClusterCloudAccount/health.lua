-- Follows the kstatus conditions that restart-operator writes. The same file serves all of its kinds.
local hs = { status = "Progressing", message = "waiting for restart-operator" }
local st = obj.status
-- What is told of an older generation says nothing about this one.
if st == nil or st.observedGeneration ~= obj.metadata.generation then
  return hs
end
local conditions = {}
for _, condition in ipairs(st.conditions or {}) do
  conditions[condition.type] = condition
end
local function is_true(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end
local function text(name)
  return (conditions[name].reason or "") .. ": " .. (conditions[name].message or "")
end
if is_true("Stalled") then
  return { status = "Degraded", message = text("Stalled") }
end
if is_true("Ready") then
  return { status = "Healthy", message = text("Ready") }
end
if is_true("Reconciling") then
  local reason = conditions.Reconciling.reason
  if reason == "Suspended" or reason == "ApprovalRequired" or reason == "BatchConfirmationRequired" then
    hs.status = "Suspended"
  end
  hs.message = text("Reconciling")
  if st.progress ~= nil and st.progress.display ~= nil then
    hs.message = hs.message .. " (" .. st.progress.display .. ")"
  end
end
return hs
