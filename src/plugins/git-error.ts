import { HouseError, type ErrorCode } from '../errors.ts'
import type { RunResult } from './exec.ts'

const TAIL_LINES = 5
const TAIL_CHARACTERS = 2000

interface Kind {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly next?: string
}

/** What git's message says about the cause; the first match counts. */
const KINDS: readonly Kind[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    code: 'DiskFull',
    retryable: true,
    next: 'df -h',
  },
  // Somebody else's lock; it is never removed by us (B16).
  { pattern: /Unable to create '.*\.lock': File exists/, code: 'Locked', retryable: true },
  { pattern: /commondir/, code: 'CommandFailed', retryable: true },
  {
    pattern: /detected dubious ownership/,
    code: 'Refused',
    retryable: false,
    next: 'git config --global --add safe.directory <repository>',
  },
  { pattern: /couldn't find remote ref/, code: 'NotFound', retryable: false },
  {
    pattern:
      /Could not resolve host|unable to access|Could not read from remote|Connection (refused|timed out|reset)|does not appear to be a git repository|remote end hung up/i,
    code: 'Unreachable',
    retryable: true,
  },
  {
    pattern: /not a git repository|cannot change to '.*': No such file/,
    code: 'NotFound',
    retryable: false,
  },
  {
    pattern: /cannot lock ref|reference already exists|but expected/,
    code: 'Conflict',
    retryable: false,
  },
]

/** Names the command, the directory and the end of what git said, and judges what kind of failure it was. */
export function toGitError(cwd: string, args: readonly string[], result: RunResult): HouseError {
  const said = lastLines(result.stderr)
  const kind = KINDS.find(({ pattern }) => pattern.test(result.stderr))
  return new HouseError(
    kind?.code ?? 'CommandFailed',
    `git ${args.join(' ').slice(0, 200)} in ${cwd} ended with ${result.exitCode}: ${said}`,
    {
      retryable: kind?.retryable ?? false,
      ...(kind?.next === undefined ? {} : { next: kind.next }),
    },
  )
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-TAIL_LINES)
  const tail = lines.join('; ').slice(-TAIL_CHARACTERS)
  return tail === '' ? 'it said nothing' : tail
}
