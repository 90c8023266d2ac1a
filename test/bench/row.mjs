/** Lines of the table: each says whether its bar is held. */

/** So many times the floor. */
export function ratioRow(what, { floor, ours, bar, aim }) {
  const ratio = ours / floor
  return {
    what,
    floor: ms(floor),
    ours: ms(ours),
    against: `${ratio.toFixed(2)} x`,
    bar: `${bar} x`,
    aim: `${aim} x`,
    ok: ratio <= bar,
  }
}

/** So many milliseconds more than the floor. */
export function overRow(what, { floor, ours, bar, aim }) {
  return {
    what,
    floor: ms(floor),
    ours: ms(ours),
    against: `+ ${ms(ours - floor)}`,
    bar: `+ ${bar} ms`,
    aim: `+ ${aim} ms`,
    ok: ours - floor <= bar,
  }
}

/** A value with a bound of its own. */
export function boundRow(what, { floor = '-', value, unit = '', bar, aim, against = '-' }) {
  const shown = unit === 'ms' ? ms(value) : `${round(value)}${unit === '' ? '' : ` ${unit}`}`
  const suffix = unit === '' ? '' : ` ${unit}`
  return {
    what,
    floor,
    ours: shown,
    against,
    bar: bar === undefined ? '-' : `${bar}${suffix}`,
    aim: aim === undefined ? '-' : `${aim}${suffix}`,
    ok: bar === undefined || value <= bar,
  }
}

export function ms(value) {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${round(value)} ms`
}

function round(value) {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value))
}
