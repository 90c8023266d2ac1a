/**
 * A process of its own that uses the store, for tests that kill, stop and starve it. Reads commands from standard input, one
 * a line, and answers each with one line of JSON.
 */
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'

import { readProcessIdentity } from '../../src/plugins/process-identity.ts'
import { writeAtomic } from '../../src/store/files.ts'
import { openHome } from '../../src/store/home.ts'
import { acquireLock } from '../../src/store/lock.ts'
import { homePaths } from '../../src/store/paths.ts'

const root = process.argv[2]
const identity = await readProcessIdentity(process.platform)
let lock

const commands = {
  acquire: async timeoutMs => {
    lock = await acquireLock(homePaths(root), await lockInfo(), {
      identity,
      timeoutMs: Number(timeoutMs),
    })
    return lock.info.nonce
  },
  holds: async () => lock.holds(),
  release: async () => lock.release(),
  open: async () => (await openHome(root, { version: '0.1.0', now: new Date() })).paths.root,
  write: async (file, bytes) => writeAtomic(file, 'x'.repeat(Number(bytes)), { sync: false }),
  writeMany: async (dir, count) => {
    const files = Array.from({ length: Number(count) }, (_, index) => `${dir}/f${index}`)
    const results = await Promise.allSettled(
      files.map(async file => writeAtomic(file, 'x', { sync: true })),
    )
    return results.flatMap(result => (result.status === 'rejected' ? [result.reason.message] : []))
  },
}

async function lockInfo() {
  return {
    pid: process.pid,
    startTime: await identity.startTimeOf(process.pid),
    bootId: identity.bootId,
    nonce: randomUUID(),
    mode: 'watch',
    command: 'ao reconcile --watch',
    user: 'tester',
    since: new Date().toISOString(),
    version: '0.1.0',
  }
}

console.log(JSON.stringify({ ready: process.pid }))
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = line.split(' ')
  try {
    console.log(JSON.stringify({ value: (await commands[name](...args)) ?? null }))
  } catch (error) {
    console.log(JSON.stringify({ error: error.code, message: error.message }))
  }
}
