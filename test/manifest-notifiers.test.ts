import { describe, expect, it } from 'vitest'

import { createDesktopNotifier } from '../src/plugins/notifier/desktop.ts'
import { createDiscordNotifier } from '../src/plugins/notifier/discord.ts'
import { createEmailNotifier } from '../src/plugins/notifier/email.ts'
import { createSlackNotifier } from '../src/plugins/notifier/slack.ts'
import { createWebhookNotifier } from '../src/plugins/notifier/webhook.ts'
import { fillTemplate, templateFields } from '../src/resource/template.ts'
import { catalog, context, parseText } from './support/manifest-context.ts'

const now = (): Date => new Date()
const NOTIFIERS = [
  createDesktopNotifier({ platform: 'linux', env: {} }),
  createSlackNotifier({ now }),
  createDiscordNotifier({ now }),
  createWebhookNotifier({ now }),
  createEmailNotifier(),
]

/** The real channels in the place of the catalogue's own. */
const registry = {
  ...catalog,
  find: (slot: Parameters<typeof catalog.find>[0], name: string) =>
    slot === 'notifier' ? NOTIFIERS.find(one => one.name === name) : catalog.find(slot, name),
  names: (slot: Parameters<typeof catalog.names>[0]) =>
    slot === 'notifier' ? NOTIFIERS.map(({ name }) => name).sort() : catalog.names(slot),
} as typeof catalog

const FIELDS =
  'id, priority, title, message, project, session, reaction, cause, state, pullRequest.url, pullRequest.number, next, createdAt'

/** What is wrong with one channel: place, message and hint. */
async function problems(spec: string): Promise<readonly string[]> {
  const text = `apiVersion: ao.dev/v1alpha1\nkind: Notifier\nmetadata: { name: ops }\nspec:\n${spec}\n`
  const env = { ...context().env, HOOK: 'https://example.org' }
  const { problems: found } = await parseText(text, { registry, env })
  return found.map(({ line, col, code, message, hint }) =>
    [`${line}:${col} ${code} ${message}`, ...(hint === undefined ? [] : [hint])].join(' | '),
  )
}

describe('the manifest of a notifier', () => {
  it.each([
    '  plugin: desktop',
    '  plugin: slack\n  config: { webhook: { valueFrom: { env: HOOK } } }',
    '  plugin: slack\n  config: { token: { valueFrom: { file: /run/token } }, channel: "#ops" }',
    '  plugin: discord\n  config: { webhook: "${HOOK}/x" }',
    '  plugin: webhook\n  config: { url: "${HOOK}", body: { text: "{{ title }} {{pullRequest.url}}" } }',
    '  plugin: webhook\n  config: { preset: pagerduty, routingKey: { valueFrom: { command: [pass, pd] } } }',
    '  plugin: email\n  config: { url: { valueFrom: { env: HOOK } }, from: a@b, to: c@d, subject: "{{session}}" }',
  ])('may say:\n%s', async spec => {
    expect(await problems(spec)).toEqual([])
  })

  it.each([
    [
      'a channel that nobody knows',
      '  plugin: slak',
      ['5:11 AO1201 unknown notifier plugin "slak" | did you mean "slack"?'],
    ],
    [
      'no address at all',
      '  plugin: slack',
      ['4:1 AO1202 spec.config.webhook or spec.config.token is needed (notifier slack)'],
    ],
    [
      'settings of another channel',
      '  plugin: desktop\n  config: { url: https://example.org }',
      ['6:13 AO1003 unknown field "url" (notifier desktop)'],
    ],
    [
      'settings that exclude each other',
      '  plugin: slack\n  config: { webhook: "https://a.example", channel: "#ops" }',
      [
        '6:52 AO1202 spec.config.channel has no place beside the others that are given (notifier slack)',
      ],
    ],
    [
      'a command that a shell would have to read',
      '  plugin: discord\n  config: { webhook: { valueFrom: { command: "pass hook" } } }',
      [
        '6:46 AO1202 spec.config.webhook.valueFrom.command must be a program and its arguments as a list',
      ],
    ],
    [
      'a field that is mistyped',
      '  plugin: webhook\n  config:\n    url: ${HOOK}\n    body:\n      text: "see {{pullRequest.ulr}}"',
      [
        `9:18 AO1209 spec.config.body.text names the unknown field "pullRequest.ulr" | did you mean "pullRequest.url"? known: ${FIELDS}`,
      ],
    ],
    [
      'fields that nobody knows, in a header and in a list',
      '  plugin: webhook\n  config:\n    url: ${HOOK}\n    headers: { Title: "{{name}}" }\n    body: [plain, "{{title}} {{colour}}"]',
      [
        `8:24 AO1209 spec.config.headers.Title names the unknown field "name" | known: ${FIELDS}`,
        `9:30 AO1209 spec.config.body.1 names the unknown field "colour" | known: ${FIELDS}`,
      ],
    ],
    [
      'a field that is never closed',
      '  plugin: email\n  config: { host: mail, from: a@b, to: c@d, subject: "{{title" }',
      [`6:55 AO1209 spec.config.subject opens {{ and never closes it | known: ${FIELDS}`],
    ],
  ])('may not say %s', async (_what, spec, expected) => {
    expect(await problems(spec)).toEqual(expected)
  })
})

describe('a template', () => {
  it('names its fields with their places', () => {
    expect(templateFields('a {{ x }}{{y.z}} {{')).toEqual([
      { name: 'x', text: '{{ x }}', index: 2 },
      { name: 'y.z', text: '{{y.z}}', index: 9 },
      { name: undefined, text: '{{', index: 17 },
    ])
  })

  it('is filled in once: what is filled in is no template', () => {
    const values = { x: '{{y}} $& $1', y: 'secret' }
    expect(fillTemplate('{{x}}-{{z}}-{{ y }}', values)).toBe('{{y}} $& $1--secret')
    expect(fillTemplate('{{y}}', values, text => text.toUpperCase())).toBe('SECRET')
  })
})
