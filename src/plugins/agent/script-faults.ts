import { spawn } from 'node:child_process'

import type { Perform } from './script-session.ts'

/** Ends as a program with a defect does: at once, leaving the terminal as it is. */
export const crash: Perform<'crash'> = async (value, session) => {
  session.screen.tell('crash', value?.signal ?? `exit code ${value?.code ?? 1}`, 'bad')
  if (value?.signal === undefined) process.exit(value?.code ?? 1)
  process.removeAllListeners(value.signal)
  process.kill(process.pid, value.signal)
  await forever()
}

export const exit: Perform<'exit'> = async (code, session) => {
  session.screen.tell('exit', `with code ${code}`, code === 0 ? 'good' : 'bad')
  session.leave(code)
}

/** Neither reads nor reports any more, and stays. */
export const hang: Perform<'hang'> = async (_value, session) => {
  session.screen.tell('hang', 'from here on nothing happens', 'bad')
  session.reporter.fallSilent()
  session.stopListening()
  await forever()
}

export const ignoreSignals: Perform<'ignore-signals'> = async (_value, session) => {
  session.ignoreSignals()
  session.screen.tell('signals', 'TERM, HUP and INT are ignored', 'bad')
}

/** Leaves a process behind, by default in the agent's process group and deaf to hang-ups. */
export const fork: Perform<'fork'> = async (value, session) => {
  const argv = value?.argv ?? ['sh', '-c', "trap '' HUP TERM; exec sleep 600"]
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    cwd: session.workspace,
    env: session.env,
    stdio: 'ignore',
    detached: value?.['own-session'] === true,
  })
  child.on('error', () => undefined)
  child.unref()
  session.screen.tell('fork', `process ${child.pid ?? '?'} runs on: ${argv.join(' ')}`, 'bad')
}

/** Signals and the terminal still keep the process busy. */
async function forever(): Promise<never> {
  return new Promise(() => undefined)
}
