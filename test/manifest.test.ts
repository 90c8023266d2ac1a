import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

import { DEFAULT_REACTIONS } from '../src/resource/reactions.ts'
import { parseManifests } from '../src/manifest/parse.ts'
import { expand, expandPath } from '../src/manifest/variables.ts'
import { fieldClassOf } from '../src/resource/field-classes.gen.ts'
import { KINDS, keyOf } from '../src/resource/key.ts'
import type { Desired, Resolved, ResolvedProject, ResolvedSession } from '../src/resource/spec.ts'
import { context, load, parseText } from './support/manifest-context.ts'

const GOOD = fileURLToPath(new URL('fixtures/manifests/good', import.meta.url))

async function good(changes: Parameters<typeof context>[0] = {}) {
  const { files, problems } = await load([GOOD])
  expect(problems).toEqual([])
  const parsed = await parseManifests(files, context(changes))
  expect(parsed.problems).toEqual([])
  return parsed
}

const find = (resources: readonly Resolved[], name: string) => {
  const found = resources.find(one => one.name === name)
  if (found === undefined) throw new Error(`${name} is missing`)
  return found
}

const sessionIn = (resources: readonly Resolved[], name: string) =>
  find(resources, name) as ResolvedSession

const at = ({ fields }: Resolved, path: string) => {
  const position = fields[path]
  if (position === undefined) return undefined
  return `${position.file.slice(GOOD.length + 1)}:${position.line}:${position.col}`
}

function accepted(resource: Resolved, source = '/other/.ao'): Desired {
  return {
    ...resource,
    uid: `uid-${resource.name}`,
    generation: 1,
    source,
    creationTimestamp: '2026-01-01T00:00:00Z',
    finalizers: [],
    overrides: {},
  }
}

const existing = (...objects: readonly Desired[]) =>
  new Map(objects.map(object => [keyOf(object.kind, object.name), object]))

