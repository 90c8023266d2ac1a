import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'vitest'

import type { Condition } from '../../src/resource/conditions.ts'
import { checkConditions } from '../../src/status/invariants.ts'
import { createAoStage } from './ao.ts'
import type { AoOptions, AoProcess, AoResult, AoStage } from './ao.ts'
import { eventually } from './eventually.ts'
import type { PullDriver } from './forge/driver-pull.ts'
import type { RepositoryDriver, RepositoryOptions } from './forge/driver.ts'
import { startForge } from './forge/forge.ts'
import type { Forge } from './forge/forge.ts'
import { plantSentinel } from './sentinel.ts'
import type { Sentinel } from './sentinel.ts'

/** What a command tells of an object. */
export interface Told {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly generation: number }
  readonly status: {
    readonly observedGeneration: number
    readonly phase: string
    readonly display: string
    readonly attempt: number
    readonly conditions: readonly Condition[]
    readonly pullRequest?: { readonly number: number; readonly state: string }
  }
}

export interface ToldEvent {
  readonly reason: string
  readonly object: string
  readonly message: string
  readonly cause?: string
}

/** A person's machine whose repository lives on a forge, and the forge. Nothing is known of it but by commands and by what the forge was asked. */
export interface ForgeStage extends AoStage {
  readonly forge: Forge
  readonly hub: RepositoryDriver
  /** The watcher, from `watch` on. */
  watch(): AoProcess
  /** Ends the watcher as Ctrl-C does. */
  unwatch(): Promise<void>
  /** A manifest of the project: looked at as often as a test wants. */
  readonly project: string
  /** A manifest of a worker that listens, or has another agent. */
  worker(name: string, more?: string, agent?: string): string
  /** Writes a manifest and applies all. Gives how that ended. */
  declare(text: string, args?: readonly string[]): Promise<AoResult>
  told(session: string): Promise<Told>
  condition(session: string, type: string): Promise<Condition | undefined>
  events(reason: string, session?: string): Promise<readonly ToldEvent[]>
  /** What a listening agent of that session was told, oldest first. */
  heard(session: string): readonly string[]
  worktree(session: string): string
  /** Commits a file in a session's workspace and pushes it, as its agent would. */
  work(session: string, file: string, content: string): Promise<string>
  /** The same, and opens the pull request of its branch. */
  open(session: string, ...args: readonly string[]): Promise<PullDriver>
  /** Waits until a listening agent was told this, and that it was told no more than `count` messages in all. */
  hears(session: string, count: number, text: string): Promise<void>
  /** Waits for an event of that session. */
  happens(session: string, reason: string, text: string): Promise<void>
  /** Waits until a condition has this reason. */
  becomes(session: string, type: string, reason: string): Promise<void>
  /** Throws when what is told of the sessions contradicts itself, or anything of the person's changed. */
  check(): Promise<void>
  /** What the session's own shell would have. */
  inside(session: string): AoOptions
}

/** For what the watcher is to see: other tests may have the processors just now. */
const PATIENCE_MS = 30_000

const PLENTY = 5_000_000

/** What a terminal sends around a pasted text; nothing in a message can look like it. */
const BEGIN = '\u001B[200~'
const END = '\u001B[201~\r'

const PROJECT = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  path: ../repo
  interval: 200ms
  scm: { plugin: github, repo: acme/shop, apiUrl: '\${FORGE}', interval: 50ms }
