"""Lua scripts, which Redis executes atomically. Those for the leader fail if another node leads."""

from typing import Final

HEARTBEAT: Final = """
local p, edge = KEYS[1], ARGV[1]
local known = 1
if ARGV[3] == '1' then
  redis.call('HSET', p .. ':nodes', edge, ARGV[2])
elseif redis.call('HEXISTS', p .. ':nodes', edge) == 0 then
  known = 0
end
if known == 1 then
  redis.call('SET', p .. ':alive:' .. edge, ARGV[2], 'PX', ARGV[4])
  redis.call('XTRIM', p .. ':out:' .. edge, 'MINID', ARGV[5])
end
local nodes, gone = redis.call('HGETALL', p .. ':nodes'), {}
for i = 1, #nodes, 2 do
  if redis.call('EXISTS', p .. ':alive:' .. nodes[i]) == 0 then gone[#gone + 1] = nodes[i] end
end
return {known, redis.call('GET', p .. ':leader'), nodes, gone, redis.call('GET', p .. ':changes') or '0',
        redis.call('EXISTS', p .. ':fence'), redis.call('HGET', p .. ':clock', 'id')}
"""
"""Key: prefix. Arguments: edge, node id, whether to register it, milliseconds, the stream id up to which it has read."""

ACQUIRE: Final = """
local p, edge, priority = KEYS[1], ARGV[1], tonumber(ARGV[2])
if ARGV[4] == '0' and redis.call('EXISTS', p .. ':fence') == 0 then return false end
local leader, claim = redis.call('GET', p .. ':leader'), redis.call('GET', p .. ':claim')
if leader and leader ~= edge then
  if priority > tonumber(redis.call('GET', p .. ':priority') or '0') and (not claim or claim == edge) then
    redis.call('SET', p .. ':claim', edge, 'PX', ARGV[3])
  end
  return false
end
if claim and claim ~= edge then return false end
redis.call('DEL', p .. ':claim')
redis.call('SET', p .. ':leader', edge, 'PX', ARGV[3])
redis.call('SET', p .. ':priority', ARGV[2])
local now = redis.call('TIME')
local fence = math.max(tonumber(redis.call('GET', p .. ':fence') or '0') + 1, now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('SET', p .. ':fence', string.format('%.0f', fence))
local id, us, at = unpack(redis.call('HMGET', p .. ':clock', 'id', 'us', 'at'))
local away = '0'
if us then
  away = string.format('%.0f', now[1] * 1000000 + now[2] - tonumber(at))
  us = string.format('%.0f', tonumber(us) + tonumber(away))
end
local last = redis.call('XREVRANGE', p .. ':in', '+', '-', 'COUNT', 1)
return {fence, redis.call('GET', p .. ':commits') or '0',
        redis.call('GET', p .. ':read') or '0-0', last[1] and last[1][1] or '0-0', away, id, us}
"""
"""Key: prefix. Arguments: edge, priority, milliseconds, whether to be the first leader ever.

A node of higher priority than the leader's sets a claim. It becomes the next leader unless its claim expires before.
Fences grow with the time of day, so that none is used twice even if Redis has forgotten the last one.
Redis' clock carries the cluster's time over, for a node that has no readings of a leader's clock.
"""

RENEW: Final = """
local p, fence = KEYS[1], redis.call('GET', KEYS[1] .. ':fence')
if not fence or tonumber(fence) < tonumber(ARGV[2]) then return redis.error_reply('EMPTIED the stored state is older than this leadership') end
if fence ~= ARGV[2] then return redis.error_reply('FENCED another node leads') end
redis.call('SET', p .. ':leader', ARGV[1], 'PX', ARGV[3])
redis.call('SET', p .. ':priority', ARGV[4])
local now = redis.call('TIME')
local at = string.format('%.0f', now[1] * 1000000 + now[2])
redis.call('HSET', p .. ':clock', 'id', ARGV[5], 'us', ARGV[6], 'at', at)
local claim = redis.call('GET', p .. ':claim')
if claim and claim ~= ARGV[1] then return 0 end
return 1
"""
"""Key: prefix. Arguments: edge, fence, milliseconds, priority, clock id, microseconds of that clock.

A lower fence than this leader's means that Redis has lost what was stored last.
"""

RELEASE: Final = """
if redis.call('GET', KEYS[1] .. ':fence') == ARGV[2] and redis.call('GET', KEYS[1] .. ':leader') == ARGV[1] then
  redis.call('DEL', KEYS[1] .. ':leader')
end
"""
"""Key: prefix. Arguments: edge, fence."""

COMMIT: Final = """
local p, fence, MAX_UNREAD = KEYS[1], redis.call('GET', KEYS[1] .. ':fence'), 5000
if not fence or tonumber(fence) < tonumber(ARGV[1]) then return redis.error_reply('EMPTIED the stored state is older than this leadership') end
if fence ~= ARGV[1] then return redis.error_reply('FENCED another node leads') end
local behind = tonumber(ARGV[2]) - tonumber(redis.call('GET', p .. ':commits') or '0')
if behind == 0 then return '' end
if behind ~= 1 then return redis.error_reply('EMPTIED the stored state is older than this leadership') end
local failed = ''
redis.call('SET', p .. ':commits', ARGV[2])
redis.call('SET', p .. ':read', ARGV[3])
redis.call('XTRIM', p .. ':in', 'MINID', ARGV[3])
local i = 4
while i <= #ARGV do
  local size = tonumber(ARGV[i])
  if ARGV[i + 1] == 'WIPE' then
    for _, topic in ipairs(redis.call('HKEYS', p .. ':offsets')) do redis.call('DEL', p .. ':topic:' .. topic) end
    for j = i + 2, i + size do redis.call('DEL', ARGV[j]) end
  elseif ARGV[i + 1] ~= 'OUT' then
    local answer = redis.pcall(unpack(ARGV, i + 1, i + size))
    if type(answer) == 'table' and answer.err then failed = answer.err end
  elseif redis.call('HEXISTS', p .. ':nodes', ARGV[i + 2]) == 1 then
    local out = p .. ':out:' .. ARGV[i + 2]
    if redis.call('XLEN', out) < MAX_UNREAD then
      redis.call('XADD', out, '*', 'd', ARGV[i + 3])
    else
      redis.call('HDEL', p .. ':nodes', ARGV[i + 2])
      redis.call('DEL', out)
    end
  end
  i = i + 1 + size
end
return failed
"""
"""Key: prefix. Arguments: fence, number, stream id up to which edges were read; then commands, each after its length.

WIPE deletes what is stored. OUT sends to an edge if that is registered; an edge that leaves MAX_UNREAD batches unread is
removed, so that it never misses one unnoticed. Returns the error of a command that failed, or an empty string.
"""

SEND: Final = """
if redis.call('HEXISTS', KEYS[1] .. ':nodes', ARGV[1]) == 1 then
  redis.call('XADD', KEYS[1] .. ':in', '*', 'e', ARGV[1], 'n', ARGV[2], 'd', ARGV[3])
end
"""
"""Key: prefix. Arguments: edge, number, data. Batches of an edge that isn't registered are dropped."""
