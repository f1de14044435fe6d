-- What can still be asked of a request: nothing after its end, and no suspend once a call is open.
local st = obj.status or {}
local finished = false
for _, condition in ipairs(st.conditions or {}) do
  if condition.type == "Finished" and condition.status == "True" then
    finished = true
  end
end
-- An attempt that the cloud has definitely rejected is over; the next one can be held back.
local open = st.changeOrder ~= nil or (st.attempt ~= nil and st.attempt.answer ~= "Rejected")
return {
  ["cancel"] = { ["disabled"] = finished or obj.spec.cancel == true },
  ["suspend"] = { ["disabled"] = finished or open or obj.spec.suspend == true },
  ["resume"] = { ["disabled"] = finished or obj.spec.suspend ~= true },
}
