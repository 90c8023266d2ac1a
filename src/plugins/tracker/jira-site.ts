import { HouseError } from '../../errors.ts'
import type { Service } from '../http-failure.ts'
import type { HttpResult } from '../http-request.ts'
import { requestJson } from '../http-request.ts'
import type { TrackerProject } from '../tracker.ts'
import { timeoutOf, tokenOf } from '../tracker-settings.ts'

export interface JiraTrackerOptions {
  /** Ao's own environment: `JIRA_API_TOKEN` and `JIRA_EMAIL`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
}

export interface JiraRequest {
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** Statuses that are answers besides 2xx. */
  readonly allow?: readonly number[]
}

/** A Jira as one project sees it. */
export interface JiraSite {
  readonly baseUrl: string
  /** The key of the Jira project, such as `SHOP`. */
  readonly key: string | undefined
  readonly project: string
  readonly service: Service
  /** `path` is below `/rest/api/3/`, its parts already encoded. */
  readonly ask: (method: string, path: string, request?: JiraRequest) => Promise<HttpResult>
}

/** How to ask, from a project's settings. Throws `EnvironmentMissing` or `Refused` naming the setting that is missing or wrong. */
export function siteOf(
  { env, now }: JiraTrackerOptions,
  { config, project }: TrackerProject,
  signal: AbortSignal,
): JiraSite {
  const where = `Project/${project}: spec.tracker`
  const { baseUrl, email, project: key } = config
  const base = typeof baseUrl === 'string' ? baseUrl.replace(/\/+$/, '') : ''
  if (!URL.canParse(base)) {
    throw new HouseError('Refused', `${where}.baseUrl is not a URL`, {
      next: 'ao explain project.spec.tracker',
    })
  }
  const { token, setting } = tokenOf({ config, project }, env, 'JIRA_API_TOKEN')
  const account = typeof email === 'string' && email !== '' ? email : env['JIRA_EMAIL']
  const service: Service = {
    what: `Project/${project}: ${new URL(base).host}`,
    setting,
    next: 'ao explain project.spec.tracker',
  }
  const headers = {
    authorization:
      account === undefined
        ? `Bearer ${token}`
        : `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`,
  }
  return {
    baseUrl: base,
    key: typeof key === 'string' ? key.toUpperCase() : undefined,
    project,
    service,
    ask: async (method, path, { query = {}, body, allow = [] } = {}) => {
      const url = new URL(`${base}/rest/api/3/${path}`)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      return requestJson(
        service,
        {
          method,
          url,
          headers: { ...headers, ...type },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          timeoutMs: timeoutOf(config),
          allow,
        },
        { signal, now: now() },
      )
    },
  }
}
