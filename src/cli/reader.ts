import { fstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'

const STDOUT = 1
const LOOK_EVERY_MS = 250
const ACCESS_MODE = 0o3

/**
 * A signal that is also given when nobody reads standard output any more, such as `head` that has seen enough: a write would tell, but whoever
 * only follows may have nothing to write for hours. Where the readers of a pipe can't be found (elsewhere than on Linux) the next write ends it.
 */
export function untilReaderLeaves(signal: AbortSignal): AbortSignal {
  const pipe = pipeName()
  let readers = pipe === undefined ? [] : readersOf(pipe)
  if (pipe === undefined || readers.length === 0) return signal
  const gone = new AbortController()
  const timer = setInterval(() => {
    if (readers.some(reader => isEndOf(pipe, reader))) return
    // It may have handed its end on before it left.
    readers = readersOf(pipe)
    if (readers.length > 0) return
    clearInterval(timer)
    gone.abort()
  }, LOOK_EVERY_MS)
  timer.unref()
  return AbortSignal.any([signal, gone.signal])
}

/** What `/proc` calls the pipe that standard output is. */
function pipeName(): string | undefined {
  const stat = fstatSync(STDOUT)
  return process.platform === 'linux' && stat.isFIFO() ? `pipe:[${stat.ino}]` : undefined
}

/** The ends that read from the pipe, as `<pid>/fd/<number>`; those of other users can't be seen. */
function readersOf(pipe: string): readonly string[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const ends = pids
    .filter(pid => pid !== String(process.pid))
    .flatMap(pid => entriesOf(`/proc/${pid}/fd`).map(fd => `${pid}/fd/${fd}`))
  return ends.filter(end => isEndOf(pipe, end) && isForReading(end))
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Somebody else's, or gone.
    return []
  }
}

function isEndOf(pipe: string, end: string): boolean {
  try {
    return readlinkSync(`/proc/${end}`) === pipe
  } catch {
    return false
  }
}

function isForReading(end: string): boolean {
  try {
    const info = readFileSync(`/proc/${end.replace('/fd/', '/fdinfo/')}`, 'utf8')
    const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) === 0
  } catch {
    return false
  }
}
