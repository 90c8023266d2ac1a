import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { checkEnvironment } from '../doctor/environment.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkHome } from '../doctor/home.ts'
import { checkLeftovers } from '../doctor/leftovers.ts'
import { checkServices } from '../doctor/services.ts'
import { formatOf, lookOf } from '../look.ts'
import { paletteOf } from '../output/look.ts'
import { toJson } from '../output/serialize.ts'
import { clean } from '../output/text.ts'

const ENVIRONMENT_MISSING = 7

export const define: DefineCommand = (command, act) => {
  command
    .addHelpText('after', examples('ao doctor', 'ao doctor -o json'))
    .action(async () => act(doctor))
}

/** Looks at everything once and changes nothing. */
async function doctor(context: Context): Promise<number> {
  const format = formatOf(context, ['json'])
  const findings = [
    ...(await checkEnvironment(context)),
    ...(await checkServices(context)),
    ...(await checkHome(context)),
    ...(await checkLeftovers(context)),
  ]
  const isMissing = findings.some(({ state }) => state === 'missing')
  if (format === 'json') context.stdout(toJson({ healthy: !isMissing, checks: findings }))
  else context.stdout(render(context, findings))
  return isMissing ? ENVIRONMENT_MISSING : 0
}

const WORDS = { ok: 'ok', warning: 'look', missing: 'MISSING' } as const

function render(context: Context, findings: readonly Finding[]): string {
  const paint = paletteOf(lookOf(context).color)
  const paints = { ok: paint.good, warning: paint.warn, missing: paint.bad }
  const label = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, state, message, next }) => [
    `${paints[state](WORDS[state].padEnd(7))}  ${check.padEnd(label)}  ${clean(message)}`,
    ...(next === undefined ? [] : [`${' '.repeat(label + 11)}next:  ${clean(next)}`]),
  ])
  const bad = findings.filter(({ state }) => state !== 'ok').length
  const summary =
    bad === 0
      ? 'Everything is fine.'
      : `${bad} of ${findings.length} ${bad === 1 ? 'wants' : 'want'} a look.`
  return `${[...lines, '', summary].join('\n')}\n`
}
