import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createStage, project, worker } from './scenarios/stage.ts'
import type { Stage } from './scenarios/stage.ts'
import { eventually } from './support/eventually.ts'

const PROGRAM = fileURLToPath(new URL('../dist/ao.cjs', import.meta.url))
let stage: Stage
let socket: string

/** A person's own terminal. */
function tmux(...args: readonly string[]): string {
  return execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], {
    env: { ...stage.repo.env, AO_HOME: stage.home },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10_000,
  })
}

interface Ended {
  readonly code: number
  readonly screen: string
}

/** Types a command into a terminal, and `keys` once it asks; gives how it ended and all that it showed. */
async function atTerminal(
  line: string,
  keys?: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const file = join(stage.repo.root, 'ended')
  rmSync(file, { force: true })
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value} `)
  const command = `${variables.join('')}'${process.execPath}' '${PROGRAM}' ${line}`
  const held = `cd '${stage.repo.root}'; ${command}; echo $? > '${file}'; exec sleep 1000`
  tmux('new-session', '-d', '-s', 'person', '-x', '200', '-y', '50', 'sh', '-c', held)
  const screen = (): string => tmux('capture-pane', '-p', '-J', '-t', 'person:')
  try {
    if (keys !== undefined) {
      await eventually('it asks', () => screen().includes('[y/N]'))
      tmux('send-keys', '-t', 'person:', ...keys)
    }
    await eventually('it ends', () => existsSync(file) && readFileSync(file, 'utf8') !== '')
    return { code: Number(readFileSync(file, 'utf8')), screen: screen() }
  } finally {
    tmux('kill-session', '-t', 'person')
  }
}

const isThere = async (name: string): Promise<boolean> => (await stage.ao(['get', name])).code === 0

beforeAll(async () => {
  stage = createStage()
  socket = join(stage.repo.root, 'person.sock')
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', ['app-one', 'app-two'].map(name => worker(name)).join('---\n'))
  const { code, stderr } = await stage.ao(['apply', '-f', stage.manifests])
  if (code !== 0) throw new Error(stderr)
  tmux('new-session', '-d', '-s', 'holder', 'exec sleep 1000')
})

afterAll(async () => {
  tmux('kill-server')
  stage.sentinel.check()
  await stage.remove()
})

describe('what takes something away asks first on a terminal', () => {
  test.each([
    ['no', ['n', 'Enter']],
    ['nothing', ['Enter']],
    ['Ctrl-D', ['C-d']],
    ['Ctrl-C', ['C-c']],
  ])('and %s is no', async (_what, keys) => {
    const { code, screen } = await atTerminal('delete app-one --force', keys)
    expect(code).toBe(130)
    expect(screen).toContain('Delete Worker/app-one (Running)? [y/N]')
    expect(screen).toContain('nothing was changed')
    expect(stage.alive('app-one')).toHaveLength(1)
  })

  test('which names the sessions that go with their project', async () => {
    const { screen } = await atTerminal('delete project/app --force', ['n', 'Enter'])
    expect(screen).toContain(
      'Delete Project/app, Worker/app-one (Running), Worker/app-two (Running)? [y/N]',
    )
  })

  test('and never inside a session, where nobody would answer', async () => {
    const inside = { AO_SESSION_ID: 'app-two' }
    stage.declare('workers.yaml', worker('app-two'))
    const apply = `apply -f '${stage.manifests}' --prune`
    const refused = await atTerminal(apply, undefined, inside)
    expect(refused.code).toBe(2)
    expect(refused.screen).toContain('nobody can be asked')
    // Without a terminal it is the same.
    expect((await stage.ao(['apply', '-f', stage.manifests, '--prune'])).code).toBe(2)
    expect(await isThere('app-one')).toBe(true)
    const asked = await atTerminal(apply, ['y', 'Enter'])
    expect(asked.screen).toContain('Carry this out (prune Worker/app-one)? [y/N]')
    expect(asked.code).toBe(0)
    expect(await isThere('app-one')).toBe(false)
    // Who names an object has said what is to go.
    const named = await atTerminal('delete app-two --force', undefined, inside)
    expect(named.code).toBe(0)
    expect(await isThere('app-two')).toBe(false)
  })

  test('unless -y says so already, which every such command takes', async () => {
    expect((await stage.ao(['apply', '-f', stage.manifests, '-y'])).code).toBe(0)
    const { code, screen } = await atTerminal('delete app-two --force -y')
    expect(code).toBe(0)
    expect(screen).not.toContain('[y/N]')
    expect((await atTerminal('cleanup --yes')).code).toBe(0)
    expect((await stage.ao(['delete', 'project/app', '--force', '--yes'])).code).toBe(0)
  })
})
