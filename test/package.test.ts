import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** A folder with nothing but the installed package. */
let folder: string
let program: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ao-package-'))
  // dist/ is built already; the scripts of the package would build it once more.
  const [packed] = JSON.parse(
    npm(ROOT, ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  ) as readonly { readonly filename: string }[]
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  npm(folder, ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed?.filename}`])
  program = join(folder, 'node_modules', '.bin', 'ao')
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('The package, installed into an empty folder', () => {
  test('brings one library along', () => {
    const installed = readdirSync(join(folder, 'node_modules')).filter(
      name => !name.startsWith('.'),
    )
    expect(installed.sort()).toEqual(['aoctl', 'xstate'])
  })

  test('has a working program, under both names', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly version: string
    }
    expect(ao(['--version'])).toBe(`${version}\n`)
    expect(existsSync(join(folder, 'node_modules', '.bin', 'aoctl'))).toBe(true)
    expect(ao(['explain', 'worker.spec.agent'])).toContain('spec.agent')
    expect(ao(['--home', join(folder, 'home'), 'get', '-o', 'json'])).toContain('"items": []')
  })

  test('carries schemas, and an example that validates and plans', async () => {
    const installed = join(folder, 'node_modules', 'aoctl')
    expect(existsSync(join(installed, 'schemas', 'manifest.schema.json'))).toBe(true)
    execFileSync(process.execPath, [join(installed, 'examples', 'sample-repo.mjs'), folder])
    const manifests = join(folder, 'shop', '.ao')
    expect(ao(['validate', '-f', manifests])).toContain('valid')
    const args = ['--home', join(folder, 'home'), 'diff', '-f', manifests]
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env: environment() })
    expect(stdout).toContain('4 create')
    expect(status).toBe(1)
  })

  test('can be imported, machines too', () => {
    const script = `
      const api = await import('aoctl')
      const { workerMachine } = await import('aoctl/machines/worker')
      console.log(Object.keys(api).length > 0, typeof workerMachine.transition)`
    const args = ['--input-type=module', '--eval', script]
    const output = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    expect(output).toBe('true function\n')
  })
})

function ao(args: readonly string[]): string {
  return execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The person's npm, whose cache saves the download. */
function npm(cwd: string, args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder }
}
