// How much a definition may hold and make, so that no profile exhausts a worker.

/** How deep transforms may be nested, through references too. */
export const MAX_DEPTH = 20;
/** How many transforms one definition may have, each reference counted with all it stands for. */
export const MAX_TRANSFORMS = 1_000;
/** Characters of a definition, as JSON. */
export const MAX_DEFINITION = 400_000;
/** Characters of any value that a transform makes. */
export const MAX_VALUE = 262_144;
/** Characters that replacing may make, at most, before it is refused. */
export const MAX_REPLACED = 16_777_216;
/** Characters of a regular expression. */
export const MAX_PATTERN = 1_000;
/** Characters of a text that a regular expression is applied to: several matches can each read all that follows. */
export const MAX_MATCHED = 4_000;
/** Steps a compiled regular expression may have. */
export const MAX_PROGRAM = 1_000;
/** Characters of a template that has references or directives. */
export const MAX_TEMPLATE = 20_000;
/** Characters of a filter, of an expression or of the format of a date. */
export const MAX_EXPRESSION = 2_000;
/** Patterns of one replaceAll; each is applied to every value. */
export const MAX_PATTERNS = 200;
