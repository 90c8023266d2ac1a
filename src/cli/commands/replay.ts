import { readFileSync } from 'node:fs'

import { HouseError } from '../../errors.ts'
import type { Sighting } from '../../lifecycle/sighting.ts'
import { hasErrors } from '../../manifest/problem.ts'
import type { Comparison } from '../../reconcile/replay.ts'
import { compareDecisions, replay } from '../../reconcile/replay.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { isResourceKey, keyOf } from '../../resource/key.ts'
import type { ReactionPolicies } from '../../resource/spec.ts'
import { parseJsonl } from '../../store/jsonl.ts'
import { readSightings } from '../../store/sightings.ts'
import { requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { loadWish, reportProblems } from '../manifests.ts'
import { renderReplay } from '../output/replay.ts'
import { toJson, toYaml } from '../output/serialize.ts'

const DIFFERENT = 1
const INVALID = 2

interface Flags {
  readonly events?: string
  readonly filename?: readonly string[]
}

export const define: DefineCommand = (command, act) => {
  command
    .option(
      '--events <file>',
      "What was seen, as a home's sightings.jsonl has it (default: this home's); - for standard input.",
    )
    .option(
      '-f, --filename <paths...>',
      'Manifests whose reactions are tried (default: .ao/ of this repository).',
    )
    .addHelpText(
      'after',
      `\nExits 0 when the same would have been decided, 1 when not.\n${examples(
        'ao replay -f .ao/',
        'ao replay --events sightings.jsonl -f tryout/',
      )}`,
    )
    .action(async (flags: Flags) => act(async context => run(context, flags)))
}

async function run(context: Context, flags: Flags): Promise<number> {
  const format = formatOf(context, ['json', 'yaml'])
  const sightings = await readAll(context, flags.events)
  const wish = await loadWish(context, flags.filename, { source: 'replay' })
  if (hasErrors(wish.problems)) {
    reportProblems(context, wish, 'Nothing was replayed.')
    return INVALID
  }
  const reactions = new Map<ResourceKey, ReactionPolicies>()
  for (const resource of wish.resources) {
    if (resource.kind !== 'Worker' && resource.kind !== 'Orchestrator') continue
    reactions.set(keyOf(resource.kind, resource.name), resource.spec.reactions)
  }
  const comparison = compareDecisions(
    replay(sightings),
    replay(sightings, ({ object }) => reactions.get(object)),
  )
  if (format === 'json') context.stdout(toJson(comparison))
  else if (format === 'yaml') context.stdout(await toYaml(comparison))
  else context.stdout(renderReplay(comparison, sightings.length, lookOf(context)))
  return isSame(comparison) ? 0 : DIFFERENT
}

function isSame({ onlyBefore, onlyAfter }: Comparison): boolean {
  return onlyBefore.length === 0 && onlyAfter.length === 0
}

async function readAll(context: Context, file: string | undefined): Promise<readonly Sighting[]> {
  if (file === undefined) return readSightings(requireStore(context).paths).filter(isSighting)
  const { values, corrupt } = parseJsonl<unknown>(await readText(context, file))
  const [bad = values.findIndex(value => !isSighting(value)) + 1] = corrupt
  if (bad > 0) {
    throw new HouseError('Usage', `${file}:${bad}: this is no line of a sightings.jsonl`, {
      next: 'take the file of a home: $AO_HOME/sightings.jsonl',
    })
  }
  return values.filter(isSighting)
}

async function readText(context: Context, file: string): Promise<string> {
  if (file === '-') return context.readStdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new HouseError('Usage', `${file} could not be read`, {
      cause,
      next: 'name another with --events',
    })
  }
}

function isSighting(value: unknown): value is Sighting {
  if (typeof value !== 'object' || value === null) return false
  const { time, object, uid, facts, spec } = value as Partial<Record<keyof Sighting, unknown>>
  return (
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    typeof object === 'string' &&
    isResourceKey(object) &&
    typeof uid === 'string' &&
    typeof facts === 'object' &&
    facts !== null &&
    typeof spec === 'object' &&
    spec !== null
  )
}
