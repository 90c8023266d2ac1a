import { HouseError } from '../../errors.ts'
import { plainTail } from '../../resource/text.ts'
import type { Service } from '../http-failure.ts'
import { httpFailure, unanswered } from '../http-failure.ts'
import { tailOf } from '../http-tail.ts'

const MAX_TAIL = 8 * 1024
const TIMEOUT_MS = 20_000

/** Runners mark where a part of the trace begins and ends. */
const SECTION = /section_(?:start|end):\d+:[^\r\n]*\r?/g
/** Newer runners begin each line with its time and stream. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z \d\d[OE][+ ]?/gm

/** The end of a job's trace as a person would quote it: without marks and times, plain and bounded. */
export function traceTail(trace: string): string {
  return plainTail(trace.replaceAll(SECTION, '').replaceAll(TIME, ''), MAX_TAIL).trim()
}

/** The end of a text on GitLab; undefined where there is none. Where it lies elsewhere, that place isn't shown the token. */
export async function fetchTail(
  service: Service,
  { url, token, now }: { readonly url: URL; readonly token: string; readonly now: Date },
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  const either = AbortSignal.any([signal, limit])
  try {
    let response = await fetch(url, {
      headers: { 'user-agent': 'ao', 'private-token': token },
      redirect: 'manual',
      signal: either,
    })
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      response = await fetch(new URL(location, url), { signal: either })
    }
    if (!response.ok) {
      await response.body?.cancel()
      const header = (name: string): string | undefined => response.headers.get(name) ?? undefined
      const { status } = response
      if ([401, 403, 404, 410].includes(status)) return undefined
      throw httpFailure(service, { status, header, said: '' }, now)
    }
    return await tailOf(response)
  } catch (error) {
    if (error instanceof HouseError) throw error
    throw unanswered(service, error, { signal, limit, timeoutMs: TIMEOUT_MS })
  }
}
