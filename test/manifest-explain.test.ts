import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { HouseError } from '../src/errors.ts'
import { DEFAULTS } from '../src/manifest/defaults.ts'
import { DEFAULT_REACTIONS } from '../src/resource/reactions.ts'
import { explain } from '../src/manifest/explain.ts'
import { starterFiles, type Surroundings } from '../src/manifest/init.ts'
import { parseManifests } from '../src/manifest/parse.ts'
import { effective, fieldsOf, schemaDefinitions } from '../src/manifest/schema-tree.ts'
import { writeSchemas } from '../src/manifest/schema.ts'
import { Registry } from '../src/plugins/registry.ts'
import type { PluginCatalog } from '../src/manifest/context.ts'
import { KINDS } from '../src/resource/key.ts'
import { catalog, context, load, temporaryFolder } from './support/manifest-context.ts'

const GOOD = new URL('fixtures/manifests/good/project.yaml', import.meta.url)

describe('the schemas', () => {
  test.each(KINDS)(
    '%s says of every field what it is, and of every spec field what a change does',
    kind => {
      for (const { path, node, class: fieldClass } of fieldsOf(kind)) {
        if (path === 'kind') continue
        expect(node.description, path).toMatch(/\.$/)
        if (path.startsWith('spec.')) expect(fieldClass, path).toBeDefined()
      }
    },
  )

  test('tell the defaults that are filled in', () => {
    const told = (kind: 'Project' | 'Worker' | 'Notifier', path: string) =>
      fieldsOf(kind).find(field => field.path === `spec.${path}`)?.node.default
    for (const field of [
      'state',
      'restartPolicy',
      'deletionPolicy',
      'doneWhen',
      'priority',
      'agent',
      'permissions',
    ] as const) {
      expect(told('Worker', field), field).toBe(DEFAULTS[field])
    }
    expect(told('Worker', 'workspace')).toBe(DEFAULTS.workspace)
    expect(told('Project', 'scm')).toBe(DEFAULTS.scm)
    expect(told('Project', 'interval')).toBe(DEFAULTS.interval)
    for (const field of ['postCreateTimeout', 'freshBase', 'fetchTimeout'] as const) {
      expect(told('Project', `workspace.${field}`), field).toBe(DEFAULTS[field])
    }
    expect(told('Notifier', 'routes')).toEqual(DEFAULTS.routes)
    for (const [reaction, policy] of Object.entries(DEFAULT_REACTIONS)) {
      for (const [option, value] of Object.entries(policy)) {
        expect(told('Worker', `reactions.${reaction}.${option}`), `${reaction}.${option}`).toEqual(
          value,
        )
      }
    }
  })

  test('that editors get are complete in themselves and take what we take', () => {
    const files = writeSchemas('.schema')
    expect(files.map(one => one.file)).toEqual(
      ['manifest', ...KINDS.map(kind => kind.toLowerCase())].map(
        name => `.schema/${name}.schema.json`,
      ),
    )
    const text = readFileSync(GOOD, 'utf8')
    const documents = parseAllDocuments(text).map(document => document.toJS() as { kind: string })
    for (const { file, content } of files) {
      const ajv = new Ajv2020({ strict: false, discriminator: false })
      const validate = ajv.compile(JSON.parse(content) as object)
      const mine = documents.filter(
        one => file.includes('manifest') || file.includes(one.kind.toLowerCase()),
      )
      for (const document of mine) expect(validate(document), `${file} ${one(document)}`).toBe(true)
      expect(validate({ ...documents[0], spek: {} })).toBe(false)
      expect(content).not.toMatch(/"\$ref": "(?!#)/)
    }
  })

  const one = (document: unknown) => JSON.stringify(document)
})

describe('ao explain', () => {
  const options = { recursive: false, plugins: catalog }

  test('tells a field’s type, default, class and meaning, and what each plugin takes', () => {
    const text = explain('worker.spec.agent', options)
    expect(text).toMatch(
      /^KIND {5}Worker\nFIELD {4}spec\.agent\nTYPE {5}agent plugin\nDEFAULT {2}"claude-code"\nCLASS {4}restart: /,
    )
    expect(text).toContain('The coding assistant: a plugin')
    expect(text).toMatch(/PLUGIN custom\n {2}command {2}<list of string> \(required\)/)
    expect(text.split('\n').filter(line => line.length > 80)).toEqual([])
  })

  test('goes down to the leaves when asked', () => {
    expect(explain('worker.spec.reactions', options)).not.toContain('escalateAfter')
    expect(explain('worker.spec.reactions', { ...options, recursive: true })).toContain(
      'escalateAfter  <integer or duration> (default "30m", mutable)',
    )
  })

  test('follows a path into a plugin’s settings, a list and a map', () => {
    expect(explain('worker.spec.agent.command', options)).toContain('TYPE     list of string')
    expect(explain('project.spec.scm.checks.timeout', options)).toContain('DEFAULT  "10m"')
    expect(explain('worker.spec.env.ANYTHING', options)).toContain('TYPE     string')
  })

  test('knows every field of every kind', () => {
    for (const kind of KINDS) {
      for (const { path } of fieldsOf(kind)) {
        expect(explain(`${kind.toLowerCase()}.${path}`, options)).toContain(`FIELD    ${path}\n`)
      }
    }
  })

  test.each([
    [
      'worker.spec.agnt',
      'worker.spec has no field "agnt"; did you mean "agent"?',
      'ao explain worker.spec.agent',
    ],
    [
      'wroker.spec',
      'there is no kind "wroker"; known: notifier, project, orchestrator, worker',
      'ao explain worker',
    ],
    [
      '',
      'there is nothing to explain; known: notifier, project, orchestrator, worker',
      'ao explain worker',
    ],
  ])('%j leads somewhere', (path, message, next) => {
    let error: unknown
    try {
      explain(path, options)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(HouseError)
    expect(error).toMatchObject({ code: 'NotFound', message, next })
  })
})

describe('ao init', () => {
  const surroundings: Surroundings = {
    repoName: 'shop',
    defaultBranch: 'main',
    remote: 'git@example.com:acme/shop.git',
    agents: ['claude-code'],
    tmux: true,
  }

  test.each([
    ['an agent and tmux', {}],
    ['an agent that needs tmux, without it', { tmux: false }],
    ['no agent at all', { agents: [] }],
    ['no remote and no commits', { remote: undefined, defaultBranch: undefined }],
    ['a strange name', { repoName: '_My Shop (2)!.git' }],
    ['a name that YAML would misread', { repoName: 'yes', defaultBranch: '1.0' }],
    ['a name of nothing but signs', { repoName: '日本' }],
    ['a very long name', { repoName: 'x'.repeat(80) }],
    ['a remote that looks like a variable', { remote: 'https://u:pw@example.com/${X}.git' }],
  ] as const)('with %s writes what we accept as it is', async (_what, change) => {
    const folder = await temporaryFolder()
    try {
      execFileSync('git', ['init', '-q'], { cwd: folder })
      const found: Surroundings = { ...surroundings, ...change }
      for (const { path, content } of starterFiles(found)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), content)
      }
      const { files, problems: unread } = await load([join(folder, '.ao')])
      const { resources, problems } = await parseManifests(
        files,
        context({ tmuxAvailable: found.tmux }),
      )
      expect([...unread, ...problems]).toEqual([])
      expect(resources.map(resource => resource.kind)).toEqual(['Project', 'Worker'])
      expect(resources[0]).toMatchObject({ spec: { path: folder } })
      expect(files.map(file => file.text).join('')).not.toContain('pw@')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('uncommented, every suggestion in it is right too', async () => {
    const found = { ...surroundings, remote: undefined, defaultBranch: undefined }
    const files = starterFiles(found).filter(file => file.path.endsWith('.yaml'))
    const uncommented = files.map(({ path, content }) => ({
      path: `/repo/${path}`,
      dir: '/repo/.ao',
      id: path,
      text: content.replaceAll(/^( *)# ( *)(?!yaml-)(?=[\w-]+:( |$)|- \{|Keep)/gm, '$1$2'),
    }))
    const { problems } = await parseManifests(uncommented, context())
    expect(problems.map(problem => problem.message)).toEqual(['there is no Worker "shop-other"'])
  })
})

test('the registry is a catalog of plugins for manifests', () => {
  const registry: PluginCatalog = new Registry()
  expect(registry.names('agent')).toEqual([])
})

test('no two definitions lead round in a circle', () => {
  for (const node of Object.values(schemaDefinitions()))
    expect(effective(node).$ref).toBeUndefined()
})
