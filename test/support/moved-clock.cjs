// Preloaded by NODE_OPTIONS: a program for which it is later than it is, by so many milliseconds.
const later = Number(process.env.AO_TEST_LATER_MS ?? '0')
const Real = Date

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + later)
    else super(...parts)
  }

  static now() {
    return Real.now() + later
  }
}
