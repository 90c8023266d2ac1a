import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

import { HouseError } from '../errors.ts'
import { fileError } from './file-error.ts'
import { listNames, makePrivateDirectory, readJson, writeAtomic } from './files.ts'
import type { HomePaths } from './paths.ts'
import { quarantine } from './quarantine.ts'
import type { CorruptFile } from './quarantine.ts'
import type { Request, RequestResult } from './types.ts'
import { watchDirectory } from './watch-directory.ts'

const POLL_MS = 100
const KEPT_MS = 3_600_000
const DONE = '.done.json'

/** Asks the holder of the lock for something; it stays asked when the asking process ends. */
export async function submitRequest(paths: HomePaths, request: Request): Promise<void> {
  const text = JSON.stringify(request)
  await writeAtomic(requestFile(paths, request.token), text, { sync: true })
}

/**
 * What is asked and not answered yet, in the order of asking, whether or not the asker still lives. A request that can't be
 * read is moved aside. Only for the holder of the lock.
 */
export function readRequests(
  paths: HomePaths,
  now: Date,
): { readonly requests: readonly Request[]; readonly corrupt: readonly CorruptFile[] } {
  const names = listNames(paths.requests)
  const answered = new Set(names.filter(name => name.endsWith(DONE)).map(tokenOf))
  const corrupt: CorruptFile[] = []
  const asked: { readonly request: Request; readonly at: bigint }[] = []
  for (const name of names) {
    if (!name.endsWith('.json') || answered.has(tokenOf(name))) continue
    const file = join(paths.requests, name)
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    const read = readJson<Request>(file)
    if (stat === undefined || read.state === 'absent') continue
    if (read.state === 'corrupt') corrupt.push(quarantine(file, read.reason, now))
    else if (read.value?.token !== tokenOf(name) || typeof read.value.body?.type !== 'string') {
      corrupt.push(quarantine(file, 'it is no request', now))
    } else asked.push({ request: read.value, at: stat.mtimeNs })
  }
  asked.sort((a, b) => {
    if (a.at !== b.at) return a.at < b.at ? -1 : 1
    return a.request.token < b.request.token ? -1 : 1
  })
  return { requests: asked.map(({ request }) => request), corrupt }
}

/** Answers a request: the answer stands before the request goes, so it is never carried out again. */
export async function finishRequest(paths: HomePaths, result: RequestResult): Promise<void> {
  await writeAtomic(doneFile(paths, result.token), JSON.stringify(result), { sync: true })
  const file = requestFile(paths, result.token)
  try {
    await rm(file, { force: true })
  } catch (error) {
    throw fileError(error, 'remove', file)
  }
}

/** The answer to a request, if it is there already. */
export function readResult(paths: HomePaths, token: string): RequestResult | undefined {
  const read = readJson<RequestResult>(doneFile(paths, token))
  return read.state === 'found' ? read.value : undefined
}

/** Waits for the answer to a request; throws `Timeout` or `Interrupted`, and the request stays asked. */
export async function awaitResult(
  paths: HomePaths,
  token: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<RequestResult> {
  const deadline = performance.now() + options.timeoutMs
  makePrivateDirectory(paths.requests)
  const watch = watchDirectory(paths.requests)
  try {
    for (;;) {
      const result = readResult(paths, token)
      if (result !== undefined) return result
      if (options.signal?.aborted === true) {
        throw new HouseError('Interrupted', `Interrupted while waiting for request ${token}`)
      }
      const left = deadline - performance.now()
      if (left <= 0) {
        throw new HouseError(
          'Timeout',
          `No answer to request ${token} in ${options.timeoutMs} ms`,
          {
            retryable: true,
            next: 'ao doctor',
          },
        )
      }
      await watch.changed(Math.min(POLL_MS, left), options.signal)
    }
  } finally {
    watch.close()
  }
}

/** Takes back a request that has not been answered, such as before doing the same oneself. */
export async function withdrawRequest(paths: HomePaths, token: string): Promise<void> {
  await rm(requestFile(paths, token), { force: true })
}

/** Removes answers older than an hour, and requests that stand beside theirs after a crash. */
export async function sweepRequests(paths: HomePaths, now: Date): Promise<void> {
  for (const name of listNames(paths.requests)) {
    if (!name.endsWith(DONE)) continue
    await rm(requestFile(paths, tokenOf(name)), { force: true })
    const file = join(paths.requests, name)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat !== undefined && now.getTime() - stat.mtimeMs > KEPT_MS)
      await rm(file, { force: true })
  }
}

function requestFile(paths: HomePaths, token: string): string {
  return join(paths.requests, `${token}.json`)
}

function doneFile(paths: HomePaths, token: string): string {
  return join(paths.requests, `${token}${DONE}`)
}

function tokenOf(name: string): string {
  return name.slice(0, name.length - (name.endsWith(DONE) ? DONE.length : '.json'.length))
}
