/** The parts of the library that we use. Bundled by itself, a library of the older sort has no names to import from it. */
export { Document, visit } from 'yaml'
