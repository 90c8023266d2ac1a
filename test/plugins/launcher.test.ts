import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { LAUNCHER, LAUNCH_PATH } from '../../src/plugins/launcher.ts'
import { typedText } from '../../src/plugins/message-text.ts'

/** What `/bin/sh` is on the systems we run on. */
const SHELLS = [
  ['/bin/sh'],
  ['/bin/dash'],
  ['/bin/bash', '--posix'],
  ['/bin/zsh', '--emulate', 'sh'],
]
const PROMPT = 'Zwei\n\n`x` $HOME {{prompt}} \\n "q" \'s\' *\n'

describe.each(SHELLS.filter(([shell = '']) => existsSync(shell)))(
  'the launcher in %s',
  (...shell) => {
    let root: string

    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'ao-launch-'))
      writeFileSync(join(root, 'prompt'), PROMPT)
    })

    afterAll(() => {
      rmSync(root, { recursive: true })
    })

    const launch = (cwd: string, argv: readonly string[], env = {}) => {
      const [program = '', ...flags] = shell.filter(part => part !== undefined)
      const args = [...flags, '-c', LAUNCHER, 'ao-launch', cwd, ...argv]
      const variables = { PATH: '/usr/bin:/bin', AO_PROMPT_FILE: join(root, 'prompt'), ...env }
      return spawnSync(program, args, {
        env: variables,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    }
    const show = [
      process.execPath,
      '-p',
      'JSON.stringify([process.cwd(), ...process.argv.slice(1)])',
      '--',
    ]

    test('hands every argument over as it was, and the prompt as it stands in its file', () => {
      const { stdout } = launch(root, [
        ...show,
        '',
        '*',
        '-n',
        'a\nb',
        '{{prompt}}',
        'x{{prompt}}y{{prompt}}',
      ])
      const whole = `x${PROMPT}y${PROMPT}`
      expect(JSON.parse(stdout)).toEqual([root, '', '*', '-n', 'a\nb', PROMPT, whole])
    })

    test('adds nothing to the environment of the agent, and takes its PATH', () => {
      const env = { [LAUNCH_PATH]: '/usr/bin:/bin:/mine', A: 'b' }
      const keys = launch(root, [process.execPath, '-p', 'JSON.stringify(process.env)'], env).stdout
      const { PWD: _pwd, OLDPWD: _old, SHLVL: _level, _, ...rest } = JSON.parse(keys)
      expect(rest).toEqual({
        PATH: '/usr/bin:/bin:/mine',
        A: 'b',
        AO_PROMPT_FILE: join(root, 'prompt'),
      })
    })

    test('starts nothing in another directory, without its prompt, or without its program', () => {
      expect(launch(join(root, 'gone'), ['echo', 'ran'])).toMatchObject({ status: 126, stdout: '' })
      const without = { AO_PROMPT_FILE: join(root, 'none') }
      expect(launch(root, ['echo', '{{prompt}}'], without)).toMatchObject({
        status: 126,
        stdout: '',
      })
      expect(launch(root, ['no-such-program'])).toMatchObject({ status: 127, stdout: '' })
    })
  },
)

test.each([
  ['a\r\nb\rc', 'a\nb\nc'],
  ['colour \u001B[31mred\u001B[0m', 'colour red'],
  ['paste \u001B[201~ends', 'paste ends'],
  ['tab\tstays\u0000\u0003\u009F', 'tab\tstays'],
  ['end\n\n', 'end'],
  ['C:\\', 'C:\\ '],
  ['', ''],
])('types %j as %j', (text, typed) => {
  expect(typedText(text)).toBe(typed)
})
