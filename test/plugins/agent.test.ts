import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { agentTraits } from '../../src/plugins/agent.ts'
import { createClaudeCodeAgent } from '../../src/plugins/agent/claude-code.ts'
import { createCustomAgent } from '../../src/plugins/agent/custom.ts'
import { STEP_SCHEMAS } from '../../src/plugins/agent/script-schema.ts'
import { createScriptAgent } from '../../src/plugins/agent/script.ts'
import type { Agent, AgentStart } from '../../src/plugins/agent.ts'
import type { PluginChoice } from '../../src/resource/spec.ts'

const SESSION_ID = '0b9e5a4c-6c1e-4f0a-8a51-3c3a3ab8f6d2'
const agents: readonly Agent[] = [
  createScriptAgent({ program: '/opt/ao/script-agent.js', node: '/usr/bin/node' }),
  createCustomAgent(),
  createClaudeCodeAgent(),
]

let root: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-agent-')))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function start(config: PluginChoice, more: Partial<AgentStart> = {}): AgentStart {
  return {
    config,
    model: undefined,
    permissions: 'default',
    sessionId: SESSION_ID,
    attempt: 1,
    workspace: join(root, 'work_trees', 'w.1'),
    baseDir: join(root, 'manifests'),
    userHome: join(root, 'home'),
    ...more,
  }
}

