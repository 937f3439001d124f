// Ids and references as the SailPoint-shaped surface writes them.

/** A UUID without its hyphens. */
export function hexOf(id: string): string {
  return id.replaceAll('-', '');
}

/** Null where there is nothing to refer to. */
export function referenceOf<const Type extends string>(type: Type, id: string | null, name: string | null) {
  return id === null ? null : { type, id: hexOf(id), name: name ?? '' };
}
