import { applyPrimaryLimit, broken, plain, tooMuch, trouble } from './common.ts'
import { isQuery, readQuery, runQuery } from './graphql/execute.ts'
import type { Inside } from './inside.ts'
import type { RestAnswer, RestRequest } from './rest.ts'

/** Answers a request to GraphQL: nearly always 200, with `errors` where something went wrong. */
export async function answerGraphql(inside: Inside, request: RestRequest): Promise<RestAnswer> {
  const { token } = request
  const { state, faults, limits } = inside
  const read = readQuery(parse(request.body))
  const fields = isQuery(read) ? read.fields.join(',') : undefined
  const name = `POST /graphql ${fields ?? ''}`.trim()
  const end = (
    answer: Pick<RestAnswer, 'status' | 'body' | 'headers'>,
    points = 0,
    cut = false,
  ) => ({
    ...answer,
    headers: { ...limits.headers(token, 'graphql'), ...answer.headers },
    operation: fields,
    points,
    cut,
  })
  const early = trouble(inside, name, token)
  if (early !== undefined) return end(early.answer, 0, early.cut)
  const who = state.tokens.get(token)
  if (who === undefined) {
    return end(plain(401, 'This endpoint requires you to be authenticated.'))
  }
  if (!isQuery(read)) return end({ status: 200, body: read })
  if (isTooHeavy(inside, name, request.body)) return end(broken({ status: 502 }))
  applyPrimaryLimit(inside, 'graphql', name)
  const points = read.cost.points
  if (!limits.perMinute(token, 'graphql', read.isMutation ? 5 : 1, read.isMutation)) {
    return end(tooMuch())
  }
  if (!limits.spend(token, 'graphql', points)) return end({ status: 200, body: SPENT })
  const ask = {
    state,
    faults,
    limits,
    viewer: who.account,
    token,
    mayWrite: who.access === 'write',
    cost: points,
    nodeCount: read.cost.nodes,
    looked: new Map(),
  }
  const body = await runQuery(read, ask, field =>
    inside.failures.push(`${name}: the double has no ${field}`),
  )
  const lost = read.isMutation && faults.strikes('lost-answer', name) !== undefined
  return end({ status: 200, body }, points, lost)
}

/** GitHub gives up after some ten seconds. */
function isTooHeavy({ faults }: Inside, name: string, query: string): boolean {
  const { most = Infinity, numbers = [] } = faults.isOn('heavy-query') ?? {}
  const asked = [...query.matchAll(/pullRequest\(number: (\d+)\)/g)].map(([, n]) => Number(n))
  if (asked.length <= most && !asked.some(number => numbers.includes(number))) return false
  return faults.strikes('heavy-query', name) !== undefined
}

/** The primary limit of GraphQL is told with status 200. */
const SPENT = {
  errors: [
    {
      type: 'RATE_LIMITED',
      message: 'API rate limit exceeded for user ID 1.',
    },
  ],
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return {}
  }
}
