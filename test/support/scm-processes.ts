import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { build } from 'esbuild'

import type { ScmJob } from './scm-child.ts'
import type { LocalScmFixture } from './scm-fixture.ts'

const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

export interface ScmOutcome {
  readonly ok: boolean
  readonly value?: unknown
  readonly code?: string
  readonly message?: string
}

/** Starts real processes that use the local scm. */
export interface ScmProcesses {
  /** Each call in a process of its own, let go at the same moment. */
  race(fixture: LocalScmFixture, calls: readonly ScmJob['call'][]): Promise<readonly ScmOutcome[]>
  /** One call in a process that the caller ends. */
  start(fixture: LocalScmFixture, call: ScmJob['call']): Promise<ChildProcess>
  remove(): void
}

/** Bundles the child program once, so that twenty of them start quickly. */
export async function createScmProcesses(): Promise<ScmProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'ao-scm-processes-'))
  const program = join(folder, 'scm-child.mjs')
  await build({
    entryPoints: [new URL('scm-child.ts', import.meta.url).pathname],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: BANNER },
    logLevel: 'warning',
  })
  let started = 0
  const begin = (fixture: LocalScmFixture, call: ScmJob['call'], go: string): Started => {
    started += 1
    const ready = join(folder, `ready-${started}`)
    const job: ScmJob = { project: fixture.project, env: fixture.repo.env, ready, go, call }
    const child = spawn(process.execPath, [program, JSON.stringify(job)], {
      env: fixture.repo.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += String(chunk)
    })
    const outcome = new Promise<ScmOutcome>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => {
        if (output === '') reject(new Error(`the child ended with ${code} and said nothing`))
        else resolve(JSON.parse(output) as ScmOutcome)
      })
    })
    return { child, ready, outcome }
  }
  return {
    async race(fixture, calls) {
      started += 1
      const go = join(folder, `go-${started}`)
      const all = calls.map(call => begin(fixture, call, go))
      await untilThere(all.map(one => one.ready))
      writeFileSync(go, '')
      return Promise.all(all.map(async one => one.outcome))
    },
    async start(fixture, call) {
      started += 1
      const go = join(folder, `go-${started}`)
      writeFileSync(go, '')
      const { child, ready, outcome } = begin(fixture, call, go)
      outcome.catch(() => undefined)
      await untilThere([ready])
      return child
    },
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Started {
  readonly child: ChildProcess
  readonly ready: string
  readonly outcome: Promise<ScmOutcome>
}

async function untilThere(files: readonly string[]): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!files.every(file => existsSync(file))) {
    if (Date.now() > deadline) throw new Error('the child processes did not start')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