`

/** The environment that the manifests take their secrets and addresses from. */
const TOKEN = 'ghp_sample'

export interface ForgeStageOptions {
  readonly repository?: Partial<RepositoryOptions>
  /** Another checkout than the plain sample: makes it below `root`. */
  readonly checkout?: (root: string, forge: Forge) => Pick<AoStage, 'path' | 'origin'>
}

/** `acme/shop` on a double of GitHub, cloned to this machine. Call `close` in an `afterEach`. */
export async function createForgeStage(options: ForgeStageOptions = {}): Promise<ForgeStage> {
  const forge = await startForge({ token: TOKEN, login: 'octo' })
  // With what GitHub allows an hour, looks every few moments would soon be stretched: it has its own tests.
  for (const resource of ['core', 'graphql'] as const) {
    forge.limits.set(resource, { remaining: PLENTY })
  }
  const sample = createAoStage()
  const { path, origin } = options.checkout?.(sample.root, forge) ?? sample
  const plain: AoStage = {
    ...sample,
    path,
    origin,
    run: (args, cwd = path) => sample.run(args, cwd),
    shell: (script, args = [], cwd = path) => sample.shell(script, args, cwd),
    write: (file, content, cwd = path) => {
      sample.write(file, content, cwd)
    },
    commit: (file, content, cwd = path) => sample.commit(file, content, cwd),
    start: (args, given) => sample.start(args, { cwd: path, ...given }),
    ao: async (args, given) => sample.ao(args, { cwd: path, ...given }),
    json: async (args, given) => sample.json(args, { cwd: path, ...given }),
  }
  const hub = await forge.createRepository({
    owner: 'acme',
    name: 'shop',
    from: plain.origin,
    ...options.repository,
  })
  plain.run(['remote', 'set-url', 'origin', hub.cloneUrl])
  const env = { GITHUB_TOKEN: TOKEN, FORGE: forge.apiUrl }
  const withEnv = (options: AoOptions = {}): AoOptions => ({
    ...options,
    env: { ...env, ...options.env },
  })
  const stage: AoStage = {
    ...plain,
    ao: async (args, options) => plain.ao(args, withEnv(options)),
    json: async (args, options) => plain.json(args, withEnv(options)),
    start: (args, options) => plain.start(args, withEnv(options)),
  }
  let watcher: AoProcess | undefined
  let sentinel: Sentinel | undefined
  const worktree = (session: string): string => join(plain.home, 'worktrees', 'shop', session)
  const told = async (session: string): Promise<Told> => stage.json<Told>(['get', session])
  const inside = (session: string): AoOptions => ({
    cwd: worktree(session),
    env: { AO_SESSION_ID: session, AO_PROJECT_ID: 'shop' },
  })
  const work: ForgeStage['work'] = async (session, file, content) => {
    const sha = plain.commit(file, content, worktree(session))
    // By path: the server lives in this very process, which git must not block.
    plain.run(['push', '-q', hub.folder, 'HEAD'], worktree(session))
    return sha
  }
  const heard = (session: string): readonly string[] => {
    const file = `heard-${session}`
    if (!readdirSync(plain.root).includes(file)) return []
    const messages = readFileSync(join(plain.root, file), 'utf8').split(END).slice(0, -1)
    return messages.map(message => message.replace(BEGIN, ''))
  }
  const condition: ForgeStage['condition'] = async (session, type) =>
    (await told(session)).status.conditions.find(each => each.type === type)
  const events: ForgeStage['events'] = async (reason, session) => {
    const { stdout } = await stage.ao(['events', '-o', 'jsonl'])
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as ToldEvent)
      .filter(event => event.reason === reason)
      .filter(event => session === undefined || event.object.endsWith(`/${session}`))
  }
  const heardBy = `cat >>"${plain.root}/heard-$AO_SESSION_ID"`
  const listener = `{ plugin: custom, bracketedPaste: true, command: [sh, -c, ${JSON.stringify(heardBy)}] }`
  return {
    ...stage,
    project: PROJECT,
    worker: (name, more = '', agent = listener) => `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec:
  project: shop
  prompt: Do the work of ${name}.
  runtime: process
  agent: ${agent}
  ${more}
`,
    forge,
    hub,
    watch: () => {
      watcher = stage.start(['reconcile', '--watch'])
      return watcher
    },
    unwatch: async () => {
      watcher?.signal('SIGTERM')
      await watcher?.exit
      watcher = undefined
    },
    declare: async (text, args = []) => {
      sentinel ??= plantSentinel(plain)
      const folder = join(plain.root, 'manifests')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'shop.yaml'), text)
      return stage.ao(['apply', '-f', folder, '--yes', ...args])
    },
    told,
    condition,
    events,
    heard,
    hears: async (session, count, text) => {
      await eventually(
        `${session} hears the ${count}. message: ${text}`,
        () => heard(session).length >= count,
        PATIENCE_MS,
      )
      expect(heard(session)).toHaveLength(count)
      expect(heard(session).at(-1)).toContain(text)
    },
    happens: async (session, reason, text) => {
      await eventually(
        `${reason} of ${session}: ${text}`,
        async () => (await events(reason, session)).some(({ message }) => message.includes(text)),
        PATIENCE_MS,
      )
    },
    becomes: async (session, type, reason) => {
      await eventually(
        `${type} of ${session} is ${reason}`,
        async () => (await condition(session, type))?.reason === reason,
        PATIENCE_MS,
      )
    },
    check: async () => {
      const { items } = await stage.json<{ readonly items: readonly Told[] }>(['get'])
      for (const { metadata, status } of items) {
        const { conditions, observedGeneration } = status
        expect(checkConditions(conditions, metadata.generation, observedGeneration)).toEqual([])
      }
      sentinel?.check()
    },
    worktree,
    work,
    inside,
    open: async (session, ...args) => {
      await work(session, `${session}.txt`, `${session}\n`)
      const opened = await stage.ao(['pr', 'create', ...args], inside(session))
      const [, number] = /^#(\d+)/.exec(opened.stdout) ?? []
      if (number === undefined) throw new Error(`not opened: ${opened.stdout}${opened.stderr}`)
      return hub.pull(Number(number))
    },
    close: async () => {
      try {
        await stage.close()
      } finally {
        await forge.close()
      }
    },
  }
}
