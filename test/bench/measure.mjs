/** Stopwatches, and what /proc (or `ps`) says of a process. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICK_MS = 10

/** Milliseconds that a call takes. */
export function timed(work) {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Runs each call in turn, `rounds` times, so that a busy moment hits all of them; gives each one's times. */
export function alternate(rounds, ...calls) {
  const times = calls.map(() => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, call] of calls.entries()) times[at].push(call())
  }
  return times
}

export function median(values) {
  return quantile(values, 0.5)
}

/** The value that this share of all values does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

/** CPU time of a process and of all it has waited for, in milliseconds. */
export function cpuOf(pid) {
  if (process.platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field) * TICK_MS, 0)
  }
  const [minutes = '0', seconds = '0'] = ps(pid, 'time').split(':').slice(-2)
  return (Number(minutes) * 60 + Number(seconds)) * 1000
}

/** Resident memory in MB. */
export function memoryOf(pid) {
  if (process.platform === 'linux') {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) / 1024
  }
  return Number(ps(pid, 'rss')) / 1024
}

export async function sleep(ms) {
  await new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}

/** Asks every few milliseconds until there is an answer. */
export async function until(what, ask, { everyMs = 5, timeoutMs = 60_000 } = {}) {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`)
    await sleep(everyMs)
  }
}

function ps(pid, field) {
  return spawnSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
}
