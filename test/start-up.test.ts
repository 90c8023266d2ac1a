import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import Module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createContext } from '../src/cli/context.ts'
import { SETTINGS_VALIDATORS } from '../src/manifest/settings-validators.gen.js'

const DIST = join(import.meta.dirname, '..', 'dist')
const LAST_LINE = /\/\/([0-9a-f]{64})\n$/

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ao-start-up-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe("What V8 made of the program's code", () => {
  test.each(['quick.cjs', 'whole.cjs'])('is about the very text of %s, and V8 takes it', part => {
    const source = readFileSync(join(DIST, part), 'latin1')
    const digest = LAST_LINE.exec(source)?.[1] ?? ''
    expect(digest).toBe(hash('sha256', source.replace(LAST_LINE, '')))
    const cachedData = readFileSync(notesOf(DIST, digest))
    const script = new Script(Module.wrap(source), { filename: part, cachedData })
    expect(script.cachedDataRejected).toBe(false)
  })

  test('is missed by nobody: the program works without it, and with what V8 refuses', () => {
    const bare = join(folder, 'bare')
    mkdirSync(join(bare, 'code-cache'), { recursive: true })
    for (const file of ['ao.cjs', 'whole.cjs']) cpSync(join(DIST, file), join(bare, file))
    expect(help(bare)).toContain('Usage: ao')
    const source = readFileSync(join(bare, 'whole.cjs'), 'latin1')
    writeFileSync(notesOf(bare, LAST_LINE.exec(source)?.[1] ?? ''), 'no notes of V8')
    expect(help(bare)).toContain('Usage: ao')
  })
})

test('The settings of every plugin that comes along are checked by code made ahead of time', async () => {
  const { signal } = new AbortController()
  const context = await createContext({ home: folder, color: false, verbose: false, signal })
  const registry = await context.registry()
  const slots = ['runtime', 'agent', 'workspace', 'tracker', 'scm', 'notifier'] as const
  const missing = slots.flatMap(slot =>
    registry
      .all(slot)
      .filter(({ configSchema }) => !(digestOf(configSchema) in SETTINGS_VALIDATORS))
      .map(({ name }) => `${slot} ${name}`),
  )
  expect(missing).toEqual([])
})

function notesOf(dir: string, digest: string): string {
  return join(dir, 'code-cache', `${digest}.${process.version}-${process.arch}`)
}

function digestOf(schema: Readonly<Record<string, unknown>>): string {
  return hash('sha256', JSON.stringify(schema))
}

function help(dir: string): string {
  return execFileSync(process.execPath, [join(dir, 'ao.cjs'), '--help'], { encoding: 'utf8' })
}
