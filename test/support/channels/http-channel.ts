import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

export interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** When it was there, by `performance.now()`. */
  readonly at: number
}

/** How the service answers. `silent` never does, `cut` ends the connection instead, `torn` in the middle of the answer. */
export type Answer =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | 'silent'
  | 'cut'
  | 'torn'

/** A service on loopback that takes notifications over HTTP. */
export interface HttpChannel {
  readonly url: string
  /** Everything that was posted, in order. */
  readonly received: Received[]
  /** What the body of each post, as JSON, broke of the service's schema. */
  readonly violations: string[]
  /** How the next posts are answered; the last one stays. */
  answer(...answers: readonly Answer[]): void
  /** Stops listening. */
  leave(): Promise<void>
  close(): Promise<void>
}

export interface HttpChannelOptions {
  /** How the service answers when nothing is wrong. */
  readonly fine: Answer | ((request: Received, nth: number) => Answer)
  /** A file beside this one: every body is held to it. */
  readonly schema?: string
}

export async function startHttpChannel({ fine, schema }: HttpChannelOptions): Promise<HttpChannel> {
  const received: Received[] = []
  const violations: string[] = []
  const validate = schema === undefined ? undefined : validator(schema)
  let planned: Answer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const body = Buffer.concat(chunks).toString()
      const one = { method, url, headers, body, at: performance.now() }
      received.push(one)
      violations.push(...(validate?.(one.body) ?? []))
      const next = planned.length > 1 ? planned.shift() : planned[0]
      give(response, next ?? (typeof fine === 'function' ? fine(one, received.length) : fine))
    })
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    violations,
    answer: (...answers) => {
      planned = [...answers]
    },
    leave: async () => stop(server),
    close: async () => stop(server),
  }
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === 'silent') return
  if (answer === 'cut') {
    response.socket?.destroy()
    return
  }
  if (answer === 'torn') {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"ok":', () => response.socket?.destroy())
    return
  }
  response.writeHead(answer.status, answer.headers ?? {})
  response.end(answer.body ?? '')
}

/** Schemas are taken in once, not for each channel. */
const compiled = new Map<string, ValidateFunction>()

/** What is wrong with a body, in words; nothing when it is as the service's schema says. */
function validator(schema: string): (body: string) => readonly string[] {
  const validate = compiled.get(schema) ?? compile(schema)
  compiled.set(schema, validate)
  return body => {
    if (validate(JSON.parse(body))) return []
    return (validate.errors ?? []).map(error => `${error.instancePath} ${error.message ?? ''}`)
  }
}

function compile(schema: string): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  formats.default(ajv)
  ajv.addSchema(read('slack-blocks.gen.json'))
  return ajv.compile(read(schema))
}

function read(file: string): object {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as object
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  server.closeAllConnections()
  await new Promise(resolve => {
    server.close(resolve)
  })
}
