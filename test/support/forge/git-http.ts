import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Git's own server program, as a web server starts it. */
export interface GitService {
  readonly folder: string
  /** What comes after the repository: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly path: string
  readonly query: string
  readonly login: string | undefined
}

/** Hands a request to `git http-backend` and its answer back; resolves to the status when git is done. */
export async function serveGit(
  service: GitService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const { headers } = request
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: service.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: service.path,
      QUERY_STRING: service.query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: headers['content-type'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      ...(headers['content-length'] === undefined
        ? {}
        : { CONTENT_LENGTH: headers['content-length'] }),
      ...(headers['content-encoding'] === undefined
        ? {}
        : { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
      ...(service.login === undefined ? {} : { REMOTE_USER: service.login }),
      ...(headers['git-protocol'] === undefined
        ? {}
        : { GIT_PROTOCOL: String(headers['git-protocol']) }),
    },
  })
  child.stdin.on('error', () => undefined)
  request.pipe(child.stdin)
  child.stderr.resume()
  return new Promise(resolve => {
    let head = Buffer.alloc(0)
    let status: number | undefined
    child.stdout.on('data', (chunk: Buffer) => {
      if (status !== undefined) {
        response.write(chunk)
        return
      }
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      status = writeHead(head.subarray(0, end).toString(), response)
      response.write(head.subarray(end + 4))
    })
    child.on('error', () => resolve(failed(response)))
    child.on('close', () => {
      if (status === undefined) resolve(failed(response))
      else {
        response.end()
        resolve(status)
      }
    })
    response.on('close', () => {
      if (child.exitCode === null) child.kill()
    })
  })
}

function writeHead(head: string, response: ServerResponse): number {
  let status = 200
  for (const line of head.split('\r\n')) {
    const [name = '', ...rest] = line.split(': ')
    const value = rest.join(': ')
    if (name.toLowerCase() === 'status') status = Number(value.split(' ')[0])
    else response.setHeader(name, value)
  }
  response.writeHead(status)
  return status
}

function failed(response: ServerResponse): number {
  if (!response.headersSent) response.writeHead(500)
  response.end()
  return 500
}
