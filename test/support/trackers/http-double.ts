import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DoubleRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  /** Parsed; undefined for none. */
  readonly body: unknown
}

export interface DoubleAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Instead of a body in JSON. */
  readonly text?: string
}

/** What goes wrong with the next requests: another answer, none in time, or an answer that never arrives although all was done. */
export type Fault = DoubleAnswer | 'slow' | 'lost-answer'

export interface FaultRule {
  readonly fault: Fault
  /** How often; for good without. */
  readonly times?: number
  /** Only requests of this method, or with this in their body. */
  readonly only?: (request: DoubleRequest) => boolean
}

export interface HttpDouble {
  readonly url: string
  readonly requests: readonly DoubleRequest[]
  readonly fail: (rule: FaultRule) => void
  readonly heal: () => void
  /** Throws what the double met that the real service would not do. */
  readonly close: () => Promise<void>
}

/** A service on this machine. What `answer` throws is an error of the test, told when it is closed. */
export async function startDouble(
  answer: (request: DoubleRequest) => DoubleAnswer | Promise<DoubleAnswer>,
): Promise<HttpDouble> {
  const requests: DoubleRequest[] = []
  const failures: unknown[] = []
  let rule: FaultRule | undefined
  let left = 0
  const strike = (request: DoubleRequest): Fault | undefined => {
    if (rule === undefined || left <= 0 || rule.only?.(request) === false) return undefined
    left -= 1
    return rule.fault
  }
  const server = createServer((incoming, response) => {
    const serve = async (): Promise<void> => {
      const request = await read(incoming)
      requests.push(request)
      const fault = strike(request)
      if (fault === 'slow') await sleep(2000)
      const given = typeof fault === 'object' ? fault : await answer(request)
      if (fault === 'lost-answer') {
        response.destroy()
        return
      }
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers })
      response.end(given.text ?? (given.body === undefined ? '' : JSON.stringify(given.body)))
    }
    serve().catch((error: unknown) => {
      failures.push(error)
      response.writeHead(500).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fail: wanted => {
      rule = wanted
      left = wanted.times ?? Infinity
    },
    heal: () => {
      rule = undefined
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      if (failures.length > 0) throw new AggregateError(failures, String(failures[0]))
    },
  }
}

async function read(incoming: IncomingMessage): Promise<DoubleRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return {
    method: incoming.method ?? '',
    url: new URL(incoming.url ?? '/', 'http://127.0.0.1'),
    headers: incoming.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}
