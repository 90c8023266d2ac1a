/**
 * Where the bench works: a folder of its own on a memory file system where there is one, with a copy of the built program (so that a build
 * meanwhile changes nothing), a repository to copy from, and stages of one home and one repository each.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const FILES = 200
const COMMITS = 50

/** Makes the folder; `close` ends every tmux server that was started in it and removes it. */
export async function openWorkshop() {
  const shm = '/dev/shm'
  const dir = mkdtempSync(join(existsSync(shm) ? shm : tmpdir(), 'ao-bench-'))
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  cpSync(join(root, 'dist'), join(dir, 'program'), { recursive: true })
  await bundle('cycles.ts', join(dir, 'program', 'cycles.js'))
  await bundle('forge-hour.ts', join(dir, 'program', 'forge-hour.js'))
  makeTemplate(join(dir, 'template'))
  const stages = []
  return {
    dir,
    program: join(dir, 'program', 'ao.cjs'),
    cycles: join(dir, 'program', 'cycles.js'),
    hour: join(dir, 'program', 'forge-hour.js'),
    stage(name) {
      const stage = openStage(this, join(dir, `${stages.length}-${name}`))
      stages.push(stage)
      return stage
    },
    close() {
      for (const stage of stages) stage.close()
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** The environment of everything that is measured: nobody's configuration. */
export function cleanEnv(home, more = {}) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    USER: 'bench',
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    ...more,
  }
}

/** The engine with measuring around its cycles, from the same sources as the program. */
async function bundle(entry, outfile) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  await build({
    absWorkingDir: root,
    entryPoints: [`test/bench/${entry}`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['xstate', 'xstate/*'],
    loader: { '.html': 'text', '.svg': 'text' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    define: { AO_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  })
}

/** A repository of 200 files of 2 KB and 50 commits, with a bare origin. */
function makeTemplate(dir) {
  const shop = join(dir, 'shop')
  mkdirSync(shop, { recursive: true })
  const env = cleanEnv(dir, {
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@shop.invalid',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@shop.invalid',
  })
  const git = args => execFileSync('git', args, { cwd: shop, env, stdio: 'ignore' })
  git(['init', '--quiet', '--initial-branch=main'])
  for (let at = 0; at < FILES; at += 1) {
    const folder = join(shop, `part-${at % 20}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `file-${at}.txt`), `line ${at} of the shop\n`.repeat(100))
  }
  for (let at = 0; at < COMMITS; at += 1) {
    writeFileSync(join(shop, 'NEWS'), `change ${at}\n`)
    git(['add', '--all'])
    git(['commit', '--quiet', '--message', `Change ${at}`])
  }
  execFileSync('git', ['clone', '--quiet', '--bare', shop, join(dir, 'origin.git')], { env })
}

function openStage(workshop, dir) {
  const template = join(workshop.dir, 'template')
  cpSync(template, dir, { recursive: true })
  const repository = join(dir, 'shop')
  const home = join(dir, 'home')
  const env = cleanEnv(dir, { AO_HOME: home })
  const git = (...args) =>
    execFileSync('git', ['-C', repository, ...args], { env, stdio: 'ignore' })
  git('remote', 'add', 'origin', join(dir, 'origin.git'))
  git('fetch', '--quiet', 'origin')
  git('remote', 'set-head', 'origin', 'main')
  const sockets = [join(home, 'tmux.sock'), join(dir, 'floor.sock')]
  const watchers = []
  const stage = {
    dir,
    repository,
    home,
    env,
    socket: sockets[0],
    manifests: join(dir, 'manifests'),
    floorSocket: sockets[1],
    /** Runs the program to its end; throws what it said when it fails. */
    ao(...args) {
      return runOrThrow(process.execPath, [workshop.program, ...args], { cwd: dir, env })
    },
    sh(script) {
      return runOrThrow('/bin/sh', ['-ec', script], { cwd: dir, env })
    },
    watch(...args) {
      const watcher = spawn(process.execPath, [workshop.program, 'reconcile', '--watch', ...args], {
        cwd: dir,
        env,
        stdio: 'ignore',
      })
      watchers.push(watcher)
      return watcher
    },
    idleNode() {
      const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], {
        env,
        stdio: 'ignore',
      })
      watchers.push(node)
      return node
    },
    close() {
      for (const watcher of watchers.splice(0)) watcher.kill('SIGKILL')
      for (const socket of sockets) {
        spawnSync('tmux', ['-S', socket, 'kill-server'], { env, stdio: 'ignore' })
      }
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
  writeManifests(stage, [])
  return stage
}

/** Declares the project and these workers, replacing what was declared before. */
export function writeManifests(stage, workers) {
  mkdirSync(stage.manifests, { recursive: true })
  const project = {
    apiVersion: 'ao.dev/v1alpha1',
    kind: 'Project',
    metadata: { name: 'shop' },
    spec: { path: stage.repository, scm: 'local' },
  }
  const write = (name, objects) =>
    writeFileSync(
      join(stage.manifests, name),
      objects.map(object => JSON.stringify(object)).join('\n---\n'),
    )
  write('project.yaml', [project])
  write('workers.yaml', workers)
}

/** A worker that only sits there. */
export function worker(name, more = {}) {
  return {
    apiVersion: 'ao.dev/v1alpha1',
    kind: 'Worker',
    metadata: { name },
    spec: {
      project: 'shop',
      prompt: 'Sit still.',
      agent: { plugin: 'custom', command: ['sleep', '100000'] },
      restartPolicy: 'Never',
      ...more,
    },
  }
}

export function names(count, prefix = 'w') {
  return Array.from({ length: count }, (_one, at) => `${prefix}-${String(at + 1).padStart(4, '0')}`)
}

function runOrThrow(program, args, options) {
  const result = spawnSync(program, args, { ...options, encoding: 'utf8', maxBuffer: 1e8 })
  if (result.status === 0) return result.stdout
  throw new Error(
    `${args.join(' ')} ended with ${result.status ?? result.signal}\n${result.stdout}\n${result.stderr}`,
  )
}
