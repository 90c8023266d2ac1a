import { HouseError, errnoOf } from '../errors.ts'

/** Says which file could not be written or read and why, as an error that a person can act on. */
export function fileError(
  error: unknown,
  verb: 'write' | 'read' | 'make' | 'remove' | 'move',
  file: string,
): HouseError {
  if (error instanceof HouseError) return error
  const code = errnoOf(error)
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HouseError('DiskFull', `Could not ${verb} ${file}: no space left on the disk`, {
        cause: error,
        retryable: true,
        next: `df -h ${file.slice(0, file.lastIndexOf('/') + 1)}`,
      })
    case 'EMFILE':
    case 'ENFILE':
      return new HouseError('Failed', `TooManyOpenFiles: could not ${verb} ${file}`, {
        cause: error,
        retryable: true,
        next: 'ulimit -n 4096',
      })
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new HouseError('EnvironmentMissing', `Could not ${verb} ${file}: ${why(code)}`, {
        cause: error,
        next: 'ao doctor',
      })
    default: {
      const message = error instanceof Error ? error.message : String(error)
      return new HouseError('Failed', `Could not ${verb} ${file}: ${message}`, {
        cause: error,
        retryable: true,
      })
    }
  }
}

function why(code: string): string {
  return code === 'EROFS' ? 'the file system is read-only' : 'permission denied'
}
