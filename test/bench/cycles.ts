/**
 * Runs cycles of the engine over a home in which there is nothing to do, and prints as JSON what each cost. Children are counted where Node
 * makes them, so that none can be missed; writes are counted by comparing every file of the home and of the repositories' git directories.
 */
import diagnosticsChannel from 'node:diagnostics_channel'
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { createContext } from '../../src/cli/context.ts'
import { hold } from '../../src/cli/control.ts'
import type { Control } from '../../src/cli/control.ts'

const WARM_UP = 5
const TICK_MS = 10
const [rounds = '20', ...folders] = process.argv.slice(2)

const signal = new AbortController().signal
const context = await createContext({ color: false, verbose: false, signal })
await hold(context, { mode: 'once', lockTimeoutMs: 5000 }, async control => {
  await settle(control)
  for (let round = 0; round < WARM_UP; round += 1) await cycle(control)
  process.stdout.write(`${JSON.stringify(await measure(control, Number(rounds)))}\n`)
})

async function measure(control: Control, count: number): Promise<object> {
  let children = 0
  const programs: (() => string)[] = []
  const onChild = (message: unknown): void => {
    children += 1
    const { process: child } = message as { process: { spawnargs?: readonly string[] } }
    programs.push(() => (child.spawnargs ?? []).join(' '))
  }
  const roots = [context.home, ...folders]
  const before = filesIn(roots)
  diagnosticsChannel.subscribe('child_process', onChild)
  const cpuBefore = cpu()
  const times: number[] = []
  for (let round = 0; round < count; round += 1) {
    const start = performance.now()
    await cycle(control)
    times.push(performance.now() - start)
  }
  const cpuMs = (cpu() - cpuBefore) / count
  diagnosticsChannel.unsubscribe('child_process', onChild)
  const after = filesIn(roots)
  const written = [...new Set([...before.keys(), ...after.keys()])].filter(
    file => before.get(file) !== after.get(file),
  )
  return {
    times,
    cpuMs,
    children: children / count,
    writes: written.length,
    written: written.slice(0, 10),
    programs: [...new Set(programs.map(program => program().slice(0, 200)))].slice(0, 20),
  }
}

async function cycle(control: Control): Promise<boolean> {
  return (await control.engine.cycle({ reacting: true }, signal)).changed
}

async function settle(control: Control): Promise<void> {
  for (let round = 0; round < 100; round += 1) if (!(await cycle(control))) return
  throw new Error('there is always something to do')
}

/** Milliseconds of this process and of the children it has waited for; where the system does not tell of those, its own. */
function cpu(): number {
  const own = process.cpuUsage()
  return (own.user + own.system) / 1000 + cpuOfChildren()
}

function cpuOfChildren(): number {
  if (process.platform !== 'linux') return 0
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}

/** What changes when a file is written, replaced, made or removed, by path. Checkouts are the sessions', not ours. */
function filesIn(roots: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const checkouts = join(context.home, 'worktrees')
  const visit = (path: string): void => {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return
    files.set(path, `${stat.ino}:${stat.mtimeNs}:${stat.size}`)
    if (!stat.isDirectory()) return
    if (path === checkouts) return
    for (const name of readdirSync(path)) visit(join(path, name))
  }
  for (const root of roots) visit(root)
  return files
}
