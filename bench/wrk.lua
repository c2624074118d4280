-- Plays requests, one after the other, from a file that has them with a NUL between: wrk … -s bench/wrk.lua URL -- FILE SEED.
-- NEW_ID stands for an id that nobody has used yet.
local NEW_ID = "00000000-0000-4000-8000-000000000000"
local texts = {}
local at = 0

local function new_id()
  local function hex() return math.random(0, 65535) end
  return string.format("%04x%04x-%04x-4%03x-8%03x-%04x%04x%04x", hex(), hex(), hex(), hex() % 4096, hex() % 4096,
    hex(), hex(), hex())
end

function init(args)
  math.randomseed(tonumber(args[2]))
  for text in io.open(args[1], "rb"):read("*a"):gmatch("%Z+") do texts[#texts + 1] = text end
end

function request()
  at = at % #texts + 1
  local text = texts[at]
  local first, last = text:find(NEW_ID, 1, true)
  return first and text:sub(1, first - 1) .. new_id() .. text:sub(last + 1) or text
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
