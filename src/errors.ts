/** Every way an operation can fail, as a closed list; exit codes and retries follow from it. */
export type ErrorCode =
  | 'Usage'
  | 'InvalidManifest'
  | 'NotFound'
  | 'Locked'
  | 'Conflict'
  | 'StalePlan'
  | 'Unreachable'
  | 'Timeout'
  | 'Interrupted'
  | 'EnvironmentMissing'
  | 'NewerState'
  | 'DiskFull'
  | 'Ambiguous'
  | 'BranchTaken'
  | 'BranchMissing'
  | 'CommandFailed'
  | 'RateLimited'
  | 'Refused'
  | 'Stalled'
  | 'Failed'
  | 'Internal'

export interface ErrorDetails {
  readonly cause?: unknown
  /** Whether the same call may succeed later without anybody doing anything. */
  readonly retryable?: boolean
  /** The command that helps, printed under the message. */
  readonly next?: string
  /** Milliseconds the other side asked us to wait. */
  readonly retryAfterMs?: number
}

/**
 * An error a person can act on. The message names the object, the position and the cause, without a trailing full stop;
 * `next` is the command to type.
 */
export class HouseError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly next: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'HouseError'
    this.code = code
    this.retryable = details.retryable ?? false
    this.next = details.next
    this.retryAfterMs = details.retryAfterMs
  }
}

/** Turns anything thrown into a HouseError; what we did not foresee is `Internal` and is retried. */
export function toHouseError(error: unknown): HouseError {
  if (error instanceof HouseError) return error
  const code = errnoOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HouseError('DiskFull', message, { cause: error, retryable: true })
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new HouseError('Failed', `TooManyOpenFiles: ${message}`, {
      cause: error,
      retryable: true,
    })
  }
  return new HouseError('Internal', message, { cause: error, retryable: true })
}

/** What went wrong and what helps, on one line. */
export function withNext({ message, next }: HouseError): string {
  return next === undefined ? message : `${message}; ${next}`
}

/** The `code` of a Node system error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The process exit code that a failure of this kind ends a command with. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'Usage':
    case 'InvalidManifest':
    case 'NotFound':
      return 2
    case 'Locked':
    case 'Conflict':
    case 'StalePlan':
    case 'NewerState':
    case 'BranchTaken':
    case 'Refused':
      return 3
    case 'Timeout':
      return 5
    case 'Ambiguous':
    case 'BranchMissing':
    case 'Stalled':
      return 6
    case 'EnvironmentMissing':
      return 7
    case 'Interrupted':
      return 130
    case 'Unreachable':
    case 'DiskFull':
    case 'CommandFailed':
    case 'RateLimited':
    case 'Failed':
    case 'Internal':
      return 1
  }
}