function write(name: string, content = '', mode = 0o644): string {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

async function problemsOf(agent: Agent, config: PluginChoice): Promise<readonly string[]> {
  const problems = (await agent.check?.(config, join(root, 'manifests'))) ?? []
  return problems.map(problem => `${problem.path}: ${problem.message.replaceAll(`${root}/`, '')}`)
}

describe.each(agents.map(agent => [agent.name, agent] as const))('agent %s', (_name, agent) => {
  test('has a schema that refuses unknown settings', () => {
    const validate = new Ajv2020({ strict: true }).compile(agent.configSchema)
    expect(validate({ command: ['x'], colour: 'red' })).toBe(false)
    expect(agent.configSchema['additionalProperties']).toBe(false)
  })
})

describe('the custom agent', () => {
  const custom = createCustomAgent()

  test.each([
    [['./agent.sh'], ['BASE/agent.sh']],
    [
      ['../bin/agent', './data'],
      ['ROOT/bin/agent', './data'],
    ],
    [
      ['sh', './agent.sh', './data'],
      ['sh', 'BASE/agent.sh', './data'],
    ],
    [
      ['/usr/bin/python3', '../a.py'],
      ['/usr/bin/python3', 'ROOT/a.py'],
    ],
    [
      ['sh', '-c', './not-a-file'],
      ['sh', '-c', './not-a-file'],
    ],
    [
      ['aider', './x', '{{prompt}}'],
      ['aider', './x', '{{prompt}}'],
    ],
    [
      ['goose', '-i', '{{promptFile}}'],
      ['goose', '-i', '{{promptFile}}'],
    ],
  ])('runs %j as %j', async (command, expected) => {
    const { argv, resumes } = await custom.command(start({ plugin: 'custom', command }))
    expect(
      argv.map(word => word.replace(`${root}/manifests`, 'BASE').replace(root, 'ROOT')),
    ).toEqual(expected)
    expect(resumes).toBe(false)
  })

  test('asks of its runtime what its settings say', () => {
    const plain = { plugin: 'custom', command: ['x'] }
    expect(agentTraits(custom, plain)).toEqual({ needsTerminal: false, bracketedPaste: false })
    expect(agentTraits(custom, { ...plain, needsTerminal: true, bracketedPaste: true })).toEqual({
      needsTerminal: true,
      bracketedPaste: true,
    })
  })

  test('names a file that is missing or can not be run', async () => {
    write('manifests/readable.sh')
    const check = async (...command: readonly string[]): Promise<readonly string[]> =>
      problemsOf(custom, { plugin: 'custom', command })
    expect(await check('./nothing.sh')).toEqual([
      'command.0: there is no file manifests/nothing.sh',
    ])
    expect(await check('sh', './nothing.sh')).toEqual([
      'command.1: there is no file manifests/nothing.sh',
    ])
    expect(await check('./readable.sh')).toEqual([
      "command.0: manifests/readable.sh can't be executed",
    ])
    expect(await check('sh', './readable.sh')).toEqual([])
    expect(await check('some-program', './nothing.sh')).toEqual([])
    expect(await check('')).toEqual(['command.0: names no program'])
  })
})

describe('the claude-code agent', () => {
  const claude = createClaudeCodeAgent()

  test('starts a session of our choosing with the prompt behind --', async () => {
    const config = { plugin: 'claude-code', args: ['--settings', '{}'] }
    const more = { model: 'opus', permissions: 'acceptEdits' as const }
    expect(await claude.command(start(config, more))).toEqual({
      argv: [
        'claude',
        '--session-id',
        SESSION_ID,
        '--model',
        'opus',
        '--permission-mode',
        'acceptEdits',
        '--settings',
        '{}',
        '--',
        '{{prompt}}',
      ],
      env: {},
      sessionId: SESSION_ID,
      resumes: false,
    })
  })

  test.each(['work_trees-w-1', 'work-trees-w-1'])(
    'resumes when there is a transcript below …-%s',
    async folder => {
      const projects = join('home', '.claude', 'projects')
      const prefix = root.replaceAll(/[^a-zA-Z0-9]/g, '-')
      mkdirSync(join(root, 'work_trees', 'w.1'), { recursive: true })
      write(join(projects, `${prefix}-${folder}`, `${SESSION_ID}.jsonl`))
      write(join(projects, `${prefix}-elsewhere`, `${SESSION_ID}.jsonl`))
      const { argv, resumes } = await claude.command(start({ plugin: 'claude-code' }))
      expect(resumes).toBe(true)
      expect(argv.slice(0, 3)).toEqual(['claude', '--resume', SESSION_ID])
      expect(argv).not.toContain('--session-id')
    },
  )

  test('does not resume the same session of another folder', async () => {
    const folder = `${root}/elsewhere`.replaceAll(/[/.]/g, '-')
    write(join('home', '.claude', 'projects', folder, `${SESSION_ID}.jsonl`))
    expect((await claude.command(start({ plugin: 'claude-code' }))).resumes).toBe(false)
  })

  test('runs another executable, which must be there', async () => {
    const config = { plugin: 'claude-code', command: './claude' }
    expect(await problemsOf(claude, config)).toEqual(['command: there is no file manifests/claude'])
    const path = write('manifests/claude', '', 0o755)
    expect(await problemsOf(claude, config)).toEqual([])
    expect((await claude.command(start(config))).argv[0]).toBe(path)
  })
})

describe('the script agent', () => {
  const script = createScriptAgent({ program: '/opt/ao/script-agent.js', node: '/usr/bin/node' })

  test('runs its program with the scenario beside the manifest', async () => {
    const { argv } = await script.command(start({ plugin: 'script', scenario: './s.yaml' }))
    expect(argv).toEqual([
      '/usr/bin/node',
      '/opt/ao/script-agent.js',
      '--scenario',
      join(root, 'manifests', 's.yaml'),
    ])
  })

  test('resumes when an earlier attempt left its progress in the private git directory', async () => {
    const again = start({ plugin: 'script', steps: [] }, { attempt: 2 })
    expect((await script.command(again)).resumes).toBe(false)
    write('work_trees/w.1/.git', `gitdir: ${root}/git/worktrees/w\n`)
    write('git/worktrees/w/ao-script-progress.json')
    expect((await script.command(again)).resumes).toBe(true)
    expect((await script.command({ ...again, attempt: 1 })).resumes).toBe(false)
  })

  test('wants a scenario or steps, and not both', async () => {
    const message = 'needs exactly one of "scenario" (a file) and "steps" (a list)'
    expect(await problemsOf(script, { plugin: 'script' })).toEqual([`: ${message}`])
    const both = { plugin: 'script', scenario: 'x', steps: [] }
    expect(await problemsOf(script, both)).toEqual([`scenario: ${message}`])
  })

  test('points at the place in the scenario where something is wrong', async () => {
    write(
      'manifests/s.yaml',
      '- say: Hello\n- serve:\n    on:\n      - matching: x\n        steps:\n          - comit: y\n',
    )
    const config = { plugin: 'script', scenario: 's.yaml' }
    expect(await problemsOf(script, config)).toEqual([
      'scenario: manifests/s.yaml:6:20: step 2, serve.on.0.steps.0.comit: unknown step "comit"; did you mean "commit"?',
    ])
    expect(await problemsOf(script, { plugin: 'script', scenario: 'none.yaml' })).toEqual([
      'scenario: manifests/none.yaml: there is no such file',
    ])
    write('manifests/s.yaml', '- say: "Hello\n')
    expect((await problemsOf(script, config))[0]).toContain(
      'manifests/s.yaml:2:1: Missing closing "quote',
    )
  })

  test.each([
    [{ say: 3 }, 'steps.0.say: must be string'],
    [{}, 'steps.0: a step has one key (and perhaps "when"); this one has none'],
    [
      { say: 'a', push: null },
      'steps.0: a step has one key (and perhaps "when"); this one has say, push',
    ],
    [
      { edit: { file: 'a' } },
      'steps.0.edit: must be a change by exactly one of content, append and replace',
    ],
    [
      { edit: { file: '../a', content: '' } },
      'steps.0.edit.file: "../a" is not a path inside the workspace',
    ],
    [
      { edit: { file: 'a', content: '', mode: 1 } },
      'steps.0.edit: unknown key "mode"; known: file, content, append, replace',
    ],
    [{ fix: { file: 'a', content: '' } }, 'steps.0.fix: needs "commit"'],
    [{ sleep: 'long' }, 'steps.0.sleep: "long" is not a duration such as 300ms or 2s'],
    [{ report: 'dun' }, 'steps.0.report: must be one of done, failed'],
    [
      { 'wait-for-message': { matching: '(' } },
      'steps.0.wait-for-message.matching: "(" is not a regular expression',
    ],
    [
      { run: 'make it so' },
      'steps.0.run: must be a list of words such as [sh, ./test.sh], or a map with argv',
    ],
    [{ say: 'a', when: 0 }, 'steps.0.when: must be an attempt number or a list of them'],
    [
      { serve: { on: [{ matching: 'a', steps: [{ sya: 'b' }] }] } },
      'steps.0.serve.on.0.steps.0.sya: unknown step "sya"; did you mean "say"?',
    ],
    ['push', 'steps.0: a step is a map with one key, such as `say: Hello`'],
  ])('says of %j what is wrong', async (step, problem) => {
    expect(await problemsOf(script, { plugin: 'script', steps: [step] })).toEqual([problem])
  })

  test('has schemas that are schemas', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true })
    for (const format of [
      'regular expression',
      'duration such as 300ms or 2s',
      'path inside the workspace',
    ]) {
      ajv.addFormat(format, true)
    }
    for (const [name, schema] of Object.entries(STEP_SCHEMAS)) {
      expect([name, ajv.validateSchema(schema)]).toEqual([name, true])
      ajv.compile(schema)
    }
  })
})
