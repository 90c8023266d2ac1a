/**
 * Runs one part of the program through a short life in a home of its own, in which nothing is started, and writes down what V8 made of
 * its code. Called by `build.mjs`.
 *
 *   node build-warm.mjs PART NOTES
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

const [part, notes] = process.argv.slice(2)
const stage = mkdtempSync(join(tmpdir(), 'ao-build-'))
try {
  const manifests = declare(stage)
  process.env.HOME = stage
  process.env.AO_HOME = join(stage, 'home')
  const { script, run } = load(part)
  for (const args of lifeOf(basename(part), manifests)) await runToEnd(run, args)
  mkdirSync(dirname(notes), { recursive: true })
  writeFileSync(notes, script.createCachedData())
} finally {
  rmSync(stage, { recursive: true, force: true })
}

/** As `src/cli/main.ts` does it. */
function load(filename) {
  const script = new Script(Module.wrap(readFileSync(filename, 'latin1')), { filename })
  const made = { exports: {} }
  const dir = dirname(filename)
  script.runInThisContext()(made.exports, createRequire(filename), made, filename, dir)
  return { script, run: made.exports.run }
}

function lifeOf(name, manifests) {
  if (name === 'quick.cjs') return [['get'], ['get', '-o', 'json']]
  return [
    ['apply', '-f', manifests, '--yes'],
    ['diff', '-f', manifests],
    ['delete', '-f', manifests, '--yes'],
  ]
}

/** The program ends its process, which here is one of several ends. */
async function runToEnd(run, args) {
  await new Promise((resolve, reject) => {
    process.exit = resolve
    run(args).catch(reject)
  })
}

/** A repository with one commit and a worker that is not to run. */
function declare(folder) {
  const shop = join(folder, 'shop')
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=ao', '-c', 'user.email=ao@localhost', ...args], {
      stdio: 'ignore',
    })
  git('init', '--quiet', shop)
  git('-C', shop, 'commit', '--quiet', '--allow-empty', '--message', 'Begin')
  const manifests = join(folder, 'manifests')
  mkdirSync(manifests)
  const agent = { plugin: 'custom', command: ['true'] }
  const objects = [
    { kind: 'Project', metadata: { name: 'shop' }, spec: { path: shop } },
    {
      kind: 'Worker',
      metadata: { name: 'one' },
      spec: { project: 'shop', prompt: 'Rest.', agent, state: 'Suspended' },
    },
  ]
  for (const object of objects) {
    const text = JSON.stringify({ apiVersion: 'ao.dev/v1alpha1', ...object }, null, 2)
    writeFileSync(join(manifests, `${object.metadata.name}.yaml`), text)
  }
  return manifests
}
