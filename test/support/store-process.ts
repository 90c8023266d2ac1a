import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface Answer {
  readonly ready?: number
  readonly value?: unknown
  readonly error?: string
  readonly message?: string
}

/** A process of its own that uses the store; see `store-program.mjs`. */
export interface StoreProcess {
  readonly pid: number
  readonly child: ChildProcess
  ask(command: string): Promise<Answer>
  /** Ends it with a signal and waits until the system has taken it away. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** Bundles the program once, so that starting it costs no more than starting node. */
export async function buildStoreProgram(dir: string): Promise<string> {
  const outfile = join(dir, 'store-program.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('store-program.mjs', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
  })
  return outfile
}

/** Starts `argv`, which must end in running the program, and waits until it listens. */
export async function startStoreProcess(
  argv: readonly string[],
  options: SpawnOptions = {},
): Promise<StoreProcess> {
  const [program = process.execPath, ...args] = argv
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => {
      resolve()
    })
  })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  stdin.on('error', () => undefined)
  const waiting: ((answer: Answer) => void)[] = []
  const next = async (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      waiting.push(resolve)
      void exited.then(() => {
        reject(new Error(`${argv.join(' ')} ended`))
      })
    })
  createInterface({ input: stdout }).on('line', line => {
    waiting.shift()?.(JSON.parse(line) as Answer)
  })
  const { ready } = await next()
  return {
    pid: ready ?? 0,
    child,
    ask: async command => {
      const answer = next()
      stdin.write(`${command}\n`)
      return answer
    },
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal)
      await exited
    },
  }
}
