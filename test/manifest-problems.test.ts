import { spawnSync } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { branchNameProblem } from '../src/manifest/branch-name.ts'
import { findCycles } from '../src/manifest/cycles.ts'
import { parseManifests } from '../src/manifest/parse.ts'
import type { Problem } from '../src/manifest/problem.ts'
import { renderProblems } from '../src/manifest/render.ts'
import { context, fileOf, load, parseText, temporaryFolder } from './support/manifest-context.ts'

const BAD = fileURLToPath(new URL('fixtures/manifests/bad', import.meta.url))

const PROJECT = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: app }
spec: { path: /src/app }
`
const HEAD = 'apiVersion: ao.dev/v1alpha1\nkind: Worker\nmetadata: { name: app-1 }\n'

/** `line:col code message | hint`, as short as a problem can be told. */
const told = ({ line, col, code, message, hint }: Problem) =>
  `${line}:${col} ${code} ${message}${hint === undefined ? '' : ` | ${hint}`}`

async function problemsOf(text: string, changes: Parameters<typeof context>[0] = {}) {
  return (await parseText(text, changes)).problems.map(told)
}

/** A worker whose spec starts at line 9, after a project. */
const inWorker = (spec: string) => problemsOf(`${PROJECT}---\n${HEAD}spec:\n${spec}`)
const inProject = (spec: string, changes: Parameters<typeof context>[0] = {}) =>
  problemsOf(
    `${PROJECT.slice(0, PROJECT.indexOf('spec'))}spec:\n  path: /src/app\n${spec}`,
    changes,
  )

describe('text that is not what it seems (F8)', () => {
  test.each([
    ['a tab', 'kind: Worker\n\tname: x\n', '2:1 AO1001 a tab cannot indent YAML | use spaces'],
    [
      'a tag',
      'a: !!binary aGk=\n',
      '1:4 AO1001 unknown tag: tag:yaml.org,2002:binary | leave the tag out',
    ],
    [
      'an old version',
      '%YAML 1.1\n---\na: b\n',
      '1:1 AO1001 manifests are YAML 1.2, not 1.1 | leave the %YAML line out',
    ],
    ['an alias without an anchor', 'a: *b\n', '1:4 AO1008 no anchor "&b" comes before this alias'],
    [
      'an alias in its own anchor',
      'a: &b [*b]\n',
      '1:8 AO1008 the alias "*b" stands inside what it stands for',
    ],
    [
      'a merge key',
      'a: &b { c: d }\ne: { <<: *b }\n',
      '2:6 AO1001 merge keys are not part of YAML 1.2; write the fields out',
    ],
    [
      'a list',
      '- a\n',
      '1:1 AO1004 a manifest is a mapping with apiVersion, kind, metadata and spec, not a list',
    ],
    [
      'a merge that is not finished',
      'a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> x\n',
      '2:1 AO1001 a merge conflict stands here | finish the merge first',
    ],
  ])('%s', async (_what, text, problem) => {
    expect(await problemsOf(text)).toContain(problem)
  })

  test('keys that stand twice', async () => {
    expect(await inWorker('  project: app\n  prompt: One\n  prompt: Two\n')).toEqual([
      '12:3 AO1002 the key "prompt" stands here twice',
    ])
  })

  test.each(['yes', 'No', 'ON', 'off'])('%s without quotes', async word => {
    const problems = await inProject(`  workspace:\n    freshBase: ${word}\n`)
    const meant = /^(yes|on)$/i.test(word)
    expect(problems).toEqual([
      `7:16 AO1007 "${word}" was a boolean in YAML 1.1 and is text in YAML 1.2 | write ${meant}, or "${word}" in quotes for the text`,
    ])
    expect(await inProject(`  rules: "${word}"\n`)).toEqual([])
  })

  test.each([
    ['a key of a script step', '  agent: {plugin: script, steps: [{serve: {on: []}}]}\n'],
    ['a text', '  prompt: no\n'],
    ['a name', '  project: on\n'],
    ["a variable's name and value", '  env: {NO: on, YES: off}\n'],
    ['an entry of a list of texts', '  dependsOn: [no]\n'],
    ['a choice between words', '  state: on\n'],
  ])('old booleans are no problem of their own as %s', async (_what, field) => {
    const needed = ['project: app', 'prompt: x'].filter(
      one => !field.includes(one.split(':')[0] ?? ''),
    )
    const problems = await inWorker(needed.map(one => `  ${one}\n`).join('') + field)
    expect(problems.filter(problem => problem.includes('AO1007'))).toEqual([])
  })

  test('an old boolean is told where a plugin wants a boolean, a text or a boolean, or anything', async () => {
    const steps = '[{push: on}, {open-pr: {title: no, draft: yes}}]'
    const problems = await inWorker(
      `  project: app\n  prompt: x\n  agent: {plugin: script, steps: ${steps}}\n`,
    )
    const told = problems.filter(problem => problem.includes('AO1007'))
    expect(told.map(problem => / "(\w+)" was/.exec(problem)?.[1])).toEqual(['on', 'no', 'yes'])
  })

  test('an alias bomb ends at the limit', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map(pair => [...pair])) {
      lines.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(', ')}]`)
    }
    const problems = await problemsOf(lines.join('\n'))
    expect(problems).toEqual([
      '1:1 AO1008 the aliases of this document stand for more than 100 values; write them out',
    ])
  })

  test.each([
    ['deep', '['.repeat(200_000)],
    ['wide', Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['full of aliases', `- &a x\n${'- *a\n'.repeat(60_000)}`],
  ])(
    'a file that is %s ends in a problem within seconds',
    async (_what, text) => {
      expect((await problemsOf(text)).length).toBeGreaterThan(0)
    },
    20_000,
  )

  test('more documents than anybody has', async () => {
    const problems = await problemsOf('--- a\n'.repeat(10_001))
    expect(problems).toEqual([
      '0:0 AO1012 there are more than 10000 objects; is this what you meant?',
    ])
  })

  test('any text at all gives problems or resources, and never an exception', async () => {
    const word = fc.constantFrom(
      'kind',
      'Worker',
      'spec',
      '&a',
      '*a',
      '- ',
      '? ',
      '{',
      '}',
      '|',
      '"',
      '#',
      '---',
      '!!',
    )
    const piece = fc.oneof(word, fc.constantFrom(': ', '\n', '\n  ', '\t', '\r\n'), fc.string())
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async pieces => {
        const { problems, resources } = await parseText(pieces.join(''))
        expect(problems.length + resources.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('what a schema refuses is told in words', () => {
  test.each([
    ['  prompt: Hi\n', '9:1 AO1006 spec.project is missing'],
    ['  project: app\n', '9:1 AO1006 spec.prompt or spec.issue is needed'],
    ['  project: app\n  prompt: ""\n', '11:11 AO1005 spec.prompt must not be empty'],
    ['  project: app\n  prompt:\n', '11:10 AO1004 spec.prompt must be text, not nothing'],
    [
      '  project: app\n  issue: 7\n',
      '11:10 AO1004 spec.issue must be text, not the number 7 | write "7", in quotes',
    ],
    [
      '  project: app\n  prompt: x\n  reactions:\n    agent-stuck:\n      threshold: 5\n',
      '14:18 AO1004 spec.reactions.agent-stuck.threshold must be text, not the number 5 | say of what: 5s, 5m or 5h',
    ],
    [
      '  project: app\n  prompt: x\n  dependsOn: app-2\n',
      '12:14 AO1004 spec.dependsOn must be a list, not the text "app-2" | write [app-2]',
    ],
    [
      '  project: App\n  prompt: x\n',
      '10:12 AO1005 spec.project: "App" is not a name | lower-case letters, digits and "-"; starts and ends with a letter or digit',
    ],
    [
      '  project: app\n  prompt: x\n  state: running\n',
      '12:10 AO1005 spec.state is the text "running"; allowed: Running, Suspended | did you mean "Running"?',
    ],
    [
      '  project: app\n  prompt: x\n  priority: 5000\n',
      '12:13 AO1005 spec.priority must be at most 1000',
    ],
    [
      '  project: app\n  prompt: x\n  agent: [claude-code]\n',
      '12:10 AO1004 spec.agent must be text or a mapping, not a list',
    ],
    [
      '  project: app\n  prompt: x\n  agent: { command: [sh] }\n',
      '12:3 AO1006 spec.agent.plugin is missing',
    ],
    [
      '  project: app\n  prompt: x\n  env: { AO_HOME: y }\n',
      '12:10 AO1005 "AO_HOME" is set by ao itself; names that start with AO_ are taken',
    ],
    [
      '  project: app\n  prompt: x\n  env: { A-B: y }\n',
      '12:10 AO1005 "A-B" is not the name of an environment variable',
    ],
    [
      '  project: app\n  prompt: x\n  reactions: { ci-failed: { escalateAfter: soon } }\n',
      '12:44 AO1005 spec.reactions.ci-failed.escalateAfter: "soon" is not a length of time | write a number and a unit: 90s, 10m, 1h30m',
    ],
    [
      '  project: app\n  prompt: x\n  reactions: { ci-failed: { escalateAfter: true } }\n',
      '12:44 AO1004 spec.reactions.ci-failed.escalateAfter must be a whole number or text, not true | write "true", in quotes',
    ],
  ])('%j', async (spec, problem) => {
    expect(await inWorker(spec)).toEqual([problem])
  })

  test('a field at the wrong depth is sent to its place', async () => {
    expect(
      await problemsOf(`${PROJECT}---\n${HEAD}prompt: Hi\nspec: { project: app, issue: "1" }\n`),
    ).toContain('9:1 AO1003 unknown field "prompt" | it belongs under "spec"')
  })
})

describe('plugins', () => {
  test.each([
    ['  agent: custm\n', 'AO1201 unknown agent plugin "custm" | did you mean "custom"?'],
    [
      '  agent: { plugin: vim }\n',
      'AO1201 unknown agent plugin "vim" | known agent plugins: claude-code, custom, script',
    ],
    ['  agent: custom\n', 'AO1202 spec.agent.command is missing (agent custom)'],
    [
      '  agent: { plugin: custom, command: [cat], comand: x }\n',
      'AO1003 unknown field "comand" (agent custom) | did you mean "command"?',
    ],
    [
      '  agent: { plugin: custom, command: [] }\n',
      'AO1202 spec.agent.command must not be empty (agent custom)',
    ],
    [
      '  agent: { plugin: custom, command: [./gone.sh] }\n',
      'AO1202 spec.agent.command.0: there is no file /repo/.ao/gone.sh',
    ],
    ['  agent: { plugin: script, steps: [{ says: Hi }] }\n', 'AO1202 spec.agent.steps.0'],
  ])('%j', async (line, problem) => {
    const problems = await inWorker(`  project: app\n  prompt: x\n${line}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^12:/)
    expect(problems[0]).toContain(problem)
  })

  test('an agent that needs a terminal is refused where there is none', async () => {
    const text = `${PROJECT}---\n${HEAD}spec:\n  project: app\n  prompt: x\n`
    expect(await problemsOf(text, { tmuxAvailable: false })).toEqual([
      '8:19 AO1203 agent claude-code needs a terminal, and runtime process gives none | install tmux, or name another agent',
    ])
    expect(await problemsOf(`${text}  runtime: process\n`)).toEqual([
      '12:12 AO1203 agent claude-code needs a terminal, and runtime process gives none | use runtime tmux',
    ])
    const custom = `${text}  agent: { plugin: custom, command: [cat], needsTerminal: true }\n`
    expect(await problemsOf(custom, { tmuxAvailable: false })).toHaveLength(1)
  })

  test('secrets of a channel may stand elsewhere, but somewhere', async () => {
    const notifier = (secret: string) =>
      problemsOf(
        `${PROJECT}---\napiVersion: ao.dev/v1alpha1\nkind: Notifier\nmetadata: { name: hook }\n` +
          `spec:\n  plugin: webhook\n  config:\n    url: http://x\n    secret: ${secret}\n`,
      )
    expect(await notifier('{ valueFrom: { file: /run/secret } }')).toEqual([])
    expect(await notifier('{ valueFrom: { env: NOPE } }')).toEqual([
      '13:33 AO1204 the environment variable NOPE is not set',
    ])
    expect(await notifier('{ valueFrom: { vault: x } }')).toEqual([
      '13:26 AO1202 spec.config.secret.valueFrom takes exactly one of env, file and command',
    ])
    expect(await notifier('7')).toEqual([
      '13:13 AO1202 spec.config.secret must be text, not the number 7 (notifier webhook) | write "7", in quotes',
    ])
  })
})

describe('variables', () => {
  test('that are not set are told where they stand, in fields that are expanded only', async () => {
    const problems = await inProject(
      '  repo: git@${HOST}:${OWNER}/x\n  rules: Say ${NOTHING}\n  env: { A: "$${B} ${" }\n',
      { env: { HOST: 'h' } },
    )
    expect(problems).toEqual([
      '6:21 AO1204 the environment variable OWNER is not set',
      '8:20 AO1204 "${" is not a variable | write $${ for a plain ${',
    ])
  })
})

describe('paths that leave their root (F10)', () => {
  test.each([
    ['  workspace: { symlinks: [/etc/passwd] }\n', '"/etc/passwd" leads out of the repository'],
    ['  workspace: { symlinks: [a/../../b] }\n', '"a/../../b" leads out of the repository'],
    [
      '  workspace: { symlinks: [.git/hooks] }\n',
      '".git/hooks" is the checkout\'s own and cannot be shared',
    ],
    ['  rulesFile: ../../x\n', '"../../x" leads out of the repository'],
  ])('%j', async (spec, message) => {
    const problems = await inProject(spec, { gitRootOf: () => '/repo' })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`AO1205 ${message}`)
  })

  test('a rules file is read from inside the repository, and not through a link out of it', async () => {
    const folder = await temporaryFolder()
    try {
      await mkdir(join(folder, 'repo/.ao'), { recursive: true })
      await writeFile(join(folder, 'repo/RULES.md'), 'Be brief.\n')
      await writeFile(join(folder, 'secret.md'), 'secret')
      await symlink(join(folder, 'secret.md'), join(folder, 'repo/link.md'))
      const parse = (name: string) => {
        const text = PROJECT.replace('spec: {', `spec: { rulesFile: ../${name},`)
        const file = fileOf(text, join(folder, 'repo/.ao/p.yaml'))
        return parseManifests([file], context({ gitRootOf: () => join(folder, 'repo') }))
      }
      const fine = await parse('RULES.md')
      expect(fine.resources).toMatchObject([
        { spec: { sessionDefaults: { rules: ['Be brief.\n'] } } },
      ])
      expect(fine.alsoRead).toEqual([join(folder, 'repo/RULES.md')])
      expect((await parse('link.md')).problems).toMatchObject([{ code: 'AO1205', line: 4 }])
      expect((await parse('gone.md')).problems).toMatchObject([{ code: 'AO1206', line: 4 }])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('between objects', () => {
  const workers = (...specs: readonly (readonly [string, string])[]) =>
    PROJECT +
    specs
      .map(
        ([name, more]) =>
          `---\n${HEAD.replace('app-1', name)}spec: { project: app, prompt: x${more} }\n`,
      )
      .join('')

  test('the same kind and name twice names both places (F4)', async () => {
    const { problems, resources } = await parseText(workers(['app-1', ''], ['app-1', '']))
    expect(problems.map(told)).toContain('13:19 AO1101 Worker "app-1" is declared twice')
    expect(problems[0]?.also).toEqual([{ file: '/repo/.ao/all.yaml', line: 8, col: 19 }])
    expect(resources.map(one => one.name)).toEqual(['app'])
  })

  test('a circle of dependencies is told once, with the way round (F7)', async () => {
    const { problems } = await parseText(
      workers(
        ['app-a', ', dependsOn: [app-b]'],
        ['app-b', ', dependsOn: [app-c]'],
        ['app-c', ', dependsOn: [app-a]'],
        ['app-d', ', dependsOn: [app-a]'],
      ),
    )
    expect(problems.map(one => one.message)).toEqual([
      'workers wait for each other: app-a -> app-b -> app-c -> app-a',
    ])
    expect(problems[0]?.also).toHaveLength(2)
  })

  test('a worker that waits for itself, for nobody, or for the orchestrator', async () => {
    const orchestrator =
      '---\napiVersion: ao.dev/v1alpha1\nkind: Orchestrator\nmetadata: { name: app-orchestrator }\nspec: { project: app }\n'
    const text = workers(
      ['app-a', ', dependsOn: [app-a]'],
      ['app-b', ', dependsOn: [app-aa, app-orchestrator]'],
    )
    const messages = (await parseText(text + orchestrator)).problems.map(one => [
      one.message,
      one.hint,
    ])
    expect(messages).toEqual([
      ['a worker waits for itself: app-a -> app-a', undefined],
      ['there is no Worker "app-aa"', 'did you mean "app-a"?'],
      ['"app-orchestrator" is an Orchestrator, which is never Done', undefined],
    ])
  })

  test('a second orchestrator names the first, and a wrong name is told', async () => {
    const orchestrator = (name: string) =>
      `---\napiVersion: ao.dev/v1alpha1\nkind: Orchestrator\nmetadata: { name: ${name} }\nspec: { project: app }\n`
    const { problems } = await parseText(
      PROJECT + orchestrator('lead') + orchestrator('app-orchestrator'),
    )
    expect(problems.map(told)).toEqual([
      '8:19 AO1105 the orchestrator of Project "app" must be named "app-orchestrator"',
      '13:19 AO1105 Project "app" has an orchestrator already, "lead"',
    ])
    expect(problems[1]?.also).toMatchObject([{ line: 8, col: 19 }])
  })

  test('a session name belongs to one session, of whatever kind', async () => {
    const text = `---\napiVersion: ao.dev/v1alpha1\nkind: Orchestrator\nmetadata: { name: app-orchestrator }\nspec: { project: app }\n`
    const { problems, resources } = await parseText(workers(['app-orchestrator', '']) + text)
    expect(problems.map(one => one.code)).toEqual(['AO1106'])
    expect(resources.map(one => one.name)).toEqual(['app'])
  })

  test.each([
    [
      'the same branch',
      [
        ['app-a', ''],
        ['app-b', ', branch: ao/app-a'],
      ],
      'branch "ao/app-a" is used by two workers, "app-a" and "app-b"',
    ],
    [
      'a branch below a branch',
      [
        ['app-a', ''],
        ['app-b', ', branch: ao/app-a/more'],
      ],
      'git cannot keep "ao/app-a/more" beside "ao/app-a" of worker "app-a"',
    ],
    [
      'a branch above a branch',
      [
        ['app-a', ', branch: x/y/z'],
        ['app-b', ', branch: x'],
      ],
      'git cannot keep "x" beside "x/y/z" of worker "app-a"',
    ],
    [
      'no branch name',
      [['app-a', ', branch: "a b"']],
      '"a b" is not a branch name: it contains a space or control character',
    ],
  ] as const)('two workers: %s', async (_what, specs, message) => {
    expect((await parseText(workers(...specs))).problems.map(one => one.message)).toEqual([message])
  })

  test('a worker does not work on the default branch', async () => {
    const text = workers(['app-a', ', branch: trunk']).replace(
      'path: /src/app',
      'path: /src/app, defaultBranch: trunk',
    )
    expect((await parseText(text)).problems).toMatchObject([{ code: 'AO1107' }])
  })

  test('an issue needs a tracker', async () => {
    const text = workers(['app-a', ', issue: "7"'])
    expect((await parseText(text)).problems).toMatchObject([{ code: 'AO1207', line: 9 }])
    const tracked = text.replace('path: /src/app', 'path: /src/app, tracker: local')
    expect((await parseText(tracked)).problems).toEqual([])
  })
})

describe('reactions', () => {
  const project = (reactions: string): string =>
    `apiVersion: ao.dev/v1alpha1\nkind: Project\nmetadata: { name: shop }\nspec:\n  path: /repo\n  reactions:\n${reactions}`

  test('name fields that are filled in, and only those', async () => {
    const { problems } = await parseText(
      project('    ci-failed: { message: "See {{ur}} of {{session}}" }\n'),
    )
    expect(problems).toMatchObject([
      {
        code: 'AO1209',
        line: 7,
        message: expect.stringContaining('names the unknown field "ur"'),
        hint: expect.stringContaining('did you mean "url"?'),
      },
    ])
  })

  test('name channels that there are', async () => {
    const { problems } = await parseText(project('    agent-stuck: { notifiers: [ops] }\n'))
    expect(problems).toMatchObject([{ code: 'AO1103', message: 'there is no Notifier "ops"' }])
  })

  test('are known by name, and their durations are durations', async () => {
    const { problems } = await parseText(
      project('    ci-faild: {}\n    agent-idle: { threshold: soon }\n'),
    )
    expect(problems).toMatchObject([
      { code: 'AO1003', hint: expect.stringContaining('did you mean "ci-failed"?') },
      { code: 'AO1005', line: 8 },
    ])
  })
})

describe('branch names', () => {
  test('are what git takes for one', () => {
    const letters = fc.constantFrom(...'ab/.-@{~^:?*[\\ \t', 'lock', '.lock', '..', 'é', 'HEAD')
    const name = fc.array(letters, { minLength: 1, maxLength: 6 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(name, text => {
        const git = spawnSync('git', ['check-ref-format', `refs/heads/${text}`]).status === 0
        const isTaken = text.startsWith('-') || text === 'HEAD' || text === '@'
        expect(branchNameProblem(text) === undefined).toBe(git && !isTaken)
      }),
      { numRuns: 200 },
    )
  })
})

describe('circles', () => {
  test('are found exactly when there are some, in chains of any length', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => `w${index}`)
    const next = new Map(chain.map((name, index) => [name, chain.slice(index + 1, index + 2)]))
    expect(findCycles(chain, name => next.get(name) ?? [])).toEqual([])
    next.set('w19999', ['w0'])
    expect(findCycles(chain, name => next.get(name) ?? [])).toHaveLength(1)
  })
})

describe('the report', () => {
  test.each([80, 120])('at width %i', async width => {
    const { files, problems: unread } = await load([BAD, join(BAD, '../missing')])
    const { problems } = await parseManifests(files, context({ gitRootOf: () => BAD }))
    const text = renderProblems([...unread, ...problems], {
      width,
      color: false,
      files: files.length,
      cwd: join(BAD, '..'),
    })
    const tooWide = text.split('\n').filter(line => [...line].length > width)
    expect(tooWide).toEqual([])
    await expect(text).toMatchFileSnapshot(`fixtures/manifests/problems-${width}.txt`)
  })

  test('puts the carets under letters that take two columns', async () => {
    const spec = 'spec: { project: app, prompt: 修复登录, budjet: 3 }'
    const { problems } = await parseText(`${PROJECT}---\n${HEAD}${spec}\n`)
    const lines = renderProblems(problems, { width: 80, color: false }).split('\n')
    expect(lines.slice(3, 5)).toEqual([`9 | ${spec}`, `  | ${' '.repeat(40)}^^^^^^`])
  })

  test('says the same with colours, which only repeat the words', async () => {
    const { problems } = await parseText(`${PROJECT}---\n${HEAD}spec: { project: ap, prompt: x }\n`)
    const options = { width: 80, color: false }
    const plain = renderProblems(problems, options)
    const colored = renderProblems(problems, { ...options, color: true })
    expect(colored).toContain('\u001B[')
    expect(colored.replaceAll(/\u001B\[\d+m/g, '')).toBe(plain)
  })

  test('never passes on what could move the cursor', async () => {
    const { problems } = await parseText(
      `${PROJECT}---\n${HEAD}spec: { project: "a\\eb", "\u001b[2J": 1 }\n`,
    )
    expect(problems.length).toBeGreaterThan(0)
    expect(renderProblems(problems, { width: 80, color: false })).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/,
    )
  })

  test('is empty without problems, and short with thousands', async () => {
    expect(renderProblems([], { width: 80, color: false })).toBe('')
    const many = await parseText('--- a\n'.repeat(3000))
    const text = renderProblems(many.problems, { width: 80, color: false })
    expect(text).toContain('… and 2900 more problems')
    expect(text).toMatch(/3000 errors in 1 file\. Nothing was applied, nothing was pruned\.\n$/)
  })
})
