import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { run } from '../../src/plugins/exec.ts'
import { eventually } from '../support/eventually.ts'

const env = { PATH: '/usr/bin:/bin', GREETING: 'hello' }
const limits = { env, timeoutMs: 10_000 }
let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ao-exec-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

describe('run', () => {
  test('gives the exit code and both streams, and hands down nothing but the given environment', async () => {
    const script = 'echo "$GREETING ${HOME-nobody}"; echo grüße >&2; exit 3'
    expect(await run('sh', ['-c', script], limits)).toEqual({
      exitCode: 3,
      stdout: 'hello nobody\n',
      stderr: 'grüße\n',
    })
  })

  test('takes arguments as they are', async () => {
    const args = ['-c', 'printf "%s|" "$@"', 'sh', '$(id)', 'a b', '', '*']
    expect((await run('sh', args, limits)).stdout).toBe('$(id)|a b||*|')
  })

  test('writes the input and ends it; without one the input is at its end', async () => {
    const input = 'line\n'.repeat(50_000)
    expect((await run('cat', [], { ...limits, input })).stdout).toBe(input)
    expect((await run('cat', [], limits)).stdout).toBe('')
  })

  test('does not mind a program that leaves its input unread', async () => {
    const input = 'x'.repeat(1024 * 1024)
    expect(await run('true', [], { ...limits, input })).toMatchObject({ exitCode: 0 })
  })

  test('says that a program is not installed', async () => {
    await expect(run('no-such-program', [], limits)).rejects.toMatchObject({
      code: 'EnvironmentMissing',
      next: 'ao doctor',
    })
  })

  test('says why a program could not be run', async () => {
    const huge = 'x'.repeat(3 * 1024 * 1024)
    await expect(run('true', [huge], limits)).rejects.toMatchObject({ code: 'CommandFailed' })
    await expect(run(dir, [], limits)).rejects.toMatchObject({ code: 'CommandFailed' })
  })

  test('tells a program that was killed by the exit code that shells use', async () => {
    expect(await run('sh', ['-c', 'kill -9 $$'], limits)).toMatchObject({ exitCode: 128 })
  })

  test('ends what says too much, and keeps the beginning', async () => {
    const result = await run('yes', [], { ...limits, maxBuffer: 1000 })
    expect(result.exitCode).toBe(128)
    expect(result.stdout).toHaveLength(1000)
  })

  test('ends the whole group at the time-out, also those that hold the output', async () => {
    const file = join(dir, 'pid')
    const script = `sleep 1000 & echo $! > '${file}'; wait`
    await expect(run('sh', ['-c', script], { env, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'Timeout',
      retryable: true,
    })
    await eventually('the end of the child', () => !isAlive(Number(readFileSync(file, 'utf8'))))
  })

  test('gives the group its grace to clean up', async () => {
    const file = join(dir, 'clean')
    const script = `trap 'echo yes > "${file}"; exit 0' TERM; sleep 1000 & wait`
    await expect(
      run('sh', ['-c', script], { env, timeoutMs: 300, graceMs: 5000 }),
    ).rejects.toMatchObject({ code: 'Timeout' })
    expect(existsSync(file)).toBe(true)
  })

  test('is interrupted by its signal, also by one that was given before', async () => {
    const controller = new AbortController()
    const running = run('sleep', ['1000'], { ...limits, signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'Interrupted' })
    await expect(
      run('sleep', ['1000'], { ...limits, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'Interrupted' })
  })

  test('does not wait for somebody outside the group who was handed the output', async () => {
    const file = join(dir, 'pid')
    const script = `setsid sh -c 'echo $$ > "${file}"; exec sleep 1000' & exec sleep 1000`
    await expect(run('sh', ['-c', script], { env, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'Timeout',
    })
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
