/** record.ts, step by step, as Valkey and Redis (from 6 on) run it: each script is atomic, and reads the server's clock alone. */
import { createHash } from 'node:crypto';

export interface Script {
  readonly text: string;
  /** Of EVALSHA: the SHA-1 of the text. */
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Arguments: token, fingerprint, clTRID, runMs, rememberMs. Answers [kind, …] as a ClaimResult has them. */
export const CLAIM = script(`
local kept = redis.call('HMGET', KEYS[1], 'token', 'fingerprint', 'clTRID', 'endsByMs', 'verdict', 'answer')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not kept[1] then
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'fingerprint', ARGV[2], 'clTRID', ARGV[3],
    'endsByMs', string.format('%.0f', now + ARGV[4]))
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  return {'new'}
end
if kept[2] ~= ARGV[2] then return {'other-request'} end
if kept[5] then return {'settled', kept[5], kept[6]} end
if kept[1] == ARGV[1] then return {'new'} end
if now < tonumber(kept[4]) then return {'running'} end
return {'lost', kept[3]}
`);

/** Arguments: token, fingerprint, clTRID, verdict, answer, rememberMs. */
export const SETTLE = script(`
local token = redis.call('HGET', KEYS[1], 'token')
if not token then
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'fingerprint', ARGV[2], 'clTRID', ARGV[3], 'endsByMs', '0')
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
elseif token ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'verdict', ARGV[4], 'answer', ARGV[5])
return 1
`);

/** Arguments: token. */
export const RELEASE = script(`
local kept = redis.call('HMGET', KEYS[1], 'token', 'verdict')
if kept[1] == ARGV[1] and not kept[2] then return redis.call('DEL', KEYS[1]) end
return 0
`);
