/**
 * An agent for the tests of runtimes: writes down how it was started and every message it gets, and does what some messages say.
 *
 *   node runtime-agent.mjs OUT [argument…]
 */
import { spawn } from 'node:child_process'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'

const [out, ...args] = process.argv.slice(2)
const START = '\x1b[200~'
const END = '\x1b[201~'

if (process.stdin.isTTY) process.stdin.setRawMode(true)
process.stdin.setEncoding('utf8')
if (args[0] !== 'plain') process.stdout.write('\x1b[?2004h')
if (args[0] === 'stubborn') for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => {})
if (args[0] === 'deaf') process.stdin.pause()
else process.stdin.on('data', take)
process.stdout.write('ready: grüße 👋\r\n')
const started = { pid: process.pid, cwd: process.cwd(), args, env: process.env }
writeFileSync(`${out}.new`, JSON.stringify(started))
renameSync(`${out}.new`, out)
setInterval(() => {}, 60_000)

let input = ''
function take(chunk) {
  input += chunk
  for (;;) {
    const message = next()
    if (message === undefined) return
    appendFileSync(`${out}.messages`, `${JSON.stringify(message)}\n`)
    obey(message)
  }
}

function next() {
  if (input.startsWith(START)) {
    const end = input.indexOf(END)
    if (end === -1 || !/^[\r\n]/.test(input.slice(end + END.length))) return undefined
    const text = input.slice(START.length, end)
    input = input.slice(end + END.length + 1)
    return text.replaceAll('\r', '\n')
  }
  const end = input.search(/[\r\n]/)
  if (end === -1) return undefined
  const text = input.slice(0, end)
  input = input.slice(end + 1)
  return text
}

function obey(message) {
  const [word, value] = message.split(' ')
  if (word === 'exit') process.exit(Number(value))
  if (word === 'die') process.kill(process.pid, value)
  if (word === 'found') {
    const env = { ...process.env, AO_UID: value }
    record(spawn('sleep', ['1000'], { env, detached: true, stdio: 'ignore' }))
  }
  if (word === 'fork' || word === 'leave') {
    const script = 'trap "" HUP TERM; while :; do sleep 1; done'
    const child = spawn('/bin/sh', ['-c', script], { detached: word === 'leave', stdio: 'ignore' })
    record(child)
    if (value !== undefined) process.exit(Number(value))
  }
}

function record(child) {
  appendFileSync(`${out}.children`, `${child.pid}\n`)
  child.unref()
}
