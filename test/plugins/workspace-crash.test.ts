import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { createWorktreeBench, type WorktreeBench } from '../support/worktree-bench.ts'
import type { WorktreeJob } from '../support/worktree-child.ts'

const CHILD = fileURLToPath(new URL('../support/worktree-child.ts', import.meta.url))

let bench: WorktreeBench
beforeEach(() => {
  bench = createWorktreeBench()
})
afterEach(() => {
  try {
    bench.sentinel.check()
  } finally {
    bench.repo.remove()
  }
})

test('whatever a killed process left is taken up by the next one (A3, A4, A6, A12, A13)', async () => {
  const target = bench.target('app-1')
  const job: WorktreeJob = {
    target,
    base: bench.base,
    setup: bench.setup({ postCreate: ['echo made > made.txt'] }),
    env: bench.repo.env,
    ready: join(bench.repo.root, 'ready'),
  }
  for (let round = 0; round < 14; round += 1) {
    await killAfter(job, (round * 37) % 130)
    await eventually('the workspace is whole again', async () => {
      try {
        await bench.prepared(target, job.setup)
        return true
      } catch (error) {
        // A git that lost its parent may still be at work.
        if ((error as { retryable?: boolean }).retryable === true) return false
        throw error
      }
    })
    expect(readFileSync(join(target.path, 'made.txt'), 'utf8')).toBe('made\n')
    expect(bench.repo.run(['status', '--porcelain', '--', 'README.md', 'src'], target.path)).toBe(
      '',
    )
    await bench.workspace.preserve(target, ['refs/heads/main'], bench.signal)
    const left = join(bench.repo.home, 'worktrees', 'shop')
    // What a git that lost its parent still writes meanwhile is taken away by the next removal, as a later pass makes it.
    await eventually('the workspace is gone', async () => {
      await bench.workspace.remove(target, bench.signal)
      const remains = existsSync(left) ? readdirSync(left) : []
      return !existsSync(join(bench.repo.path, '.git/worktrees/app-1')) && remains.length === 0
    })
    const choice = { expectedSha: bench.base, keepBranch: false }
    await bench.workspace.deleteBranch(target, choice, bench.signal)
    expect(bench.repo.run(['for-each-ref', 'refs/ao/owned', 'refs/heads/ao'])).toBe('')
  }
})

/** Starts the child and kills it, and nothing that it started, so many milliseconds after it began. */
async function killAfter(job: WorktreeJob, delayMs: number): Promise<void> {
  rmSync(job.ready, { force: true })
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(job)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  try {
    await eventually('the child begins', () => existsSync(job.ready))
    await sleep(delayMs)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