const PROJECT = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: app }
spec: { path: /src/app }
`
const worker = (name: string, spec = '') => `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec: { project: app, prompt: Do it${spec === '' ? '' : `, ${spec}`} }
`

describe('resolving', () => {
  test('fills in what neither the session nor its project says', async () => {
    const { resources } = await parseText(PROJECT + worker('app-1'))
    const [project, session] = resources
    expect(project?.spec).toEqual({
      path: '/src/app',
      sessionPrefix: 'app',
      scm: { plugin: 'local' },
      workspace: {
        symlinks: [],
        postCreate: [],
        postCreateTimeout: '10m',
        freshBase: true,
        fetchTimeout: '60s',
      },
      limits: {},
      cleanup: { grace: '5m' },
      interval: '60s',
      sessionDefaults: { rules: [], env: {}, reactions: {} },
    })
    expect(session).toMatchObject({
      baseDir: '/repo/.ao',
      origin: { file: '/repo/.ao/all.yaml', line: 6, col: 1 },
      spec: {
        project: 'app',
        prompt: 'Do it',
        branch: 'ao/app-1',
        agent: { plugin: 'claude-code' },
        permissions: 'default',
        runtime: { plugin: 'tmux' },
        workspace: { plugin: 'worktree' },
        rules: [],
        env: {},
        dependsOn: [],
        priority: 0,
        state: 'Running',
        restartPolicy: 'OnFailure',
        doneWhen: 'merged',
        deletionPolicy: 'Archive',
      },
    })
  })

  test('merges what the project says under what the session says, field by field', async () => {
    const login = sessionIn((await good()).resources, 'shop-login')
    expect(login.spec).toMatchObject({
      issue: '123',
      agent: { plugin: 'custom', command: ['sh', '-c', 'true'] },
      permissions: 'acceptEdits',
      rules: ['Keep changes small.'],
      env: { TOKEN: '${SHOP_TOKEN}', MODE: 'test' },
    })
    expect(login.spec.reactions).toEqual({
      ...DEFAULT_REACTIONS,
      'ci-failed': { auto: true, retries: 7, escalateAfter: 3, priority: 'action' },
      'changes-requested': { auto: true, retries: 2, escalateAfter: '30m', priority: 'action' },
      'approved-and-green': { ...DEFAULT_REACTIONS['approved-and-green'], auto: true },
      'agent-exited': { auto: true, retries: 5, priority: 'urgent' },
      'agent-stuck': { auto: true, threshold: '10m', priority: 'action' },
    })
  })

  test('gives the rules in their order, and those for coordinating to the orchestrator only', async () => {
    const { resources } = await good()
    expect(sessionIn(resources, 'shop-orchestrator').spec.rules).toEqual([
      'Keep changes small.',
      'Ask before you merge.',
      'Speak briefly.',
    ])
    expect(sessionIn(resources, 'shop-orchestrator').spec.branch).toBeUndefined()
  })

  test('keeps where every value was written, inherited ones with the project’s place', async () => {
    const { resources } = await good()
    const login = find(resources, 'shop-login')
    expect(at(login, 'spec.issue')).toBe('workers/login.yml:8:10')
    expect(at(login, 'spec.env.MODE')).toBe('workers/login.yml:9:16')
    expect(at(login, 'spec.env.TOKEN')).toBe('project.yaml:14:12')
    expect(at(login, 'spec.agent')).toBe('project.yaml:18:7')
    expect(at(login, 'spec.agent.command')).toBe('project.yaml:19:16')
    expect(at(login, 'spec.reactions.ci-failed.retries')).toBe('project.yaml:22:27')
    expect(at(login, 'spec.reactions.ci-failed.escalateAfter')).toBe('workers/login.yml:11:33')
    expect(login.own).toContain('spec.reactions.ci-failed')
    expect(login.own).not.toContain('spec.agent')
    const docs = find(resources, 'shop-docs')
    expect(at(docs, 'spec.agent')).toBe('workers/docs.json:8:12')
    expect(at(docs, 'spec.agent.command')).toBeUndefined()
  })

  test('starts relative commands where the agent is named', async () => {
    const { resources } = await good()
    expect(find(resources, 'shop-login').baseDir).toBe(GOOD)
    expect(find(resources, 'shop-docs').baseDir).toBe(`${GOOD}/workers`)
  })

  test('leaves variables and ~ in place, and expands them for whoever asks', async () => {
    const { resources } = await good()
    expect((find(resources, 'shop') as ResolvedProject).spec.path).toBe('~/src/shop')
    const env = { A: '1', EMPTY: '' }
    expect(expand('${A}-$${A}-$A-${EMPTY}.', env)).toBe('1-${A}-$A-.')
    expect(expandPath('~/${A}', env, '/home/ann')).toBe('/home/ann/1')
    expect(() => expand('${B}', env)).toThrow('the environment variable B is not set')
  })

  test('makes a relative path absolute from its manifest', async () => {
    const pathOf = async (path: string) => {
      const text = PROJECT.replace('/src/app', JSON.stringify(path))
      const [project] = (await parseText(text, { env: { ROOT: '/x' } })).resources
      return (project as ResolvedProject).spec.path
    }
    expect(await pathOf('..')).toBe('/repo')
    expect(await pathOf('../${ROOT}')).toBe('/repo/.ao/../${ROOT}')
    expect(await pathOf('${ROOT}/app')).toBe('${ROOT}/app')
  })

  test('takes the repository that holds the manifest when the project names no path', async () => {
    const text = PROJECT.replace('{ path: /src/app }', '{}')
    const { resources } = await parseText(text, { gitRootOf: () => '/repo' })
    expect((resources[0] as ResolvedProject).spec.path).toBe('/repo')
    const { problems } = await parseText(text, { gitRootOf: () => undefined })
    expect(problems).toMatchObject([{ code: 'AO1208', line: 4, col: 1 }])
  })

  test('uses the process runtime without tmux, but leaves an accepted session where it is', async () => {
    const text = PROJECT + worker('app-1', 'agent: { plugin: custom, command: [cat] }')
    const [, before] = (await parseText(text)).resources
    const without = { tmuxAvailable: false }
    const runtimeOf = async (changes: Parameters<typeof context>[0]) =>
      sessionIn((await parseText(text, changes)).resources, 'app-1').spec.runtime.plugin
    expect(await runtimeOf(without)).toBe('process')
    if (before === undefined) throw new Error('app-1 is missing')
    expect(await runtimeOf({ ...without, existing: existing(accepted(before)) })).toBe('tmux')
  })

  test('gives the same whatever the order of the files', async () => {
    const { files } = await load([GOOD])
    const reversed = await parseManifests(files.toReversed(), context())
    const { resources } = await good()
    const byName = (a: Resolved, b: Resolved) => (a.name < b.name ? -1 : 1)
    expect(reversed.resources.toSorted(byName)).toEqual(resources.toSorted(byName))
  })
})

describe('objects of other sources', () => {
  test('can be referred to, and give what sessions inherit', async () => {
    const text = PROJECT.replace('spec: {', 'spec: { rules: Be kind, env: { A: b },')
    const [project] = (await parseText(text)).resources
    if (project === undefined) throw new Error('no project')
    const changes = { existing: existing(accepted(project)), finished: new Set(['app-0']) }
    const parsed = await parseText(worker('app-1', 'dependsOn: [app-0]'), changes)
    expect(parsed.problems).toEqual([])
    const session = sessionIn(parsed.resources, 'app-1')
    expect(session.spec).toMatchObject({ rules: ['Be kind'], env: { A: 'b' } })
    expect(session.fields['spec.rules']).toMatchObject({ line: 4 })
  })

  test('that are being deleted are no longer there', async () => {
    const [project] = (await parseText(PROJECT)).resources
    if (project === undefined) throw new Error('no project')
    const gone = { ...accepted(project), deletionTimestamp: '2026-01-01T00:00:00Z' }
    const { problems } = await parseText(worker('app-1'), { existing: existing(gone) })
    expect(problems).toMatchObject([{ code: 'AO1103', message: 'there is no Project "app"' }])
  })

  test('keep their branches and session names', async () => {
    const { resources } = await parseText(PROJECT + worker('app-9', 'branch: ao/app-1'))
    const taken = existing(...resources.map(one => accepted(one)))
    const { problems } = await parseText(worker('app-1'), { existing: taken, source: '/repo/.ao' })
    expect(problems).toMatchObject([
      { code: 'AO1102', also: [{ file: '/repo/.ao/all.yaml', line: 9 }] },
    ])
    const own = await parseText(worker('app-1'), { existing: taken, source: '/other/.ao' })
    expect(own.problems).toEqual([])
  })
})

describe('with mistakes', () => {
  test('the sound objects are told apart from those that may not be pruned (F3)', async () => {
    const text = PROJECT + worker('app-1') + worker('app-2', 'budjet: 1')
    const { resources, skipped } = await parseText(text)
    expect(resources.map(one => one.name)).toEqual(['app', 'app-1'])
    expect(skipped).toEqual(['Worker/app-2'])
  })

  test('a project that is wrong takes its sessions along, without a word about them', async () => {
    const parsed = await parseText(PROJECT.replace('path', 'pth') + worker('app-1'))
    expect(parsed.resources).toEqual([])
    expect(parsed.skipped).toEqual(['Project/app', 'Worker/app-1'])
    expect(parsed.problems.every(one => one.object === 'Project app')).toBe(true)
  })

  test('a file that declares nothing is a problem (F5)', async () => {
    expect((await parseText('# nothing yet\n---\n')).problems).toMatchObject([{ code: 'AO1010' }])
  })
})

describe('field classes', () => {
  test.each([
    ['Worker', 'spec.prompt', 'fixed'],
    ['Worker', 'spec.agent.command', 'restart'],
    ['Worker', 'spec.env.A', 'restart'],
    ['Worker', 'spec.reactions.ci-failed.retries', 'mutable'],
    ['Worker', 'metadata.labels.team', 'mutable'],
    ['Orchestrator', 'spec.prompt', 'restart'],
    ['Orchestrator', 'spec.workspace.plugin', 'fixed'],
    ['Project', 'spec.path', 'fixed'],
    ['Project', 'spec.sessionDefaults.agent', 'mutable'],
    ['Notifier', 'spec.config.url', 'mutable'],
  ] as const)('%s %s is %s', (kind, path, fieldClass) => {
    expect(KINDS).toContain(kind)
    expect(fieldClassOf(kind, path)).toBe(fieldClass)
  })
})
