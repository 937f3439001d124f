// The names of fields in `filters` and `sorters`.

const PATH = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/;

/** Identifiers with dots between: `name`, `owner.id`. */
export function isPath(text: string): boolean {
  return PATH.test(text);
}
